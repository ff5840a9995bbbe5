/* SPDX-License-Identifier: Apache-2.0 */
/* Whether every VM that can be recovered is: nobody who is to run is left on a node that has been
 * gone for long, while another one could have him and somebody was there all the time to see it. */

#include "chaos.h"

#include <string.h>

static void note_changes(struct chaos_watch *watch)
{
	const struct world *world = watch->world;

	for (size_t i = 0; i < world->nnode; i++) {
		if (watch->changed && watch->contact[i] == world_in_contact(world, i))
			continue;
		watch->contact[i] = world_in_contact(world, i);
		watch->changed = world->now;
	}
	/* what is asked of it, or who may have it, may be another from here on */
	if (!world_quorate(world) || watch->happened != world->happened)
		watch->changed = world->now;
	watch->happened = world->happened;
}

/* A leader is followed when his lease is over, then the time of the fence, the proof, and a few
 * rounds between them. */
static bool is_long(const struct chaos_watch *watch)
{
	const struct ha_times *times = &watch->world->wants.policy.times;

	return watch->world->now - watch->changed >
	       2 * times->lease + times->fence_delay + 6 * times->interval;
}

static bool has_place(const struct world *world, const struct ha_want *want)
{
	for (size_t i = 0; i < world->nnode; i++)
		if (world_in_contact(world, i) && world->nodes[i].leaving == HA_STAYS &&
		    !hc_strings_have(&world->maintenance, world->nodes[i].name) &&
		    chaos_priority(want, world->nodes[i].name) > -2)
			return true;
	return false;
}

void chaos_look_for_lost(struct chaos_watch *watch)
{
	const struct world *world = watch->world;

	note_changes(watch);
	if (!is_long(watch))
		return;
	for (size_t i = 0; i < world->memory.nvm; i++) {
		const struct ha_vm *vm = &world->memory.vms[i];
		const struct ha_want *want = ha_find_want(&world->wants, vm->vm);

		if (want && want->wish == HC_HA_STARTED && vm->is != HA_IS_FREEZE &&
		    vm->is != HA_IS_ERROR && has_place(world, want) &&
		    !world_in_contact(world, (size_t)world_find_node(world, vm->node)))
			chaos_wrong(watch, "%s is %s on %s, which is gone", vm->vm,
				    ha_words[vm->is], vm->node);
	}
}
