/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM that is newly under HA is taken where it is, on whichever node that is; the rules move it in
 * a later round. Nobody has it: where its document creates it, else where the rules say. What is no
 * longer asked for has no turn and so is dropped: its VM stays as it is.
 */

#include "decision.h"

static struct ha_spot *where(struct ha_round *round, struct ha_turn *turn)
{
	struct ha_spot *on = turn->seen ? ha_spot(round, turn->seen->on) : NULL;
	struct ha_spot *written = ha_spot(round, turn->want->node);

	if (on)
		return on;
	/* Its disk is there and nowhere else, so it waits for that node if it must. */
	if (written && written->named && (written->fit || turn->want->pinned))
		return written;
	return ha_place(round, turn, false);
}

void ha_enter(struct ha_round *round, struct ha_turn *turn)
{
	struct ha_spot *spot = where(round, turn);

	if (!spot) {
		ha_warn(round, turn->want->vm, NULL, "no node fit to have it");
		ha_refuse_word(round, turn, "no node is fit to have it");
		return;
	}
	turn->vm = &round->decision->memory.vms[turn - round->turns];
	/* An answer may be left from an earlier life under HA; it must not be taken for one to this
	 * order. */
	*turn->vm = (struct ha_vm){
		.vm = turn->want->vm,
		.since = round->seen->now,
		.order = turn->seen ? turn->seen->order : 0,
	};
	ha_put(turn, spot);
	ha_resume(round, turn);
	ha_count(round, turn, 1);
}
