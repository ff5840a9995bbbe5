/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM whose node is lost: fence, recovery, and freeze where the node said that it will be back;
 * and error, which nothing but a person's word ends.
 *
 * Between fence and recovery stands the proof that nothing on the old node can write any more. It
 * is believed only for a VM that was in fence before this round: what was seen, was seen with that
 * in mind.
 */

#include "decision.h"

bool ha_away(struct ha_round *round, struct ha_turn *turn)
{
	struct ha_spot *at = turn->at;
	struct ha_vm *vm = turn->vm;

	if (at->present && at->now.is != HA_FENCE)
		return false;
	if (round->seen->disarmed || !ha_lost(round, at))
		return true;
	ha_become(round, turn, HA_IS_FENCE);
	vm->fled = at->now.name;
	vm->lost = at->now.lost ? at->now.lost : round->seen->now;
	vm->fenced = vm->recovered = vm->runs = 0;
	ha_fence(round, at);
	return true;
}

static void recovered(struct ha_round *round, struct ha_turn *turn, struct ha_spot *to)
{
	struct ha_vm *vm = turn->vm;

	ha_put(turn, to);
	vm->recovered = round->seen->now;
	ha_resume(round, turn);
	if (turn->want->wish != HC_HA_STARTED) /* it is off, as everything on that node */
		ha_become(round, turn, HA_IS_STOPPED);
}

/* A migration may have ended just as its source died; then it is there, and runs. */
static bool elsewhere(struct ha_round *round, struct ha_turn *turn)
{
	struct ha_spot *on = turn->seen ? ha_spot(round, turn->seen->on) : NULL;

	if (!on || on == turn->at)
		return false;
	turn->vm->recovered = round->seen->now;
	ha_adopt(round, turn);
	return true;
}

void ha_recovery(struct ha_round *round, struct ha_turn *turn)
{
	const char *vm = turn->want->vm, *node = turn->at->now.name;
	struct ha_spot *to;

	if (elsewhere(round, turn)) /* to be stopped there, if it is to be off */
		return;
	if (turn->want->wish == HC_HA_DISABLED) {
		ha_become(round, turn, HA_IS_STOPPED);
		return;
	}
	if (turn->want->pinned || round->seen->disarmed) {
		if (turn->at->fit)
			recovered(round, turn, turn->at);
		else if (turn->want->pinned)
			ha_warn(round, vm, node, "waits for %s: %s", node, turn->want->pinned);
		return;
	}
	to = ha_place(round, turn, false);
	if (to)
		recovered(round, turn, to);
	else
		ha_warn(round, vm, node, "no node fit to recover it");
}

/* Ordinarily it is a matter of seconds. For longer it is one of Ceph, or of a claim that cannot be
 * read; and who waits should know for what. */
static void wait_for_proof(struct ha_round *round, const struct ha_turn *turn)
{
	const struct ha_times *times = &round->wants->policy.times;
	uint64_t now = round->seen->now, since = turn->vm->since;
	const char *node = turn->at->now.name;

	if (since > now || now - since < times->lease + HA_PATIENCE * times->interval)
		return;
	ha_warn(round, turn->want->vm, node,
		"it is not proven that %s is shut out, so it is not started elsewhere", node);
	ha_warned_since(round, since);
}

void ha_fenced(struct ha_round *round, struct ha_turn *turn)
{
	if (!ha_shut_out(turn->at)) {
		wait_for_proof(round, turn);
		return;
	}
	if (round->seen->disarmed && !turn->at->fit)
		return; /* no new recovery; but its own node may have it again */
	turn->vm->fenced = round->seen->now;
	ha_become(round, turn, HA_IS_RECOVERY);
	ha_recovery(round, turn);
}

void ha_frozen(struct ha_round *round, struct ha_turn *turn)
{
	struct ha_spot *at = turn->at;

	if (at->present && at->now.is != HA_FENCE && !ha_leaves(at))
		ha_resume(round, turn);
	else if (!at->named)
		(void)ha_away(round, turn); /* nobody brings it back, so nobody waits */
	else if (!at->present)
		ha_warn(round, turn->want->vm, at->now.name,
			"waits for %s, which went down in order", at->now.name);
}

void ha_error(struct ha_round *round, struct ha_turn *turn)
{
	const char *why = ha_answer(turn) == HA_FAILED ? turn->seen->why : NULL;

	if (turn->want->wish == HC_HA_DISABLED) {
		ha_become(round, turn, HA_IS_STOPPED);
		return;
	}
	ha_warn(round, turn->want->vm, turn->at->now.name,
		"is given up until its state is set to disabled%s%s", why ? ": " : "",
		why ? why : "");
}
