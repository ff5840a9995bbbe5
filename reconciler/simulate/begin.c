/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a world begins: as if somebody had decided before what the scenario says. What it does not
 * say is left to the first leader, who takes a VM that has no place as a new one.
 */

#include "world.h"

#include <string.h>

/* Where the rules would put the VMs if nothing were decided yet. */
static void place_all(struct world *world, struct hc_arena *arena, struct ha_decision *decision)
{
	struct ha_memory nothing = {0};
	struct ha_seen seen = {
		.now = world->now,
		.nodes = hc_alloc(arena, world->nnode * sizeof(*seen.nodes)),
		.nnode = world->nnode,
	};

	for (size_t i = 0; i < world->nnode; i++)
		seen.nodes[i] = (struct ha_seen_node){
			.name = world->nodes[i].name,
			.member = world->nodes[i].on,
			.storage = world->nodes[i].on,
			.lost = world->nodes[i].on ? 0 : world->now,
		};
	ha_decide(arena, &world->wants, &seen, &nothing, decision);
}

static const char *other_node(const struct world *world, const char *node, const char *rather)
{
	if (rather && strcmp(rather, node) != 0)
		return rather;
	for (size_t i = 0; i < world->nnode; i++)
		if (world->nodes[i].on && strcmp(world->nodes[i].name, node) != 0)
			return world->nodes[i].name;
	return NULL;
}

static bool is_moving(enum ha_is is)
{
	return is == HA_IS_MIGRATE || is == HA_IS_RELOCATE;
}

/* Whether a VM in that state is on its node. */
static bool is_there(enum ha_is is)
{
	return is == HA_IS_STARTED || is == HA_IS_REQUEST_STOP || is == HA_IS_FENCE ||
	       is_moving(is);
}

/* The VM's claim is its node's also while that is off: nobody has shut it out yet. */
static void put(struct world *world, const struct ha_vm *vm)
{
	struct world_vm *is = world_find_vm(world, vm->vm);
	int node = world_find_node(world, vm->node);

	world->nodes[node].holds = true;
	if (!is_there(vm->is))
		return;
	is->claim = node;
	is->guests[node].there = world->nodes[node].on;
	if (vm->is == HA_IS_STARTED && world->nodes[node].on)
		is->answer =
			(struct ha_seen_vm){.vm = is->name, .order = vm->order, .answer = HA_DONE};
}

static void begin_vm(struct world *world, const struct ha_want *want,
		     const struct ha_decision *placed, struct ha_memory *memory)
{
	const struct scenario_vm *says = scenario_vm(world->scenario, want->vm);
	const struct ha_vm *rules = ha_find_vm(&placed->memory, want->vm);
	const char *place = rules ? rules->node : world->nodes[0].name;
	struct ha_vm *vm = &memory->vms[memory->nvm];

	if ((!says->placed && says->is < 0) || !place)
		return;
	*vm = (struct ha_vm){
		.vm = says->name,
		.is = says->is >= 0                 ? (enum ha_is)says->is
		      : want->wish == HC_HA_STARTED ? HA_IS_STARTED
						    : HA_IS_STOPPED,
		.node = says->placed ? says->placed : place,
		.since = world->now,
		.order = 1,
	};
	if (is_moving(vm->is))
		vm->target = other_node(world, vm->node, place);
	if (is_moving(vm->is) && !vm->target)
		vm->is = HA_IS_STARTED;
	memory->nvm++;
	put(world, vm);
}

static void begin_node(struct world *world, size_t i, struct ha_memory *memory)
{
	const struct scenario_node *says = &world->scenario->nodes[i];

	if (says->is < 0)
		return;
	memory->nodes[memory->nnode++] = (struct ha_node){
		.name = says->name,
		.is = (enum ha_node_is)says->is,
		.since = world->now,
		.lost = says->is == HA_ONLINE && world->nodes[i].on ? 0 : world->now,
	};
	if (says->is == HA_MAINTENANCE)
		hc_strings_add(world->arena, &world->maintenance, says->name);
}

void world_begin(struct world *world)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct ha_decision placed = {0};
	struct ha_memory memory = {
		.nodes = hc_alloc(arena, world->nnode * sizeof(*memory.nodes)),
		.vms = hc_alloc(arena, world->wants.n * sizeof(*memory.vms)),
	};

	if (world->nnode)
		place_all(world, arena, &placed);
	for (size_t i = 0; i < world->nnode; i++)
		begin_node(world, i, &memory);
	for (size_t i = 0; i < world->wants.n && world->nnode; i++)
		begin_vm(world, &world->wants.v[i], &placed, &memory);
	world_keep(world, &memory);
}
