/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Who was heard of through the storage, and how long ago. Every node's hcstate writes a number that
 * rises; that it has changed is all that counts, by the clock of whoever looks.
 */

#include <reconciler/ha/ha.h>

/* What a node says of itself in its beat. */
enum beat_says {
	BEAT_STAYS,
	BEAT_REBOOTS,
	BEAT_POWERS_OFF,
	BEAT_STOPPED, /* its hcstate has ended in an orderly way; the node goes on */
};

enum {
	BEAT_MAX = 128,   /* bytes of one beat */
	BEATS_MAX = 1024, /* nodes */
	BEAT_NAME = 256,  /* bytes of a node's name, its NUL too */
};

/* One beat. */
struct beat_word {
	uint64_t seq;
	enum beat_says says;
	bool apart; /* corosync does not run beside it, or has not found the others again yet */
};

struct beat_entry {
	char node[BEAT_NAME];
	struct beat_word word;
	uint64_t heard; /* hc_now() when it last changed, or was first seen */
	bool stale;     /* when it was looked at last */
};

struct beats {
	struct beat_entry *v; /* malloc'ed */
	size_t n;
	uint64_t listens; /* hc_now() since when we have been listening without a gap; 0: never */
	uint64_t last;    /* when we did so last */
	uint64_t period;  /* us between two beats */
};

/* {"seq":17,"leaving":"stays","corosync":"away"}, the last only where it is so; -EBADMSG: it is
 * none. */
int beat_read(const char *text, struct beat_word *word);
char *beat_write(struct hc_arena *arena, const struct beat_word *word);

/* A round in which we could write and read: node -> text. Gives whether somebody fell silent, came
 * back, or says another thing. */
bool beats_take(struct beats *beats, const struct hc_map *texts, uint64_t now);
void beats_done(struct beats *beats);

/* NULL: it never had a beat. */
const struct beat_entry *beats_find(const struct beats *beats, const char *node);
/* How long it had been silent while we listened, when we did so last; us. */
uint64_t beat_silence(const struct beats *beats, const struct beat_entry *entry);
/* ... so long that it counts. */
bool beat_is_stale(const struct beats *beats, const struct beat_entry *entry);
