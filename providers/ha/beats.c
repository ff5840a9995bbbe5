/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Beats, without what they are written to. No clocks of two machines are compared.
 *
 * When the storage stands still nobody can write, and nobody can see that others write. So silence
 * only counts while we listen, without a gap and up to when we did so last: who waits for an answer
 * of the storage knows nothing new of the others, and who wakes up after such a time, or after the
 * machine was stopped, begins to listen anew. Nobody is found lost for something that held itself.
 */

#include "beats.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include <ceph-client/json.h>

static const char *const words[] = {
	[BEAT_STAYS] = "stays",
	[BEAT_REBOOTS] = "reboot",
	[BEAT_POWERS_OFF] = "poweroff",
	[BEAT_STOPPED] = "stopped",
};

#define AWAY "away"

enum {
	MISSED = 3, /* beats that one may miss and is not silent: one that is late, and two more */
	ROOM = 16,
	GAP_US = 1000000,   /* a round that takes longer than that heard nothing meanwhile */
	LEAST_US = 3000000, /* ... and never less: a write that is tried again takes as long */
};

int beat_read(const char *text, struct beat_word *read)
{
	struct hc_arena *arena;
	struct json_object *object;
	const char *word;
	int r = -EBADMSG;

	if (strlen(text) > BEAT_MAX)
		return -EBADMSG;
	object = json_tokener_parse(text);
	if (!object)
		return -EBADMSG;
	arena = hc_arena_new();
	read->seq = json_number(object, "seq", UINT64_MAX);
	read->apart = !strcmp(json_text(arena, object, "corosync", ""), AWAY);
	word = json_text(arena, object, "leaving", "");
	for (size_t i = 0; i < HC_COUNT(words); i++)
		if (!strcmp(word, words[i])) {
			read->says = (enum beat_says)i;
			r = read->seq == UINT64_MAX ? -EBADMSG : 0;
		}
	(void)hc_arena_free(arena);
	json_object_put(object);
	return r;
}

char *beat_write(struct hc_arena *arena, const struct beat_word *word)
{
	return hc_printf(arena, "{\"seq\":%" PRIu64 ",\"leaving\":\"%s\"%s}", word->seq,
			 words[word->says], word->apart ? ",\"corosync\":\"" AWAY "\"" : "");
}

static struct beat_entry *find(const struct beats *beats, const char *node)
{
	for (size_t i = 0; i < beats->n; i++)
		if (!strcmp(beats->v[i].node, node))
			return &beats->v[i];
	return NULL;
}

const struct beat_entry *beats_find(const struct beats *beats, const char *node)
{
	return find(beats, node);
}

static struct beat_entry *add(struct beats *beats, const char *node, uint64_t now)
{
	struct beat_entry *entry;

	if (beats->n == BEATS_MAX || strlen(node) >= BEAT_NAME)
		return NULL;
	if (!(beats->n % ROOM)) {
		beats->v = reallocarray(beats->v, beats->n + ROOM, sizeof(*beats->v));
		if (!beats->v)
			abort(); /* memory has run out */
	}
	entry = &beats->v[beats->n++];
	*entry = (struct beat_entry){.heard = now};
	memcpy(entry->node, node, strlen(node) + 1);
	return entry;
}

/* Gives whether it says something else than before. */
static bool take(struct beats *beats, const char *node, const char *text, uint64_t now)
{
	struct beat_entry *entry = find(beats, node);
	struct beat_word word;
	bool news;

	if (beat_read(text, &word))
		return false; /* not a beat of ours: it falls silent */
	news = !entry || entry->word.says != word.says || entry->word.apart != word.apart;
	if (!entry)
		entry = add(beats, node, now);
	if (!entry)
		return false;
	if (entry->word.seq != word.seq)
		entry->heard = now;
	entry->word = word;
	return news;
}

bool beats_take(struct beats *beats, const struct hc_map *texts, uint64_t now)
{
	/* When the storage answers again after a while, more than beats waits to be read. */
	bool news = !beats->listens || now - beats->last > beats->period + GAP_US;

	if (news)
		beats->listens = now;
	beats->last = now;
	for (size_t i = 0; i < texts->n; i++)
		news |= take(beats, texts->v[i].key, texts->v[i].value, now);
	for (size_t i = 0; i < beats->n; i++) {
		struct beat_entry *entry = &beats->v[i];
		bool stale = beat_is_stale(beats, entry);

		news |= stale != entry->stale;
		entry->stale = stale;
	}
	return news;
}

void beats_done(struct beats *beats)
{
	free(beats->v);
	*beats = (struct beats){.period = beats->period};
}

uint64_t beat_silence(const struct beats *beats, const struct beat_entry *entry)
{
	uint64_t from = entry->heard > beats->listens ? entry->heard : beats->listens;

	return beats->last > from ? beats->last - from : 0;
}

bool beat_is_stale(const struct beats *beats, const struct beat_entry *entry)
{
	uint64_t most = MISSED * beats->period;

	return beat_silence(beats, entry) > (most > LEAST_US ? most : LEAST_US);
}
