/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node that goes down in an orderly way: it says so, waits until the policy is done with its VMs,
 * stops what it still has, and is off. Who has nobody to say it to goes down at once.
 */

#include "world.h"

#include <string.h>

enum {
	/* A move of everything may take minutes; a node that waits for ever for a VM that nobody
	 * can take is one that somebody switches off by hand. */
	LONGEST_WAIT_MS = 300000,
	/* What a server's firmware and its boot take at the least. */
	REBOOT_MS = 60000,
};

/* Whether the leader has yet to freeze it, or to move it away. */
static bool is_waited_for(const struct ha_vm *vm, bool freezes)
{
	switch (vm->is) {
	case HA_IS_STARTED:
	case HA_IS_REQUEST_STOP:
	case HA_IS_MIGRATE:
	case HA_IS_RELOCATE:
		return true;
	case HA_IS_STOPPED:
		return freezes;
	case HA_IS_FENCE:
	case HA_IS_RECOVERY:
	case HA_IS_FREEZE:
	case HA_IS_ERROR:
		return false;
	}
	return false;
}

static bool is_clear(const struct world *world, const struct world_node *node, bool freezes)
{
	for (size_t i = 0; i < world->memory.nvm; i++)
		if (!strcmp(world->memory.vms[i].node, node->name) &&
		    is_waited_for(&world->memory.vms[i], freezes))
			return false;
	return true;
}

static bool is_ready(const struct world *world, const struct world_node *node)
{
	if (!node->in_contact || world->now - node->leaves >= LONGEST_WAIT_MS)
		return true;
	if (world->rounds <= node->leaves_round) /* nobody can have heard it yet */
		return false;
	switch (world->wants.policy.shutdown) {
	case HC_HA_CONDITIONAL:
		return node->leaving == HA_POWERS_OFF || is_clear(world, node, true);
	case HC_HA_FREEZE:
		return is_clear(world, node, true);
	case HC_HA_FAILOVER:
		return true;
	case HC_HA_MIGRATE:
		return is_clear(world, node, false);
	}
	return true;
}

static void stop_all(struct world *world, size_t node)
{
	for (size_t i = 0; i < world->nvm; i++) {
		struct world_vm *vm = &world->vms[i];

		if (vm->guests[node].there)
			world_tell(world, (struct sim_event){.what = SIM_STOP,
							     .vm = vm->name,
							     .node = world->nodes[node].name,
							     .ok = true});
		if (vm->claim == (int)node)
			vm->claim = WORLD_NOBODY;
	}
	world->nodes[node].holds = false;
	if (world->leader == (int)node)
		world->leader = WORLD_NOBODY;
}

bool world_leaves(struct world *world, size_t i)
{
	struct world_node *node = &world->nodes[i];

	if (!is_ready(world, node))
		return false;
	if (node->in_contact)
		stop_all(world, i);
	world_no_power(world, i);
	if (node->leaving == HA_REBOOTS)
		node->boots = world->now + REBOOT_MS;
	return true;
}
