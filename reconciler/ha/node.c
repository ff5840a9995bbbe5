/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nodes of a round: those that the manifests name, those that were decided about before and
 * those on which a VM is. What each of them is follows from what it was and from what is seen of it
 * now. One rule stands above the others: a node that is being fenced stays so until it is proven
 * that nothing on it can write, also if it shows up again in between.
 */

#include "decision.h"

#include <stdlib.h>
#include <string.h>

#define LOST ": its VMs are recovered elsewhere if it does not come back"

const char *const ha_node_words[] = {
	[HA_ONLINE] = "online",           [HA_UNKNOWN] = "unknown", [HA_FENCE] = "fence",
	[HA_MAINTENANCE] = "maintenance", [HA_GONE] = "gone",       NULL,
};

static int by_name(const void *name, const void *one)
{
	return strcmp(name, ((const struct ha_spot *)one)->now.name);
}

struct ha_spot *ha_spot(const struct ha_round *round, const char *name)
{
	return name && round->nspot
		       ? bsearch(name, round->spots, round->nspot, sizeof(*round->spots), by_name)
		       : NULL;
}

bool ha_shut_out(const struct ha_spot *spot)
{
	return spot->seen && spot->seen->shut_out;
}

int64_t ha_bytes(uint64_t bytes)
{
	const uint64_t most = UINT64_C(1) << 48;

	return (int64_t)(bytes < most ? bytes : most);
}

int64_t ha_room(const struct ha_spot *spot)
{
	return spot->seen ? ha_bytes(spot->seen->room) : 0;
}

bool ha_leaves(const struct ha_spot *spot)
{
	return spot->named && spot->seen && spot->seen->leaving != HA_STAYS;
}

bool ha_idles(const struct ha_spot *spot)
{
	return spot->seen && spot->seen->stopped;
}

/* An announcement is believed also when the node is away already: it may be gone before the next
 * round. One that is not named any more will not be back, so nobody waits for it. */
bool ha_freezes(const struct ha_round *round, const struct ha_spot *spot)
{
	if (!ha_leaves(spot))
		return false;
	switch (round->wants->policy.shutdown) {
	case HC_HA_CONDITIONAL:
		return spot->seen->leaving == HA_REBOOTS;
	case HC_HA_FREEZE:
		return true;
	case HC_HA_FAILOVER:
	case HC_HA_MIGRATE:
		break;
	}
	return false;
}

bool ha_empties(const struct ha_spot *spot)
{
	return spot->now.is == HA_MAINTENANCE || (spot->now.is == HA_GONE && spot->present);
}

/* A node that the cluster still has, but that cannot reach the storage, is given its own time: the
 * storage may stall for all. So is one that is well but for its corosync, or its agent, which may
 * only be started anew. */
bool ha_lost(const struct ha_round *round, const struct ha_spot *spot)
{
	const struct ha_times *times = &round->wants->policy.times;
	bool half = spot->seen && (spot->seen->member || spot->seen->apart);

	if (spot->now.is == HA_FENCE)
		return true;
	if (spot->present)
		return false;
	return round->seen->now - spot->now.lost >=
	       (half ? times->storage_delay : times->fence_delay);
}

static void become(const struct ha_round *round, struct ha_spot *spot, enum ha_node_is is)
{
	if (spot->now.is != is)
		spot->now.since = round->seen->now;
	spot->now.is = is;
	spot->fit = is == HA_ONLINE && !ha_leaves(spot) && !ha_idles(spot);
}

void ha_fence(const struct ha_round *round, struct ha_spot *spot)
{
	become(round, spot, HA_FENCE);
}

static enum ha_node_is judge(const struct ha_round *round, const struct ha_spot *spot)
{
	bool empties = ha_leaves(spot) && round->wants->policy.shutdown == HC_HA_MIGRATE;

	if (spot->now.is == HA_FENCE && !ha_shut_out(spot))
		return HA_FENCE;
	if (!spot->named)
		return HA_GONE;
	if (spot->present)
		return spot->asked || empties ? HA_MAINTENANCE : HA_ONLINE;
	/* Maintenance outlives a reboot; it cannot begin on a node that is away. */
	return spot->now.is == HA_MAINTENANCE && spot->asked ? HA_MAINTENANCE : HA_UNKNOWN;
}

/* The earliest moment that anybody knows of: a new leader looks only since it leads. One that is to
 * come is of another clock, and would make the node wait for it. */
static uint64_t lost_since(const struct ha_round *round, const struct ha_spot *spot)
{
	uint64_t now = round->seen->now, since = spot->now.lost;
	uint64_t seen = spot->seen ? spot->seen->lost : 0;

	if (spot->present)
		return 0;
	if (!since || (seen && seen < since))
		since = seen;
	return since && since < now ? since : now;
}

static const struct ha_seen_node *seen_node(const struct ha_seen *seen, const char *name, size_t *k)
{
	int order = 1;

	while (*k < seen->nnode && (order = strcmp(seen->nodes[*k].name, name)) < 0)
		++*k;
	return order == 0 ? &seen->nodes[*k] : NULL;
}

static void look_at(const struct ha_round *round, const struct ha_memory *was, struct ha_spot *spot)
{
	const struct ha_node *before = ha_find_node(was, spot->now.name);
	enum ha_node_is is;

	spot->asked = hc_strings_have(&round->seen->maintenance, spot->now.name);
	spot->present = spot->seen && spot->seen->member && spot->seen->storage;
	spot->room = ha_room(spot);
	if (before)
		spot->now = *before;
	spot->now.lost = lost_since(round, spot);
	is = judge(round, spot);
	if (!before) {
		spot->now.is = is;
		spot->now.since = round->seen->now;
	}
	become(round, spot, is);
}

