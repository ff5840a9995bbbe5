/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps that a run has left: what takes longer than a run lingers goes on by itself, and nobody
 * waits for it. What came of it is noted with its object, so that a failure counts, and so that a
 * run which gets no further than such a step waits longer the next time.
 */

#include <errno.h>
#include <string.h>

#include "engine.h"

enum {
	MOST_DOUBLED = 5, /* times */
};

/* A failure counts also when nobody waited for it; that it waits ends those before it. */
static void note_left(const struct hc_work *work, const char *object, int result, const char *why)
{
	struct hc_engine *engine = work->engine;
	struct hc_trouble *trouble = hc_trouble_get(&engine->troubles, object);
	bool futile = result != -ETIMEDOUT && work->call.futile; /* else it is still written to */

	if (result == -EAGAIN) {
		trouble->settling = work->settling;
		if (trouble->settling && trouble->count)
			return; /* another try of what failed is no success yet */
		trouble->count = 0;
	} else {
		hc_trouble_failed(&engine->troubles, trouble, why, engine->pace.retry,
				  engine->pace.longest_retry);
	}
	hc_trouble_because(&engine->troubles, trouble, why);
	trouble->futile = futile ? trouble->futile + 1 : 0;
}

/* When it was the last, the change is done: the next look tells whether it is so. */
static void note_done(const struct hc_work *work, const char *object)
{
	const struct hc_change *change = work->step->change;
	struct hc_trouble *trouble = hc_trouble_get(&work->engine->troubles, object);

	trouble->left++;
	if (work->step != change->steps[change->nstep - 1])
		return;
	trouble->done = !work->call.another;
	trouble->count = work->call.another ? 0 : trouble->count;
	trouble->futile = 0;
	trouble->settling = false;
}

/* All else the next look sees. */
void hc_left_ended(struct hc_work *work, int result, const char *late)
{
	struct hc_engine *engine = work->engine;
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	const char *object = hc_change_text(arena, work->step->change);
	const char *why = result == -ETIMEDOUT
				  ? late
				  : hc_work_said(work, arena, strerror(result < 0 ? -result : 0));
	bool failed = result && result != -EAGAIN;

	engine->look_again = engine->news = true;
	if (result != -ETIMEDOUT)
		hc_work_told(work);
	if (result)
		note_left(work, object, result, why);
	else
		note_done(work, object);
	if (engine->progress)
		engine->progress(engine->progress_arg, work->step,
				 failed   ? HC_STEP_FAILED
				 : result ? HC_STEP_WAITING
					  : HC_STEP_DONE,
				 result ? why : NULL);
}

/* A step behind a slow one is not reached by a run that does not wait for that, and the next one
 * may have to begin with the slow one again: so what still differs is given longer each time. */
uint64_t hc_left_patience(const struct hc_engine *engine, const struct hc_cycle *cycle)
{
	unsigned left = 0;

	for (size_t i = 0; engine->troubles.n && i < cycle->plan->n; i++) {
		const struct hc_change *change = cycle->plan->change[i];
		const struct hc_trouble *trouble =
			hc_trouble_find(&engine->troubles, hc_change_text(cycle->arena, change));

		if (trouble && trouble->left > left)
			left = trouble->left;
	}
	return engine->pace.linger << (left < MOST_DOUBLED ? left : MOST_DOUBLED);
}
