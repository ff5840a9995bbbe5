/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM that runs, or is to be started where it is. First what becomes of its node, then what is
 * asked of it, then what its node answered, and only then whether another node would be right.
 *
 * A start that fails is tried again here, then on another node, each so often as its document says;
 * then it is an error, which a person has to see.
 */

#include "decision.h"

static void note_failure(const struct ha_round *round, const struct ha_turn *turn)
{
	struct hc_strings *failed = &turn->vm->failed;
	const char **v = hc_alloc(round->arena, (failed->n + 1) * sizeof(*v));

	for (size_t i = 0; i < failed->n; i++)
		v[i] = failed->v[i];
	v[failed->n++] = turn->at->now.name;
	failed->v = v;
	if (ha_spot(round, turn->vm->home) == turn->at)
		turn->vm->home = NULL;
}

/* Where no other node is left it is tried again here, and counts as one more try: so that it ends.
 */
static void failed_start(struct ha_round *round, struct ha_turn *turn)
{
	bool stuck = round->seen->disarmed || turn->want->pinned;
	struct ha_spot *to;

	if (turn->vm->restarts < turn->want->max_restart) {
		turn->vm->restarts++;
		turn->vm->order++;
		return;
	}
	note_failure(round, turn);
	if (turn->vm->failed.n > turn->want->max_relocate) {
		ha_become(round, turn, HA_IS_ERROR);
		return;
	}
	to = stuck ? NULL : ha_place(round, turn, true);
	if (to && to != turn->at)
		ha_move(round, turn, HA_IS_RELOCATE, to);
	else
		ha_resume(round, turn);
}

static void succeeded(const struct ha_round *round, const struct ha_turn *turn)
{
	struct ha_vm *vm = turn->vm;

	ha_forget_failures(turn);
	if (vm->recovered && !vm->runs)
		vm->runs = round->seen->now;
}

/* Whether the answer leaves it to be asked where it should be. */
static bool take_answer(struct ha_round *round, struct ha_turn *turn)
{
	uint64_t order = turn->vm->order;

	switch (ha_answer(turn)) {
	case HA_NO_ANSWER:
		ha_wait(round, turn);
		break;
	case HA_DONE:
		succeeded(round, turn);
		break;
	case HA_FAILED:
		ha_warn(round, turn->want->vm, turn->at->now.name, "could not be started on %s: %s",
			turn->at->now.name,
			turn->seen->why ? turn->seen->why : "no reason was said");
		failed_start(round, turn);
		break;
	case HA_NOT_HERE:
		ha_adopt(round, turn);
		break;
	}
	return turn->vm->order == order && turn->vm->is == HA_IS_STARTED;
}

static bool pauses(const struct ha_round *round, const struct ha_turn *turn)
{
	uint64_t now = round->seen->now, until = turn->vm->stays;

	/* A moment far ahead is of a clock that has been set back since. */
	return until > now && until - now <= HA_PAUSE * round->wants->policy.times.interval;
}

static void follow_rules(struct ha_round *round, struct ha_turn *turn)
{
	bool leaving = ha_empties(turn->at);
	const char *node = turn->at->now.name, *vm = turn->want->vm;
	struct ha_spot *to;

	if (round->seen->disarmed || pauses(round, turn))
		return;
	if (turn->want->pinned) {
		if (leaving)
			ha_warn(round, vm, node, "stays on %s: %s", node, turn->want->pinned);
		return;
	}
	to = ha_place(round, turn, false);
	if (!to && leaving)
		ha_warn(round, vm, node, "stays on %s: no other node is fit to have it", node);
	if (!to || to == turn->at)
		return;
	if (leaving)
		ha_note_home(round, turn);
	ha_move(round, turn, HA_IS_MIGRATE, to);
}

void ha_started(struct ha_round *round, struct ha_turn *turn)
{
	if (ha_freezes(round, turn->at)) {
		ha_become(round, turn, HA_IS_FREEZE);
		return;
	}
	if (ha_away(round, turn))
		return;
	if (turn->at->now.is == HA_ONLINE && turn->vm->home &&
	    ha_spot(round, turn->vm->home) == turn->at)
		turn->vm->home = NULL; /* it is back */
	if (turn->want->wish != HC_HA_STARTED) {
		ha_resume(round, turn);
		return;
	}
	/* A node that goes down stops what it has by itself; one where nobody listens keeps it. */
	if ((ha_leaves(turn->at) && turn->at->now.is == HA_ONLINE) || ha_idles(turn->at))
		return;
	if (ha_take_word(round, turn))
		return;
	if (take_answer(round, turn))
		follow_rules(round, turn);
}