static void add_names(const struct ha_round *round, const struct ha_memory *was,
		      struct hc_strings *names)
{
	for (size_t i = 0; i < round->wants->nnode; i++)
		hc_strings_add(round->arena, names, round->wants->nodes[i]);
	for (size_t i = 0; i < was->nnode; i++)
		hc_strings_add(round->arena, names, was->nodes[i].name);
	for (size_t i = 0; i < round->wants->n; i++) {
		const struct ha_turn *turn = &round->turns[i];

		if (turn->was)
			hc_strings_add(round->arena, names, turn->was->node);
		else if (turn->seen && turn->seen->on)
			hc_strings_add(round->arena, names, turn->seen->on);
		if (turn->was && turn->was->target)
			hc_strings_add(round->arena, names, turn->was->target);
	}
}

/* A VM waits for its node's proof, so that proof is asked for, whatever the node is taken for. */
static void fence_those_waited_for(struct ha_round *round)
{
	for (size_t i = 0; i < round->wants->n; i++) {
		const struct ha_vm *vm = round->turns[i].was;
		struct ha_spot *spot =
			vm && vm->is == HA_IS_FENCE ? ha_spot(round, vm->node) : NULL;

		if (spot && !ha_shut_out(spot) && !round->seen->disarmed)
			ha_fence(round, spot);
	}
}

void ha_look_at_nodes(struct ha_round *round, const struct ha_memory *was)
{
	const struct ha_wants *wants = round->wants;
	struct hc_strings names = {0};
	size_t k = 0, m = 0;

	add_names(round, was, &names);
	round->nspot = names.n;
	round->spots = hc_alloc(round->arena, names.n * sizeof(*round->spots) + 1);
	for (size_t i = 0; i < names.n; i++) {
		struct ha_spot *spot = &round->spots[i];

		while (m < wants->nnode && strcmp(wants->nodes[m], names.v[i]) < 0)
			m++;
		spot->now.name = names.v[i];
		spot->named = m < wants->nnode && strcmp(wants->nodes[m], names.v[i]) == 0;
		spot->seen = seen_node(round->seen, names.v[i], &k);
		look_at(round, was, spot);
	}
	fence_those_waited_for(round);
}

/* Some other node can have it. */
static bool can_go(const struct ha_round *round, const struct ha_turn *turn)
{
	return !round->seen->disarmed && !turn->want->pinned &&
	       ha_class(round, turn->want)->top != HA_NOWHERE;
}

/* Once its node is taken for lost. */
static bool is_recovered(const struct ha_round *round, const struct ha_turn *turn)
{
	switch (turn->vm->is) {
	case HA_IS_STOPPED:
	case HA_IS_REQUEST_STOP:
	case HA_IS_STARTED:
	case HA_IS_MIGRATE:
	case HA_IS_RELOCATE:
		return turn->want->wish != HC_HA_DISABLED && can_go(round, turn);
	case HA_IS_FENCE:
	case HA_IS_RECOVERY:
	case HA_IS_FREEZE:
	case HA_IS_ERROR:
		break;
	}
	return false;
}

/* From a node that is there. One that is off stays until it is to be started. */
static bool moves_away(const struct ha_round *round, const struct ha_turn *turn)
{
	switch (turn->vm->is) {
	case HA_IS_STARTED:
	case HA_IS_MIGRATE:
	case HA_IS_RELOCATE:
		return can_go(round, turn);
	case HA_IS_STOPPED:
	case HA_IS_REQUEST_STOP:
	case HA_IS_FENCE:
	case HA_IS_RECOVERY:
	case HA_IS_FREEZE:
	case HA_IS_ERROR:
		break;
	}
	return false;
}

static bool any(const struct ha_round *round, const struct ha_turn *turn)
{
	(void)round, (void)turn;
	return true;
}

static bool has_vm(const struct ha_round *round, const struct ha_spot *spot,
		   bool (*such)(const struct ha_round *, const struct ha_turn *))
{
	for (size_t i = 0; i < round->wants->n; i++) {
		const struct ha_turn *turn = &round->turns[i];

		if (turn->vm && turn->at == spot && such(round, turn))
			return true;
	}
	return false;
}

/* What becomes of the node's VMs is said only if it is so of any. */
static void warn_of(struct ha_round *round, const struct ha_spot *spot)
{
	const char *name = spot->now.name;
	bool apart = !spot->present && spot->seen && spot->seen->apart;

	if (apart && spot->now.is == HA_UNKNOWN)
		ha_warn(round, NULL, NULL, "%s is there, but its corosync is not%s", name,
			has_vm(round, spot, is_recovered) ? LOST : "");
	else if (apart && spot->now.is == HA_GONE && has_vm(round, spot, any))
		ha_warn(round, NULL, NULL,
			"the manifests do not name %s, and its hcstate does not take part%s", name,
			has_vm(round, spot, is_recovered) ? LOST : "");
	else if (!spot->named && ha_empties(spot) && has_vm(round, spot, any))
		ha_warn(round, NULL, NULL, "%s is there, but the manifests do not name it%s", name,
			has_vm(round, spot, moves_away) ? ": its VMs move away" : "");
}

void ha_warn_of_nodes(struct ha_round *round)
{
	for (size_t i = 0; i < round->nspot; i++)
		warn_of(round, &round->spots[i]);
}

void ha_keep_nodes(struct ha_round *round)
{
	struct ha_memory *memory = &round->decision->memory;

	memory->nodes = hc_alloc(round->arena, round->nspot * sizeof(*memory->nodes) + 1);
	for (size_t i = 0; i < round->nspot; i++)
		if (round->spots[i].named || round->spots[i].used)
			memory->nodes[memory->nnode++] = round->spots[i].now;
}
