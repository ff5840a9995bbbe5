/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events in the journal: a line for people, and fields of our own beside it, so that
 * `journalctl HCSTATE_RESOURCE=...` needs no pattern. systemd's own words are used where it has one
 * (PRIORITY, SYSLOG_IDENTIFIER).
 *
 * sd_journal_send(3) waits while journald's socket is full, which it is soon when journald hangs,
 * and it is the loop's thread that speaks here. So its protocol
 * (systemd.io/JOURNAL_NATIVE_PROTOCOL) is spoken by ourselves: a datagram of NAME=VALUE lines, sent
 * now or kept. There is an end to what is kept; how much was lost is said when journald listens
 * again.
 */

#include "journal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>

#include "events_text.h"

enum {
	KEPT = 256, /* lines */
};

struct journal {
	int fd; /* -1: there is none */
	bool terminal;
	struct sockaddr_un name;
	char *kept[KEPT]; /* oldest first */
	size_t nkept;
	uint64_t lost;
};

/* No value has a newline in it: see event_clean(). */
static const char *put(struct hc_arena *arena, const char *fields, const char *name,
		       const char *value)
{
	return value ? hc_printf(arena, "%s%s=%s\n", fields, name, value) : fields;
}

static const char *put_number(struct hc_arena *arena, const char *fields, const char *name,
			      uint64_t value)
{
	return hc_printf(arena, "%s%s=%" PRIu64 "\n", fields, name, value);
}

static const char *begin(struct hc_arena *arena, const char *text, int priority)
{
	const char *fields = put(arena, "", "MESSAGE", text);

	fields = put_number(arena, fields, "PRIORITY", (uint64_t)priority);
	return put(arena, fields, "SYSLOG_IDENTIFIER", "hcstate");
}

static const char *fields_of(struct hc_arena *arena, const struct event *event, const char *text)
{
	const char *fields = begin(arena, text, event_priority(event));

	fields = put(arena, fields, "HCSTATE_EVENT", event_words[event->what]);
	fields = put(arena, fields, "HCSTATE_RESOURCE", event->object);
	fields = put(arena, fields, "HCSTATE_STEP", event->step);
	fields = put(arena, fields, "HCSTATE_RESULT", event->result);
	fields = put(arena, fields, "HCSTATE_REASON", event->reason);
	fields = put(arena, fields, "HCSTATE_GENERATION", event->generation);
	return event->duration_us
		       ? put_number(arena, fields, "HCSTATE_DURATION_USEC", event->duration_us)
		       : fields;
}

/* False: not now. */
static bool send_now(struct journal *journal, const char *fields)
{
	const struct sockaddr *name = (const struct sockaddr *)&journal->name;

	return sendto(journal->fd, fields, strlen(fields), MSG_DONTWAIT | MSG_NOSIGNAL, name,
		      sizeof(journal->name)) >= 0 ||
	       errno == EMSGSIZE; /* and never will be */
}

static void say_lost(struct journal *journal)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	const char *text = hc_printf(arena,
				     "%" PRIu64 " lines were lost while the journal took none: "
				     "hcstate events, hcstate history",
				     journal->lost);

	if (journal->lost && send_now(journal, begin(arena, text, LOG_WARNING)))
		journal->lost = 0;
}

void journal_flush(struct journal *journal)
{
	size_t n = 0;

	while (n < journal->nkept && send_now(journal, journal->kept[n]))
		free(journal->kept[n++]);
	journal->nkept -= n;
	memmove(journal->kept, journal->kept + n, journal->nkept * sizeof(*journal->kept));
	if (!journal->nkept)
		say_lost(journal);
}

static void keep(struct journal *journal, const char *fields)
{
	char *copy = journal->nkept < KEPT ? strdup(fields) : NULL;

	if (copy)
		journal->kept[journal->nkept++] = copy;
	else
		journal->lost++;
}

void journal_say(struct journal *journal, const struct event *event, const char *text)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	const char *fields;

	if (journal->terminal) {
		(void)fprintf(stderr, "%s\n", text);
		return;
	}
	fields = fields_of(arena, event, text);
	journal_flush(journal);
	if (journal->nkept || journal->lost || !send_now(journal, fields))
		keep(journal, fields);
}

struct journal *journal_new(const char *path)
{
	struct journal *journal = calloc(1, sizeof(*journal));

	if (!journal)
		abort(); /* memory has run out */
	journal->terminal = !path;
	journal->fd = path ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
	journal->name.sun_family = AF_UNIX;
	if (path) /* a longer one is none of systemd's */
		(void)snprintf(journal->name.sun_path, sizeof(journal->name.sun_path), "%s", path);
	return journal;
}

struct journal *journal_free(struct journal *journal)
{
	if (!journal)
		return NULL;
	journal_flush(journal);
	for (size_t i = 0; i < journal->nkept; i++)
		free(journal->kept[i]);
	hc_closep(&journal->fd);
	free(journal);
	return NULL;
}
