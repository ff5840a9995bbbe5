/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A cluster in which anything may happen, and also what cannot: nodes that come and go, announce,
 * are proven shut out or not; documents that change and vanish; answers that are late, wrong or
 * about something else. All from one number, so that the same happens again.
 */

#include "ha_scene.h"

enum {
	VMS = 8,
	NODES = 4,
	GROUPS = 3,
};

struct world {
	uint64_t random;
	struct hc_arena *arena;
	struct ha_wants wants;
	struct ha_seen seen;
	struct ha_memory memory;
	struct ha_want all[VMS], want[VMS];
	bool wanted[VMS];
	struct ha_group groups[GROUPS];
	struct ha_member members[GROUPS][NODES];
	struct ha_seen_node nodes[NODES];
	struct ha_seen_vm vms[VMS];
	struct ha_asked asked[4];
	struct ha_decision d;
};

static const char *const node_names[NODES] = {"n1", "n2", "n3", "n4"};
static const char *const vm_names[VMS] = {"a", "b", "c", "d", "e", "f", "g", "h"};

static inline uint32_t below(struct world *w, uint32_t n)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return (uint32_t)(w->random >> 33) % n;
}

static inline bool chance(struct world *w, uint32_t of)
{
	return below(w, of) == 0;
}

static inline void new_group(struct world *w, struct ha_group *group)
{
	struct ha_member *members = w->members[group - w->groups];

	*group = (struct ha_group){.name = "group",
				   .v = members,
				   .restricted = chance(w, 3),
				   .nofailback = chance(w, 3)};
	for (size_t i = 0; i < NODES; i++)
		if (!chance(w, 3))
			members[group->n++] =
				(struct ha_member){.node = node_names[i], .priority = below(w, 3)};
}

static inline void new_want(struct world *w, size_t i)
{
	uint32_t group = below(w, GROUPS + 1);

	w->all[i] = (struct ha_want){
		.vm = vm_names[i],
		.group = group < GROUPS ? &w->groups[group] : NULL,
		.wish = (enum hc_ha_wish)below(w, 3),
		.max_restart = below(w, 3),
		.max_relocate = below(w, 3),
		.memory = below(w, 4),
		.pinned = chance(w, 10) ? "its disk is there" : NULL,
		.node = chance(w, 2) ? node_names[below(w, NODES)] : NULL,
	};
	if (chance(w, 2))
		w->all[i].wish = HC_HA_STARTED;
}

static inline void change_node(struct world *w)
{
	struct ha_seen_node *node = &w->nodes[below(w, NODES)];

	switch (below(w, 5)) {
	case 0:
	case 1:
		node->member = chance(w, 2);
		node->storage = node->member && !chance(w, 4);
		break;
	case 2:
		node->leaving = chance(w, 2) ? HA_STAYS : (enum ha_leaving)(1 + below(w, 2));
		break;
	case 3:
		node->shut_out = chance(w, 2);
		break;
	case 4:
		node->room = below(w, 8);
		break;
	}
	node->lost = node->member && node->storage ? 0 : w->seen.now - below(w, 20000);
}

static inline void change_something(struct world *w)
{
	switch (below(w, 12)) {
	case 0:
		new_want(w, below(w, VMS));
		break;
	case 1:
		new_group(w, &w->groups[below(w, GROUPS)]);
		break;
	case 2:
		w->wanted[below(w, VMS)] ^= true;
		break;
	case 3:
		w->seen.disarmed = chance(w, 3);
		break;
	case 4:
		w->seen.maintenance = (struct hc_strings){0};
		if (chance(w, 2))
			hc_strings_add(w->arena, &w->seen.maintenance, node_names[below(w, NODES)]);
		break;
	case 5:
		w->wants.policy.shutdown = (enum hc_ha_shutdown)below(w, 4);
		w->wants.policy.spread = (enum hc_ha_spread)below(w, 2);
		break;
	case 6:
		w->wants.nnode = chance(w, 3) ? NODES - 1 : NODES;
		break;
	case 7:
		if (w->seen.nasked < HC_COUNT(w->asked))
			w->asked[w->seen.nasked++] =
				(struct ha_asked){.vm = vm_names[below(w, VMS)],
						  .word = (enum ha_word)below(w, 2),
						  .node = node_names[below(w, NODES)]};
		break;
	default:
		change_node(w);
	}
}

/* Anything, of this order or an older one. */
static inline void answer_at_random(struct world *w, struct ha_seen_vm *seen)
{
	const struct ha_vm *vm = ha_find_vm(&w->memory, seen->vm);

	if (!vm || !chance(w, 2))
		return;
	seen->order = vm->order - (vm->order && chance(w, 4));
	seen->answer = (enum ha_answer)below(w, 4);
	seen->on = chance(w, 8) ? NULL : chance(w, 4) ? node_names[below(w, NODES)] : vm->node;
	if (seen->answer == HA_DONE && vm->target)
		seen->on = vm->target;
}

/* What a node that works answers. */
static inline void answer_well(struct world *w, struct ha_seen_vm *seen)
{
	const struct ha_vm *vm = ha_find_vm(&w->memory, seen->vm);

	if (!vm)
		return;
	seen->order = vm->order;
	seen->answer = HA_DONE;
	seen->on = vm->target ? vm->target : vm->node;
	if (vm->is == HA_IS_FENCE || vm->is == HA_IS_RECOVERY)
		seen->on = NULL; /* its claim was broken */
}

static inline void gather_wants(struct world *w)
{
	w->wants.n = 0;
	for (size_t i = 0; i < VMS; i++)
		if (w->wanted[i])
			w->want[w->wants.n++] = w->all[i];
}

static inline void begin(struct world *w, uint64_t seed)
{
	*w = (struct world){.random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1,
			    .arena = hc_arena_new()};
	w->wants = (struct ha_wants){.policy.times = {1000, 3000, 5000, 5000, 6000},
				     .v = w->want,
				     .nnode = NODES};
	w->wants.nodes = hc_alloc(w->arena, sizeof(node_names));
	memcpy(w->wants.nodes, node_names, sizeof(node_names));
	w->seen = (struct ha_seen){.now = 1000000,
				   .nodes = w->nodes,
				   .nnode = NODES,
				   .vms = w->vms,
				   .nvm = VMS,
				   .asked = w->asked};
	for (size_t i = 0; i < NODES; i++)
		w->nodes[i] = (struct ha_seen_node){.name = node_names[i],
						    .member = true,
						    .storage = true};
	for (size_t i = 0; i < GROUPS; i++)
		new_group(w, &w->groups[i]);
	for (size_t i = 0; i < VMS; i++) {
		new_want(w, i);
		w->wanted[i] = !chance(w, 4);
		w->vms[i] = (struct ha_seen_vm){.vm = vm_names[i],
						.on = chance(w, 2) ? node_names[below(w, NODES)]
								   : NULL};
	}
}
