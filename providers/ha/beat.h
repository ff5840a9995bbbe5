/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The thread that says through the storage that this node's hcstate lives, and listens to the
 * others'. It notes when it could last do so, which is what the guard goes by (guard.h).
 */

#include <rados/librados.h>

#include "beats.h"

/* What beats are written to; so that tests have one that fails and hangs. All but `give` may take
 * as long as the storage does. */
struct beat_store {
	int (*write)(void *arg, const char *node, const char *text);
	int (*read)(void *arg, struct hc_arena *arena, struct hc_map *texts);
	/* A number that changes when somebody wrote a record. Optional. */
	int (*news)(void *arg, uint64_t *number);
	/* It is not used any more. */
	void (*give)(void *arg, bool failed);
	void *arg;
};

struct beat;

/* `ring`: an eventfd that is rung when it is worth looking again. `leaving` (may be NULL) is asked
 * before each beat whether the machine goes down. */
struct beat *beat_new(const char *node, int ring, enum ha_leaving (*leaving)(void));
/* Says, when it still can, that this node's hcstate has stopped. Takes NULL; false: it hangs, and
 * what it uses has to stay. */
bool beat_free(struct beat *beat);

/* Whether corosync runs beside it, which the others are told at once. For what changes there is
 * soon more to hear, and so it beats faster for a while. */
void beat_set_apart(struct beat *beat, bool apart);
/* us between two beats */
void beat_set_period(struct beat *beat, uint64_t period);
/* Whether it has nothing to write to; then it takes this. */
bool beat_wants_store(struct beat *beat);
void beat_use_store(struct beat *beat, const struct beat_store *store);
/* hc_now() before the last beat that was written began; when it was made, if none was. */
uint64_t beat_last(struct beat *beat);
/* What it heard, a copy: for beats_done(). */
struct beats beat_heard(struct beat *beat);
