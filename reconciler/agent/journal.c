/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events in the journal: a line for people, and fields of our own beside it, so that
 * `journalctl HCSTATE_RESOURCE=...` needs no pattern. systemd's own words are used where it has one
 * (PRIORITY, SYSLOG_IDENTIFIER). A line that journald cannot take is lost.
 */

#define SD_JOURNAL_SUPPRESS_LOCATION /* where in this file it is sent is of no use */

#include "journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-journal.h>

#include "events_text.h"

enum {
	FIELDS = 10,
};

struct line {
	struct hc_arena *arena;
	struct iovec field[FIELDS];
	int n;
};

static void put(struct line *line, const char *name, const char *value)
{
	char *text;

	if (!value)
		return;
	text = hc_printf(line->arena, "%s=%s", name, value);
	line->field[line->n++] = (struct iovec){.iov_base = text, .iov_len = strlen(text)};
}

static void put_number(struct line *line, const char *name, uint64_t value)
{
	put(line, name, hc_printf(line->arena, "%" PRIu64, value));
}

void journal_say(bool journal, const struct event *event, const char *text)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct line line = {.arena = arena};

	if (!journal) {
		(void)fprintf(stderr, "%s\n", text);
		return;
	}
	put(&line, "MESSAGE", text);
	put_number(&line, "PRIORITY", (uint64_t)event_priority(event));
	put(&line, "SYSLOG_IDENTIFIER", "hcstate");
	put(&line, "HCSTATE_EVENT", event_words[event->what]);
	put(&line, "HCSTATE_RESOURCE", event->object);
	put(&line, "HCSTATE_STEP", event->step);
	put(&line, "HCSTATE_RESULT", event->result);
	put(&line, "HCSTATE_REASON", event->reason);
	put(&line, "HCSTATE_GENERATION", event->generation);
	if (event->duration_us)
		put_number(&line, "HCSTATE_DURATION_USEC", event->duration_us);
	(void)sd_journal_sendv(line.field, line.n);
}
