/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was decided, kept from round to round. A decision lends much of what it was given, so it is
 * copied into an arena of its own whenever it is another than before; all names become those of the
 * scenario, which live longest.
 */

#include "world.h"

static const char *node_name(const struct world *world, const char *name)
{
	int i = world_find_node(world, name);

	return i == WORLD_NOBODY ? NULL : world->nodes[i].name;
}

static void keep_vm(const struct world *world, struct hc_arena *arena, struct ha_vm *vm)
{
	const char **failed = hc_alloc(arena, vm->failed.n * sizeof(*failed));

	for (size_t i = 0; i < vm->failed.n; i++)
		failed[i] = node_name(world, vm->failed.v[i]);
	vm->vm = world_find_vm(world, vm->vm)->name;
	vm->node = node_name(world, vm->node);
	vm->target = node_name(world, vm->target);
	vm->home = node_name(world, vm->home);
	vm->fled = node_name(world, vm->fled);
	vm->failed.v = failed;
}

void world_keep(struct world *world, const struct ha_memory *memory)
{
	struct hc_arena *arena;
	struct ha_memory kept = *memory;

	if (world->memory_arena && ha_same_memory(&world->memory, memory))
		return;
	arena = hc_arena_new();
	kept.nodes = hc_alloc(arena, memory->nnode * sizeof(*kept.nodes));
	kept.vms = hc_alloc(arena, memory->nvm * sizeof(*kept.vms));
	for (size_t i = 0; i < memory->nnode; i++) {
		kept.nodes[i] = memory->nodes[i];
		kept.nodes[i].name = node_name(world, memory->nodes[i].name);
	}
	for (size_t i = 0; i < memory->nvm; i++) {
		kept.vms[i] = memory->vms[i];
		keep_vm(world, arena, &kept.vms[i]);
	}
	world->memory = kept;
	(void)hc_arena_free(world->memory_arena);
	world->memory_arena = arena;
}
