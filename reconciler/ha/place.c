/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which node: the rules of groups and priorities, the whole of them in one place.
 *
 * Of a group's nodes that can take a VM only those of the highest priority count, and of them the
 * one with the fewest HA VMs (or the most room). A VM that is on one of them stays, so nothing
 * moves for balance alone. What a group makes of the nodes is worked out once in a round, as ten
 * thousand VMs may ask.
 */

#include "decision.h"

#include <stdlib.h>
#include <string.h>

static int by_address(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t)((const struct ha_class *)a)->group;
	uintptr_t y = (uintptr_t)((const struct ha_class *)b)->group;

	return x < y ? -1 : x > y;
}

static void rate(const struct ha_round *round, struct ha_class *class)
{
	const struct ha_group *group = class->group;
	int64_t others = !group ? 0 : group->restricted ? HA_NOWHERE : HA_OTHERS;

	class->priority = hc_alloc(round->arena, round->nspot * sizeof(*class->priority) + 1);
	for (size_t i = 0; i < round->nspot; i++)
		class->priority[i] = others;
	for (size_t i = 0; group && i < group->n; i++) {
		struct ha_spot *spot = ha_spot(round, group->v[i].node);

		if (spot)
			class->priority[spot - round->spots] = group->v[i].priority;
	}
	class->top = HA_NOWHERE;
	for (size_t i = 0; i < round->nspot; i++)
		if (round->spots[i].fit && class->priority[i] > class->top)
			class->top = class->priority[i];
}

/* The order by address decides nothing: it only finds a group again. */
void ha_classes(struct ha_round *round)
{
	size_t n = round->wants->n, kept = 0;

	round->classes = hc_alloc(round->arena, n * sizeof(*round->classes) + 1);
	for (size_t i = 0; i < n; i++)
		round->classes[i].group = round->wants->v[i].group;
	if (n)
		qsort(round->classes, n, sizeof(*round->classes), by_address);
	for (size_t i = 0; i < n; i++)
		if (!kept || round->classes[kept - 1].group != round->classes[i].group)
			round->classes[kept++].group = round->classes[i].group;
	round->nclass = kept;
	for (size_t i = 0; i < kept; i++)
		rate(round, &round->classes[i]);
}

const struct ha_class *ha_class(const struct ha_round *round, const struct ha_want *want)
{
	struct ha_class key = {.group = want->group};

	return bsearch(&key, round->classes, round->nclass, sizeof(key), by_address);
}

bool ha_may_run(const struct ha_round *round, const struct ha_want *want,
		const struct ha_spot *spot)
{
	return ha_class(round, want)->priority[spot - round->spots] != HA_NOWHERE;
}

static bool failed_on(const struct ha_turn *turn, const struct ha_spot *spot)
{
	const struct hc_strings *failed = &turn->vm->failed;

	for (size_t i = 0; i < failed->n; i++)
		if (!strcmp(failed->v[i], spot->now.name))
			return true;
	return false;
}

/* Spots are sorted by name, so of equals the first stands. */
static bool better(const struct ha_round *round, const struct ha_spot *a, const struct ha_spot *b)
{
	if (!b)
		return true;
	if (round->wants->policy.spread == HC_HA_ROOM)
		return a->room > b->room;
	return a->count < b->count;
}

static struct ha_spot *best(const struct ha_round *round, const struct ha_turn *turn,
			    const struct ha_class *class, bool also_failed)
{
	struct ha_spot *found = NULL;

	for (size_t i = 0; i < round->nspot; i++) {
		struct ha_spot *spot = &round->spots[i];

		if (!spot->fit || class->priority[i] != class->top)
			continue;
		if (also_failed || !failed_on(turn, spot))
			found = better(round, spot, found) ? spot : found;
	}
	return found;
}

static bool in_top(const struct ha_round *round, const struct ha_class *class,
		   const struct ha_spot *spot)
{
	return spot && spot->fit && class->priority[spot - round->spots] == class->top;
}

struct ha_spot *ha_place(const struct ha_round *round, const struct ha_turn *turn, bool elsewhere)
{
	const struct ha_class *class = ha_class(round, turn->want);
	bool here = turn->at && turn->at->fit && !elsewhere;
	struct ha_spot *home, *found;

	if (class->top == HA_NOWHERE)
		return NULL;
	if (here && class->group && class->group->nofailback &&
	    class->priority[turn->at - round->spots] != HA_NOWHERE)
		return turn->at;
	home = turn->vm ? ha_spot(round, turn->vm->home) : NULL;
	if (in_top(round, class, home))
		return home;
	if (here && in_top(round, class, turn->at))
		return turn->at;
	found = turn->vm && turn->vm->failed.n ? best(round, turn, class, false) : NULL;
	if (found)
		return found;
	/* All of them have failed it: to go back to one of those is no better than to stay. */
	return in_top(round, class, turn->at) ? turn->at : best(round, turn, class, true);
}
