/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Converging: look, run, look again. Only a look that finds nothing left to do is success; that
 * every step said it was done is not. What failed is tried again later and later, what waits is
 * looked at again soon, and whatever changes in the system ends a pause at once.
 */

#include <errno.h>
#include <string.h>

#include "engine.h"

enum {
	SHORTEST_PAUSE_US = 20 * 1000, /* lets a burst of events pass */
};

static bool is_hopeless(const struct hc_engine *engine, const struct hc_cycle *cycle,
			const struct hc_change *change)
{
	return hc_trouble_hopeless(
		hc_trouble_find(&engine->troubles, hc_change_text(cycle->arena, change)));
}

/* By step->number: what more tries are no use for, and what comes after that. */
static const bool *what_is_stuck(const struct hc_engine *engine, const struct hc_cycle *cycle)
{
	const struct hc_plan *plan = cycle->plan;
	bool *stuck = hc_alloc(cycle->arena, plan->nstep * sizeof(*stuck));

	for (size_t i = 0; i < plan->nstep; i++) { /* what comes first is met first */
		const struct hc_step *step = plan->step[i];

		stuck[step->number] |= is_hopeless(engine, cycle, step->change);
		for (size_t k = 0; stuck[step->number] && k < step->nblocks; k++)
			stuck[step->blocks[k]->number] = true;
	}
	return stuck;
}

static struct hc_rest what_is_left(const struct hc_engine *engine, const struct hc_cycle *cycle)
{
	const bool *stuck = what_is_stuck(engine, cycle);
	struct hc_rest rest = {0};

	for (size_t i = 0; i < cycle->plan->n; i++) {
		const struct hc_change *change = cycle->plan->change[i];

		if (change->hold != HC_GO)
			rest.held++;
		else if (change->refused || cycle->plan->refused)
			rest.refused++;
		else if (change->nstep && stuck[change->steps[0]->number])
			rest.hopeless++;
		else
			rest.runnable++;
	}
	for (size_t i = 0; engine->aim.member && i < cycle->diff.n; i++) {
		const struct hc_finding *f = &cycle->diff.v[i];

		if (!f->want || f->verdict != HC_UNREADABLE)
			continue;
		if (hc_registry_provider(engine->registry, f->want->type))
			rest.unknown++;
		else
			rest.hopeless++;
	}
	for (size_t i = 0; i < cycle->live.nunknown; i++)
		rest.unknown += cycle->live.unknown[i].matters;
	return rest;
}

/* What was done and yet has to be done again is a failure like any other. */
static void check_done(struct hc_engine *engine, const struct hc_cycle *cycle)
{
	for (size_t i = 0; i < cycle->plan->n; i++) {
		const struct hc_change *change = cycle->plan->change[i];
		struct hc_trouble *trouble =
			hc_trouble_find(&engine->troubles, hc_change_text(cycle->arena, change));

		if (!trouble)
			continue;
		trouble->seen = true;
		if (trouble->done && !change->going)
			hc_trouble_failed(&engine->troubles, trouble,
					  "its steps were done, but it is not so",
					  engine->pace.retry, engine->pace.longest_retry);
	}
	if (cycle->partial) /* of what it could not see it says nothing */
		hc_troubles_unsee(&engine->troubles);
	else
		hc_trouble_forget_unseen(&engine->troubles);
}

struct hc_rest hc_judge(struct hc_engine *engine, const struct hc_cycle *cycle)
{
	struct hc_rest rest = what_is_left(engine, cycle);

	check_done(engine, cycle);
	return rest;
}

/* The worst of a change's steps. NULL: none was taken. */
static const struct hc_outcome *outcome_of(const struct hc_change *change,
					   const struct hc_outcome *outcomes)
{
	const struct hc_outcome *worst = NULL;

	for (size_t i = 0; i < change->nstep; i++) {
		const struct hc_outcome *one = &outcomes[change->steps[i]->number];

		if (!worst || one->state == HC_STEP_FAILED || worst->state == HC_STEP_DONE)
			worst = one;
		if (worst->state == HC_STEP_FAILED)
			break;
	}
	return worst;
}

static void note_outcome(struct hc_engine *engine, const struct hc_cycle *cycle,
			 const struct hc_change *change, const struct hc_outcome *outcome)
{
	struct hc_trouble *trouble =
		hc_trouble_get(&engine->troubles, hc_change_text(cycle->arena, change));

	switch (outcome->state) {
	case HC_STEP_FAILED:
		hc_trouble_failed(&engine->troubles, trouble, outcome->why, engine->pace.retry,
				  engine->pace.longest_retry);
		trouble->futile = outcome->futile ? trouble->futile + 1 : 0;
		break;
	case HC_STEP_DONE:
		trouble->done = !outcome->another;
		trouble->count = outcome->another ? 0 : trouble->count;
		trouble->futile = 0;
		trouble->settling = false;
		break;
	case HC_STEP_WAITING:
		trouble->settling = outcome->settling;
		if ((outcome->left || outcome->settling) && trouble->count)
			break; /* another try of what failed is no success yet */
		trouble->count = trouble->futile = 0;
		hc_trouble_because(&engine->troubles, trouble, outcome->why);
		break;
	case HC_STEP_PENDING:
	case HC_STEP_RUNNING:
	case HC_STEP_SETTLING:
	case HC_STEP_SKIPPED:
		break;
	}
}

