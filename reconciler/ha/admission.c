/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Told beforehand: if this node died, which of its VMs would the others not have room for? For each
 * node its VMs are put, the largest first, onto the nodes on which they would be recovered. It is
 * an estimate that errs on the good side: who has the most room is taken, whichever is chosen then.
 *
 * Nothing is refused for it, as a VM that may not start is worse than one that may not be
 * recovered. What is not known (a node's room, a VM's memory) is not judged.
 */

#include "decision.h"

#include <stdlib.h>
#include <string.h>

enum {
	NAMED = 3, /* names in a warning, before it only counts */
};

/* The VMs that a node's death would leave without a place. */
struct victims {
	const char *v[NAMED];
	size_t n;
};

struct outlook {
	struct ha_round round;
	int64_t *room;          /* of each node, in the case that is looked at */
	struct ha_turn **turns; /* those that would be recovered: by node, the largest first */
	size_t n;
};

static void look_at(struct outlook *o, const struct ha_memory *memory)
{
	struct ha_round *round = &o->round;
	size_t k = 0;

	round->nspot = memory->nnode;
	round->spots = hc_alloc(round->arena, memory->nnode * sizeof(*round->spots) + 1);
	o->room = hc_alloc(round->arena, memory->nnode * sizeof(*o->room) + 1);
	for (size_t i = 0; i < memory->nnode; i++) {
		struct ha_spot *spot = &round->spots[i];
		const struct ha_seen *seen = round->seen;

		spot->now = memory->nodes[i];
		while (k < seen->nnode && strcmp(seen->nodes[k].name, spot->now.name) < 0)
			k++;
		if (k < seen->nnode && !strcmp(seen->nodes[k].name, spot->now.name))
			spot->seen = &seen->nodes[k];
		spot->named = spot->now.is != HA_GONE;
		spot->fit = spot->now.is == HA_ONLINE && !ha_leaves(spot);
		spot->room = ha_room(spot);
	}
}

static int by_node_and_size(const void *a, const void *b)
{
	const struct ha_turn *x = *(struct ha_turn *const *)a, *y = *(struct ha_turn *const *)b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	if (x->want->memory != y->want->memory)
		return x->want->memory > y->want->memory ? -1 : 1;
	return x < y ? -1 : x > y;
}

static bool runs(const struct ha_turn *turn)
{
	enum ha_is is = turn->vm->is;

	return (is == HA_IS_STARTED || is == HA_IS_MIGRATE || is == HA_IS_RELOCATE) &&
	       turn->want->wish == HC_HA_STARTED && !turn->want->pinned;
}

static void gather(struct outlook *o, const struct ha_memory *memory)
{
	struct ha_round *round = &o->round;

	ha_turns(round, memory);
	o->turns = hc_alloc(round->arena, round->wants->n * sizeof(*o->turns) + 1);
	for (size_t i = 0; i < round->wants->n; i++) {
		struct ha_turn *turn = &round->turns[i];

		if (!turn->was)
			continue;
		turn->vm = ha_find_vm(memory, turn->want->vm);
		turn->at = ha_spot(round, turn->vm->node);
		ha_count(round, turn, 1);
		if (runs(turn) && turn->at->fit)
			o->turns[o->n++] = turn;
	}
	if (o->n)
		qsort(o->turns, o->n, sizeof(*o->turns), by_node_and_size);
}

/* The roomiest of the nodes that would be the right ones without this one; NULL: there is none. */
static struct ha_spot *refuge(const struct outlook *o, const struct ha_turn *turn)
{
	const struct ha_round *round = &o->round;
	const struct ha_class *class = ha_class(round, turn->want);
	struct ha_spot *found = NULL;
	int64_t top = HA_NOWHERE;

	for (size_t i = 0; i < round->nspot; i++) {
		struct ha_spot *spot = &round->spots[i];
		int64_t priority = class->priority[i];

		if (!spot->fit || spot == turn->at || priority == HA_NOWHERE || priority < top)
			continue;
		if (priority > top || o->room[i] > o->room[found - round->spots])
			found = spot;
		top = priority;
	}
	return found;
}

static void add(struct victims *victims, const struct ha_turn *turn)
{
	if (victims->n < NAMED)
		victims->v[victims->n] = turn->want->vm;
	victims->n++;
}

static void tell(struct outlook *o, const char *node, const struct victims *victims,
		 const char *one, const char *many)
{
	struct ha_round *round = &o->round;
	const char *names = victims->v[0];

	if (!victims->n)
		return;
	for (size_t i = 1; i < victims->n && i < NAMED; i++)
		names = hc_printf(round->arena, "%s%s%s", names,
				  i + 1 == victims->n ? " and " : ", ", victims->v[i]);
	if (victims->n > NAMED)
		names = hc_printf(round->arena, "%s and %zu more", names, victims->n - NAMED);
	ha_warn(round, victims->n == 1 ? victims->v[0] : NULL, node, "if %s dies, %s %s", node,
		names, victims->n == 1 ? one : many);
}

/* The VMs from `from` on that are on the same node. The next one behind them. */
static size_t what_if(struct outlook *o, size_t from)
{
	struct ha_round *round = &o->round;
	const struct ha_spot *dead = o->turns[from]->at;
	struct victims crowded = {0}, homeless = {0};
	size_t i = from;

	for (size_t k = 0; k < round->nspot; k++)
		o->room[k] = ha_room(&round->spots[k]) ? round->spots[k].room : INT64_MAX;
	for (; i < o->n && o->turns[i]->at == dead; i++) {
		const struct ha_turn *turn = o->turns[i];
		struct ha_spot *spot = refuge(o, turn);
		int64_t memory = ha_bytes(turn->want->memory);

		if (!spot)
			add(&homeless, turn);
		else if (o->room[spot - round->spots] < memory)
			add(&crowded, turn);
		else
			o->room[spot - round->spots] -= memory;
	}
	tell(o, dead->now.name, &crowded, "has no room", "have no room");
	tell(o, dead->now.name, &homeless, "may run nowhere else", "may run nowhere else");
	return i;
}

void ha_admission(struct hc_arena *arena, const struct ha_wants *wants, const struct ha_seen *seen,
		  const struct ha_memory *memory, struct ha_decision *decision)
{
	struct outlook o = {.round = {.arena = arena,
				      .wants = wants,
				      .seen = seen,
				      .decision = decision,
				      .warning_room = decision->nwarning}};
	size_t fit = 0;

	look_at(&o, memory);
	for (size_t i = 0; i < o.round.nspot; i++)
		fit += o.round.spots[i].fit;
	if (fit < 2)
		return; /* there are no others to ask */
	ha_classes(&o.round);
	gather(&o, memory);
	for (size_t i = 0; i < o.n;)
		i = what_if(&o, i);
}
