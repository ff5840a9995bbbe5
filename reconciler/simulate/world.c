/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The world's clock, and who is in contact with whom. Time goes from one thing to the next; the
 * things of one instant are: what the scenario says, reboots that are over, the nodes' rounds in
 * the order of their names. Nothing is random, so a scenario always tells the same story.
 */

#include "world.h"

#include <stdlib.h>
#include <string.h>

int world_find_node(const struct world *world, const char *name)
{
	const struct scenario_node *node = name ? scenario_node(world->scenario, name) : NULL;

	return node ? (int)(node - world->scenario->nodes) : WORLD_NOBODY;
}

struct world_vm *world_find_vm(const struct world *world, const char *name)
{
	const struct scenario_vm *vm = scenario_vm(world->scenario, name);

	return vm ? &world->vms[vm - world->scenario->vms] : NULL;
}

static uint32_t votes_of(const struct world *world, const char *name)
{
	const struct asks *asks = world->asks;

	for (size_t i = 0; i < asks->wants.nnode; i++)
		if (!strcmp(asks->wants.nodes[i], name))
			return asks->votes[i];
	return 0;
}

bool world_quorate(const struct world *world)
{
	uint64_t all = 0, here = 0;

	for (size_t i = 0; i < world->asks->wants.nnode; i++)
		all += world->asks->votes[i];
	for (size_t i = 0; i < world->nnode; i++)
		if (world->nodes[i].on && world->nodes[i].network)
			here += votes_of(world, world->nodes[i].name);
	return here * 2 > all || (world->asks->two_node && here);
}

bool world_in_contact(const struct world *world, size_t node)
{
	return world->nodes[node].in_contact;
}

void world_look_at_contact(struct world *world)
{
	bool quorate = world_quorate(world);

	for (size_t i = 0; i < world->nnode; i++) {
		struct world_node *node = &world->nodes[i];
		bool contact = quorate && node->on && node->network;

		if (contact && !node->in_contact)
			node->joined = world->now;
		node->in_contact = contact;
	}
}

/* Without contact it suspends its VMs, and it does not go on before a round in which it has seen
 * that they are still its own. */
static bool is_suspended(const struct world *world, const struct world_node *node)
{
	if (node->in_contact && node->contact >= node->joined)
		return false;
	return world->now - node->contact >= world->wants.policy.times.self_fence;
}

bool world_runs(const struct world *world, const struct world_vm *vm, size_t node)
{
	return vm->guests[node].there && !is_suspended(world, &world->nodes[node]);
}

void world_no_power(struct world *world, size_t node)
{
	world->nodes[node].on = false;
	world->nodes[node].boots = 0;
	for (size_t i = 0; i < world->nvm; i++)
		world->vms[i].guests[node] = (struct world_guest){0};
	world_look_at_contact(world);
}

void world_power(struct world *world, size_t node)
{
	world->nodes[node].on = true;
	world->nodes[node].boots = 0;
	world->nodes[node].leaving = HA_STAYS;
	world_look_at_contact(world);
}

static bool has_want(const struct world *world, const struct ha_want *want, enum hc_ha_wish *wish)
{
	const struct world_vm *vm = world_find_vm(world, want->vm);

	*wish = want->wish;
	if (world->asks->ignored[want - world->asks->wants.v])
		*wish = HC_HA_IGNORED;
	if (vm->wish >= 0)
		*wish = (enum hc_ha_wish)vm->wish;
	return !vm->gone && *wish != HC_HA_IGNORED;
}

void world_take_wants(struct world *world)
{
	const struct ha_wants *all = &world->asks->wants;

	world->wants = *all;
	world->wants.v = hc_alloc(world->arena, all->n * sizeof(*all->v));
	world->wants.n = 0;
	for (size_t i = 0; i < all->n; i++) {
		struct ha_want want = all->v[i];

		if (has_want(world, &all->v[i], &want.wish))
			world->wants.v[world->wants.n++] = want;
	}
}

