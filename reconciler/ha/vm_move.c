/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM on its way, live or off. The order is its source's, and nothing else is decided about the VM
 * until that has answered: which of the two nodes has it is known to them alone. Only when the
 * source is lost is it shut out; whether the VM had arrived is then told by its claim.
 */

#include "decision.h"

/* Off after a move off, and running after one live, whatever is asked of it meanwhile. */
static void arrived(struct ha_round *round, struct ha_turn *turn)
{
	struct ha_spot *target = ha_spot(round, turn->vm->target);
	bool live = turn->vm->is == HA_IS_MIGRATE;

	if (!target)
		return;
	ha_put(turn, target);
	if (!live && turn->want->wish != HC_HA_STARTED)
		ha_become(round, turn, HA_IS_STOPPED);
	else
		ha_resume(round, turn);
}

static void stayed(struct ha_round *round, struct ha_turn *turn, const char *why)
{
	ha_warn(round, turn->want->vm, turn->at->now.name, "did not get from %s to %s: %s",
		turn->at->now.name, turn->vm->target ? turn->vm->target : "another node",
		why ? why : "no reason was said");
	ha_resume(round, turn);
	turn->vm->stays = round->seen->now + HA_PAUSE * round->wants->policy.times.interval;
}

/* It is neither where it was nor where it was sent: a person moved it in the middle. */
static void lost_its_way(struct ha_round *round, struct ha_turn *turn)
{
	struct ha_spot *on = ha_spot(round, turn->seen->on);

	if (!on)
		return;
	if (on == ha_spot(round, turn->vm->target)) {
		arrived(round, turn);
		return;
	}
	if (on == turn->at) {
		stayed(round, turn, turn->seen->why);
		return;
	}
	ha_put(turn, on);
	ha_become(round, turn, HA_IS_ERROR);
}

void ha_moving(struct ha_round *round, struct ha_turn *turn)
{
	if (!ha_spot(round, turn->vm->target)) {
		ha_resume(round, turn); /* a record that was not written by us */
		return;
	}
	if (ha_away(round, turn))
		return;
	switch (ha_answer(turn)) {
	case HA_NO_ANSWER:
		ha_wait(round, turn);
		break;
	case HA_DONE:
		arrived(round, turn);
		break;
	case HA_FAILED:
		stayed(round, turn, turn->seen->why);
		break;
	case HA_NOT_HERE:
		lost_its_way(round, turn);
		break;
	}
}