static void note_outcomes(struct hc_engine *engine, const struct hc_cycle *cycle,
			  const struct hc_outcome *outcomes)
{
	for (size_t i = 0; i < cycle->plan->n; i++) {
		const struct hc_change *change = cycle->plan->change[i];
		const struct hc_outcome *outcome = outcome_of(change, outcomes);

		if (!change->refused && outcome)
			note_outcome(engine, cycle, change, outcome);
	}
}

static uint64_t until(uint64_t now, uint64_t then)
{
	return then > now ? then - now : 0;
}

/* When it is worth looking again if nothing happens: at once when something was done. */
static uint64_t pause_after(const struct hc_engine *engine, const struct hc_cycle *cycle,
			    const struct hc_rest *rest)
{
	uint64_t pause = rest->unknown ? engine->pace.look : engine->pace.longest_retry;

	for (size_t i = 0; i < cycle->plan->n; i++) {
		const struct hc_change *change = cycle->plan->change[i];
		const struct hc_trouble *trouble;
		uint64_t next = engine->pace.look;

		if (change->refused || cycle->plan->refused)
			continue;
		trouble = hc_trouble_find(&engine->troubles, hc_change_text(cycle->arena, change));
		if (trouble && trouble->done)
			return 0;
		if (trouble && trouble->count && !trouble->settling && !change->going)
			next = until(hc_now(), trouble->next);
		if (next < pause)
			pause = next;
	}
	return pause;
}

int hc_attempt(struct hc_engine *engine, struct hc_cycle *cycle, const struct hc_rest *rest,
	       uint64_t *pause)
{
	struct hc_outcome *outcomes;
	int r = 0;

	if (!cycle->plan->refused) {
		r = hc_run(engine, cycle, &outcomes);
		note_outcomes(engine, cycle, outcomes);
	}
	*pause = pause_after(engine, cycle, rest);
	return r == -EIO ? 0 : r; /* nothing could be recorded, so nothing was done: said there */
}

/* Lets the loop run until something is noticed or the time is over. */
static int sleep_for(struct hc_engine *engine, uint64_t pause)
{
	uint64_t shortest = pause < SHORTEST_PAUSE_US ? pause : SHORTEST_PAUSE_US;
	uint64_t begin = hc_now(), passed = 0;

	while (!engine->stop && passed < pause && !(engine->look_again && passed >= shortest)) {
		uint64_t rest = engine->look_again ? shortest - passed : pause - passed;
		int r = sd_event_run(engine->event, rest);

		if (r < 0)
			return r;
		passed = hc_now() - begin;
	}
	return 0;
}

static enum hc_end out_of_time(const struct hc_engine *engine, const struct hc_rest *rest)
{
	for (size_t i = 0; i < engine->troubles.n; i++)
		if (engine->troubles.v[i].count)
			return HC_END_FAILED;
	return rest->held || rest->refused || rest->hopeless || rest->unknown ? HC_END_FAILED
									      : HC_END_LATER;
}

/* One round; gives whether it is the last, and then *end. */
static bool round_ends(struct hc_engine *engine, struct hc_cycle *cycle, uint64_t deadline,
		       enum hc_end *end, struct hc_diags *diags)
{
	const struct hc_rest rest = hc_judge(engine, cycle);
	uint64_t pause;
	int r;

	if (!rest.runnable && !rest.unknown) {
		*end = rest.held || rest.refused || rest.hopeless ? HC_END_FAILED
								  : HC_END_CONVERGED;
		return true;
	}
	if (engine->stop || hc_now() >= deadline) {
		*end = engine->stop ? HC_END_STOPPED : out_of_time(engine, &rest);
		return true;
	}
	r = hc_attempt(engine, cycle, &rest, &pause);
	if (r >= 0)
		r = sleep_for(engine, pause < until(hc_now(), deadline)
					      ? pause
					      : until(hc_now(), deadline));
	if (r >= 0)
		return false;
	hc_say(diags, HC_ERROR, (struct hc_place){0}, "the event loop failed: %s", strerror(-r));
	*end = HC_END_FAILED;
	return true;
}

enum hc_end hc_converge(struct hc_engine *engine, uint64_t timeout_us, struct hc_cycle **last,
			struct hc_diags *diags)
{
	uint64_t deadline = hc_now() + timeout_us;
	enum hc_end end = HC_END_FAILED;

	engine->until = deadline;
	for (;;) {
		struct hc_cycle *cycle = hc_look(engine);

		if (!cycle) {
			hc_say(diags, HC_ERROR, (struct hc_place){0}, "the event loop failed");
			*last = NULL;
			return HC_END_FAILED;
		}
		*last = cycle;
		if (engine->looked)
			engine->looked(engine->progress_arg, cycle);
		if (round_ends(engine, cycle, deadline, &end, diags))
			break;
		*last = hc_cycle_free(cycle);
	}
	if (engine->aim.member) /* else hardly anything of what was made here is asked for */
		hc_inventory_prune(&engine->inventory, &engine->desired, &(*last)->live,
				   engine->registry);
	(void)hc_inventory_save(&engine->inventory,
				diags); /* said; what is recorded is still true */
	return end;
}
