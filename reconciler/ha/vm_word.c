/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person asked for: this VM onto that node. Of several words for one VM the last counts. A
 * word waits while the VM is on its way or frozen; what cannot be is refused at once, and said, so
 * that nothing old moves a VM when nobody thinks of it any more.
 */

#include "decision.h"

#include <stdlib.h>
#include <string.h>

static int by_vm(const void *name, const void *one)
{
	return strcmp(name, ((const struct ha_turn *)one)->want->vm);
}

static void take(const struct ha_round *round, const struct ha_asked *asked)
{
	round->decision->taken[asked - round->seen->asked] = true;
}

void ha_refuse_word(struct ha_round *round, struct ha_turn *turn, const char *why)
{
	if (!turn->asked)
		return;
	take(round, turn->asked);
	ha_warn(round, turn->want->vm, NULL, "is not moved to %s: %s", turn->asked->node, why);
	turn->asked = NULL;
}

/* Whether a VM's own turn will take it, now or later. */
static bool can_wait(enum ha_is is)
{
	switch (is) {
	case HA_IS_STOPPED:
	case HA_IS_STARTED:
	case HA_IS_REQUEST_STOP:
	case HA_IS_MIGRATE:
	case HA_IS_RELOCATE:
	case HA_IS_FREEZE:
		return true;
	case HA_IS_FENCE:
	case HA_IS_RECOVERY:
	case HA_IS_ERROR:
		break;
	}
	return false;
}

void ha_hear_words(struct ha_round *round)
{
	const struct ha_seen *seen = round->seen;
	size_t n = seen->nasked < HC_COUNT(round->decision->taken)
			   ? seen->nasked
			   : HC_COUNT(round->decision->taken);

	for (size_t i = 0; i < n; i++) {
		const struct ha_asked *asked = &seen->asked[i];
		struct ha_turn *turn = round->wants->n
					       ? bsearch(asked->vm, round->turns, round->wants->n,
							 sizeof(*turn), by_vm)
					       : NULL;

		if (!turn) {
			take(round, asked);
			ha_warn(round, asked->vm, NULL, "is not under HA, so HA does not move it");
			continue;
		}
		if (turn->asked)
			take(round, turn->asked);
		turn->asked = asked;
		if (turn->was && !can_wait(turn->was->is))
			ha_refuse_word(round, turn,
				       hc_printf(round->arena, "it is in %s",
						 ha_words[turn->was->is]));
	}
}

/* Why it cannot be, or NULL. */
static const char *refusal(const struct ha_round *round, const struct ha_turn *turn,
			   const struct ha_spot *to)
{
	const struct ha_want *want = turn->want;

	if (!to || !to->named)
		return "no such node";
	if (round->seen->disarmed)
		return "HA is disarmed";
	if (want->pinned)
		return want->pinned;
	if (!turn->at->present)
		return "the node that it is on is not online";
	if (!to->fit)
		return "that node is not online";
	if (!ha_may_run(round, want, to))
		return hc_printf(round->arena, "group %s is restricted to others",
				 want->group->name);
	return NULL;
}

bool ha_take_word(struct ha_round *round, struct ha_turn *turn)
{
	const struct ha_asked *asked = turn->asked;
	bool runs = turn->vm->is == HA_IS_STARTED;
	bool live = runs && asked && asked->word == HA_MIGRATE_TO;
	struct ha_spot *to;
	const char *why;

	if (!asked)
		return false;
	take(round, asked);
	to = ha_spot(round, asked->node);
	if (to && to == turn->at)
		return false;
	why = refusal(round, turn, to);
	if (why) {
		ha_refuse_word(round, turn, why);
		return false;
	}
	turn->vm->home = NULL;
	ha_move(round, turn, live ? HA_IS_MIGRATE : HA_IS_RELOCATE, to);
	return true;
}
