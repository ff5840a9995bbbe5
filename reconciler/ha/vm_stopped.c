/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM that is to be off, or is. Off does not mean left alone: unless it is disabled it is brought
 * elsewhere, still off, when its node dies, so that it can be started at any time.
 */

#include "decision.h"

void ha_request_stop(struct ha_round *round, struct ha_turn *turn)
{
	if (ha_freezes(round, turn->at)) {
		ha_become(round, turn, HA_IS_FREEZE);
		return;
	}
	if (ha_away(round, turn))
		return;
	if (turn->want->wish == HC_HA_STARTED) {
		ha_resume(round, turn);
		return;
	}
	switch (ha_answer(turn)) {
	case HA_NO_ANSWER:
		ha_wait(round, turn);
		break;
	case HA_DONE:
		ha_become(round, turn, HA_IS_STOPPED);
		break;
	case HA_FAILED:
		ha_become(round, turn, HA_IS_ERROR);
		break;
	case HA_NOT_HERE:
		ha_adopt(round, turn);
		break;
	}
}

/* Its node is there and it is asked to run: on that node, or on one that may have it when that one
 * is to be left alone. */
static void start(struct ha_round *round, struct ha_turn *turn)
{
	struct ha_spot *to;

	if (ha_leaves(turn->at))
		return;
	if (turn->at->now.is == HA_ONLINE || turn->want->pinned || round->seen->disarmed) {
		ha_resume(round, turn);
		return;
	}
	to = ha_place(round, turn, false);
	if (!to) {
		ha_warn(round, turn->want->vm, turn->at->now.name,
			"no node fit to start it while %s is %s", turn->at->now.name,
			turn->at->now.is == HA_MAINTENANCE ? "in maintenance" : "not named");
		return;
	}
	ha_note_home(round, turn);
	ha_move(round, turn, HA_IS_RELOCATE, to);
}

void ha_stopped(struct ha_round *round, struct ha_turn *turn)
{
	if (ha_freezes(round, turn->at)) {
		ha_become(round, turn, HA_IS_FREEZE);
		return;
	}
	if (turn->want->wish == HC_HA_STARTED) {
		if (!ha_away(round, turn))
			start(round, turn);
		return;
	}
	if (ha_take_word(round, turn))
		return;
	if (turn->want->wish != HC_HA_DISABLED && ha_away(round, turn))
		return;
	if (ha_answer(turn) == HA_NOT_HERE)
		ha_adopt(round, turn);
}
