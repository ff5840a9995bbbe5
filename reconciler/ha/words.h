/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What people said to HA by command and what still stands: the record `words`. Commands change it,
 * and the leader takes away what it has taken in. As text it is JSON.
 */

#include "ha.h"

struct ha_said {
	struct hc_strings maintenance; /* nodes that are to be left alone */
	bool disarmed;
	struct ha_asked *asked; /* in the order in which they came; one for a VM */
	size_t nasked;
};

enum {
	HA_MOST_ASKED = 64,        /* words that wait to be taken in */
	HA_SAID_MAX = 1024 * 1024, /* bytes of it as text */
};

extern const char *const ha_word_words[]; /* migrate, relocate; NULL ends them */

char *ha_said_write(struct hc_arena *arena, const struct ha_said *said);
/* No text at all: nothing was said. -EBADMSG: it is not one of ours; *why is the end of a sentence,
 * NULL otherwise. */
int ha_said_read(struct hc_arena *arena, const char *text, size_t size, struct ha_said *said,
		 const char **why);

/* Pure changes. False: it is so already, and there is nothing to write. */
bool ha_said_maintenance(struct hc_arena *arena, struct ha_said *said, const char *node, bool on);
bool ha_said_disarmed(struct ha_said *said, bool disarmed);
/* Takes the place of an earlier word about that VM. -ENOSPC: too many wait. */
int ha_said_ask(struct hc_arena *arena, struct ha_said *said, const struct ha_asked *asked);
/* Takes away each that was taken of those that were there when it was decided. */
bool ha_said_take(struct ha_said *said, const struct ha_asked *asked, size_t n, const bool *taken);
