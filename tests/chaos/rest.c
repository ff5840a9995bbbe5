/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold when all nodes are there and nothing has happened for long: each VM is as it is
 * asked to be, and on a node of the highest priority there is. */

#include "chaos.h"

#include <string.h>

static bool may_fail(const struct scenario_vm *manner)
{
	return manner->is == HA_IS_ERROR || manner->start_fails || manner->fails_on.n ||
	       manner->stop_fails;
}

static int64_t top_priority(const struct world *world, const struct ha_want *want)
{
	int64_t top = -2;

	for (size_t i = 0; i < world->wants.nnode; i++) {
		int64_t priority = chaos_priority(want, world->wants.nodes[i]);

		top = priority > top ? priority : top;
	}
	return top;
}

static void check_place(struct chaos_watch *watch, const struct ha_want *want,
			const struct ha_vm *is)
{
	int64_t priority = chaos_priority(want, is->node);

	if (priority == -2)
		chaos_wrong(watch, "%s rests on %s, where its group forbids it", is->vm, is->node);
	else if (!(want->group && want->group->nofailback) &&
		 priority < top_priority(watch->world, want))
		chaos_wrong(watch, "%s rests on %s, and there is a better node", is->vm, is->node);
}

static size_t running(const struct world *world, const struct world_vm *vm)
{
	size_t n = 0;

	for (size_t i = 0; i < world->nnode; i++)
		n += world_runs(world, vm, i);
	return n;
}

static void check_vm(struct chaos_watch *watch, const struct ha_want *want)
{
	const struct world *world = watch->world;
	const struct world_vm *vm = world_find_vm(world, want->vm);
	const struct ha_vm *is = ha_find_vm(&world->memory, want->vm);

	if (!is) {
		chaos_wrong(watch, "%s was never taken in", want->vm);
		return;
	}
	if (is->is == HA_IS_ERROR && may_fail(vm->manner))
		return;
	if (want->wish != HC_HA_STARTED) {
		if (is->is != HA_IS_STOPPED || (running(world, vm) && !vm->manner->stop_fails))
			chaos_wrong(watch, "%s is %s and is to be off", is->vm, ha_words[is->is]);
		return;
	}
	if (is->is != HA_IS_STARTED || running(world, vm) != 1 ||
	    !world_runs(world, vm, (size_t)world_find_node(world, is->node)))
		chaos_wrong(watch, "%s is %s on %s and runs %zu times", is->vm, ha_words[is->is],
			    is->node, running(world, vm));
	check_place(watch, want, is);
}

void chaos_rest(struct chaos_watch *watch)
{
	const struct world *world = watch->world;

	for (size_t i = 0; i < world->nnode; i++)
		if (!world->nodes[i].on || !world->nodes[i].network || world->maintenance.n)
			chaos_wrong(watch, "%s is not there at rest: the scenario is no good",
				    world->nodes[i].name);
	for (size_t i = 0; i < world->wants.n; i++)
		check_vm(watch, &world->wants.v[i]);
}
