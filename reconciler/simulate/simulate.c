/* SPDX-License-Identifier: Apache-2.0 */
/* A scenario from its beginning to its end. */

#include "simulate.h"

#include "world.h"

/* In the arena, without the world that it was kept in. */
static const struct ha_memory *last_of(struct hc_arena *arena, struct world *world)
{
	struct ha_memory *last = hc_new(arena, struct ha_memory);

	*last = world->memory;
	if (world->memory_arena)
		hc_arena_adopt(arena, &world->memory_arena);
	return last;
}

int simulate(struct hc_arena *arena, const struct scenario *scenario, sim_event_fn *told, void *arg,
	     struct hc_diags *diags, const struct ha_memory **last)
{
	struct world *world = world_new(arena, scenario, told, arg);

	(void)diags; /* all that could be wrong was said when the scenario was read */
	while (world_step(world))
		;
	*last = last_of(arena, world);
	world_free(world);
	return 0;
}