static void add_nodes(struct world *world)
{
	const struct scenario *scenario = world->scenario;
	uint64_t interval = scenario->asks->wants.policy.times.interval;

	world->nnode = scenario->nnode;
	world->nodes = hc_alloc(world->arena, world->nnode * sizeof(*world->nodes));
	for (size_t i = 0; i < world->nnode; i++)
		world->nodes[i] = (struct world_node){
			.name = scenario->nodes[i].name,
			.on = !scenario->nodes[i].off,
			.network = true,
			.next = world->now + i * interval / (world->nnode + 1),
			.contact = world->now,
			.joined = world->now,
		};
}

static void add_vms(struct world *world)
{
	const struct scenario *scenario = world->scenario;

	world->nvm = scenario->nvm;
	world->vms = hc_alloc(world->arena, world->nvm * sizeof(*world->vms));
	for (size_t i = 0; i < world->nvm; i++)
		world->vms[i] = (struct world_vm){
			.name = scenario->vms[i].name,
			.manner = &scenario->vms[i],
			.claim = WORLD_NOBODY,
			.guests = hc_alloc(world->arena, world->nnode * sizeof(struct world_guest)),
			.answer = {.vm = scenario->vms[i].name},
			.wish = -1,
		};
}

struct world *world_new(struct hc_arena *arena, const struct scenario *scenario, sim_event_fn *told,
			void *arg)
{
	struct world *world = hc_new(arena, struct world);

	*world = (struct world){
		.arena = arena,
		.scenario = scenario,
		.told = told,
		.arg = arg,
		.now = WORLD_BEGIN,
		.asks = scenario->asks,
		.leader = WORLD_NOBODY,
	};
	add_nodes(world);
	add_vms(world);
	world_take_wants(world);
	world_look_at_contact(world);
	world_begin(world);
	return world;
}

void world_free(struct world *world)
{
	world->memory_arena = hc_arena_free(world->memory_arena);
	world->memory = (struct ha_memory){0};
	world->warned_arena = hc_arena_free(world->warned_arena);
	world->warned = (struct hc_strings){0};
}

static size_t next_to_boot(const struct world *world)
{
	size_t found = world->nnode;

	for (size_t i = 0; i < world->nnode; i++)
		if (world->nodes[i].boots &&
		    (found == world->nnode || world->nodes[i].boots < world->nodes[found].boots))
			found = i;
	return found;
}

static size_t next_round(const struct world *world)
{
	size_t found = 0;

	for (size_t i = 1; i < world->nnode; i++)
		if (world->nodes[i].next < world->nodes[found].next)
			found = i;
	return found;
}

static void round_of(struct world *world, size_t node)
{
	world->nodes[node].next += world->wants.policy.times.interval;
	if (!world->nodes[node].on)
		return;
	world_agent(world, node);
	if (world->nodes[node].in_contact)
		world_lead(world, node);
}

bool world_step(struct world *world)
{
	const struct scenario *scenario = world->scenario;
	uint64_t end = WORLD_BEGIN + scenario->until, never = UINT64_MAX;
	size_t boot = next_to_boot(world), turn = next_round(world);
	uint64_t event = world->happened < scenario->nevent
				 ? WORLD_BEGIN + scenario->events[world->happened].at
				 : never;
	uint64_t boots = boot < world->nnode ? world->nodes[boot].boots : never;
	uint64_t round = world->nnode ? world->nodes[turn].next : never;

	if (event <= boots && event <= round && event <= end) {
		world->now = event;
		world_happens(world, &scenario->events[world->happened++]);
	} else if (boots <= round && boots <= end) {
		world->now = boots;
		world_power(world, boot);
	} else if (round <= end) {
		world->now = round;
		round_of(world, turn);
	} else {
		world->now = end;
		return false;
	}
	return true;
}
