/* SPDX-License-Identifier: Apache-2.0 */
/* What a decision changed, as events: first the nodes, then the VMs, each by name. Steps that were
 * taken at once are told one by one, as whoever reads them knows them. */

#include "world.h"

#include <string.h>

void world_tell(struct world *world, struct sim_event event)
{
	event.at = world->now - WORLD_BEGIN;
	world->told(world->arg, &event);
}

void world_warn(struct world *world, const char *vm, const char *node, const char *text)
{
	world_tell(world,
		   (struct sim_event){.what = SIM_WARNING, .vm = vm, .node = node, .text = text});
}

static void tell_node(struct world *world, const struct ha_node *now)
{
	const struct ha_node *was = ha_find_node(&world->memory, now->name);

	if (was && was->is == now->is)
		return;
	world_tell(world, (struct sim_event){.what = SIM_NODE,
					     .node = now->name,
					     .word = ha_node_words[now->is]});
}

static void tell_state(struct world *world, const struct ha_vm *now, const char *node,
		       const char *from, const char *to)
{
	world_tell(world,
		   (struct sim_event){
			   .what = SIM_STATE, .vm = now->vm, .node = node, .from = from, .to = to});
}

static void tell_recovery(struct world *world, const struct ha_vm *was, const struct ha_vm *now)
{
	enum ha_is is = was->is;

	if (is != HA_IS_FENCE && is != HA_IS_RECOVERY) {
		tell_state(world, now, was->node, ha_words[is], ha_words[HA_IS_FENCE]);
		is = HA_IS_FENCE;
	}
	if (is == HA_IS_FENCE)
		tell_state(world, now, was->node, ha_words[is], ha_words[HA_IS_RECOVERY]);
	world_tell(world, (struct sim_event){.what = SIM_RECOVER,
					     .vm = now->vm,
					     .from = now->fled ? now->fled : was->node,
					     .to = now->node});
	tell_state(world, now, now->node, ha_words[HA_IS_RECOVERY], ha_words[now->is]);
}

/* It waits for a node, or is to be off meanwhile. */
static void tell_end_of_fence(struct world *world, const struct ha_vm *now)
{
	tell_state(world, now, now->node, ha_words[HA_IS_FENCE], ha_words[HA_IS_RECOVERY]);
	if (now->is != HA_IS_RECOVERY)
		tell_state(world, now, now->node, ha_words[HA_IS_RECOVERY], ha_words[now->is]);
}

static void tell_vm(struct world *world, const struct ha_vm *now)
{
	const struct ha_vm *was = ha_find_vm(&world->memory, now->vm);

	if (!was)
		tell_state(world, now, now->node, NULL, ha_words[now->is]);
	else if (now->recovered && now->recovered != was->recovered)
		tell_recovery(world, was, now);
	else if (was->is == HA_IS_FENCE && now->is != HA_IS_FENCE)
		tell_end_of_fence(world, now);
	else if (was->is != now->is)
		tell_state(world, now, now->node, ha_words[was->is], ha_words[now->is]);
}

void world_tell_decision(struct world *world, const struct ha_memory *now)
{
	for (size_t i = 0; i < now->nnode; i++)
		tell_node(world, &now->nodes[i]);
	for (size_t i = 0; i < now->nvm; i++)
		tell_vm(world, &now->vms[i]);
}
