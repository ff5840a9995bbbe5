/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The leader's round: what it sees, what follows from it by the function that the agents use as
 * well, and what of that is new. Whoever is in contact takes the lease when it is free; what was
 * decided is in the storage, so a new leader goes on where the last one ended.
 *
 * That a node can write no more is proven here by time: it is shut out when it has not been heard
 * of for as long as a lease lives. A node that is there lets go by itself, and one that went down
 * in an orderly way has done so.
 */

#include "world.h"

#include <string.h>

bool world_is_shut(const struct world *world, size_t i)
{
	const char *name = world->nodes[i].name;
	const struct ha_node *node = ha_find_node(&world->memory, name);

	if (node && node->is == HA_FENCE)
		return true;
	for (size_t k = 0; k < world->memory.nvm; k++)
		if (world->memory.vms[k].is == HA_IS_FENCE &&
		    !strcmp(world->memory.vms[k].node, name))
			return true;
	return false;
}

/* Since when, as far as the leader can know; 0: it is there. */
static uint64_t lost_since(const struct world *world, size_t leader, size_t i)
{
	const struct world_node *node = &world->nodes[i];
	uint64_t joined = world->nodes[leader].joined;

	if (node->in_contact)
		return 0;
	return node->contact > joined ? node->contact : joined;
}

static bool is_shut_out(const struct world *world, size_t leader, size_t i)
{
	const struct world_node *node = &world->nodes[i];
	const struct ha_node *known = ha_find_node(&world->memory, node->name);
	uint64_t lost = lost_since(world, leader, i);

	if (!world_is_shut(world, i))
		return false;
	if (!node->holds || !lost)
		return !node->holds;
	if (known && known->lost && known->lost < lost)
		lost = known->lost;
	return world->now - lost >= world->wants.policy.times.lease;
}

/* From here on whatever still runs there writes nowhere. */
static void shut_out(struct world *world, size_t node)
{
	for (size_t i = 0; i < world->nvm; i++) {
		struct world_vm *vm = &world->vms[i];

		if (vm->guests[node].there)
			vm->guests[node].blocked = true;
		if (vm->claim == (int)node)
			vm->claim = WORLD_NOBODY;
	}
}

static bool matters(const struct world *world, const char *name)
{
	for (size_t i = 0; i < world->wants.nnode; i++)
		if (!strcmp(world->wants.nodes[i], name))
			return true;
	return ha_find_node(&world->memory, name) != NULL;
}

static void see_node(struct world *world, struct ha_seen *seen, size_t leader, size_t i)
{
	struct world_node *node = &world->nodes[i];
	bool out = is_shut_out(world, leader, i);

	seen->nodes[seen->nnode++] = (struct ha_seen_node){
		.name = node->name,
		.member = node->in_contact,
		.storage = node->in_contact,
		.lost = lost_since(world, leader, i),
		.shut_out = out,
		.leaving = node->said ? node->leaving : HA_STAYS,
	};
	if (out && !node->told_fenced) {
		shut_out(world, i);
		world_tell(world, (struct sim_event){.what = SIM_FENCE, .node = node->name});
	}
	node->told_fenced = out;
}

static void look(struct world *world, struct hc_arena *arena, size_t leader, struct ha_seen *seen)
{
	*seen = (struct ha_seen){
		.now = world->now,
		.nodes = hc_alloc(arena, world->nnode * sizeof(*seen->nodes)),
		.vms = hc_alloc(arena, world->nvm * sizeof(*seen->vms)),
		.nvm = world->nvm,
		.asked = world->asked,
		.nasked = world->nasked,
		.maintenance = world->maintenance,
	};
	for (size_t i = 0; i < world->nnode; i++)
		if (matters(world, world->nodes[i].name))
			see_node(world, seen, leader, i);
	for (size_t i = 0; i < world->nvm; i++) {
		seen->vms[i] = world->vms[i].answer;
		seen->vms[i].on = world->vms[i].claim == WORLD_NOBODY
					  ? NULL
					  : world->nodes[world->vms[i].claim].name;
	}
}

/* What is warned of in each round is told once. */
static void keep_warned(struct world *world, const struct hc_strings *now)
{
	if (!now->n && !world->warned.n)
		return;
	(void)hc_arena_free(world->warned_arena);
	world->warned_arena = hc_arena_new();
	world->warned = (struct hc_strings){0};
	for (size_t i = 0; i < now->n; i++)
		hc_strings_add(world->warned_arena, &world->warned, now->v[i]);
}

static void warn(struct world *world, struct hc_arena *arena, const struct ha_decision *decision)
{
	struct hc_strings now = {0};

	for (size_t i = 0; i < decision->nwarning; i++) {
		const struct ha_warning *w = &decision->warnings[i];
		const char *text = hc_printf(arena, "%s %s %s", w->vm ? w->vm : "",
					     w->node ? w->node : "", w->text);

		if (!hc_strings_have(&world->warned, text) && !hc_strings_have(&now, text))
			world_warn(world, w->vm, w->node, w->text);
		hc_strings_add(arena, &now, text);
	}
	keep_warned(world, &now);
}

static void drop_taken(struct world *world, const struct ha_decision *decision)
{
	size_t left = 0;

	for (size_t i = 0; i < world->nasked; i++)
		if (i >= HC_COUNT(decision->taken) || !decision->taken[i])
			world->asked[left++] = world->asked[i];
	world->nasked = left;
}

static bool leads(struct world *world, size_t node)
{
	if (world->leader != (int)node) {
		if (world->leader != WORLD_NOBODY &&
		    world->now - world->led < world->wants.policy.times.lease)
			return false;
		world->leader = (int)node;
		world_tell(world,
			   (struct sim_event){.what = SIM_LEADER, .node = world->nodes[node].name});
	}
	world->led = world->now;
	return true;
}

void world_lead(struct world *world, size_t node)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = NULL;
	struct ha_decision decision = {0};
	struct ha_seen seen;

	if (!leads(world, node))
		return;
	arena = hc_arena_new();
	world->rounds++;
	look(world, arena, node, &seen);
	ha_decide(arena, &world->wants, &seen, &world->memory, &decision);
	world_tell_decision(world, &decision.memory);
	warn(world, arena, &decision);
	drop_taken(world, &decision);
	world_keep(world, &decision.memory);
}
