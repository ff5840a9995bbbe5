/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A cluster of three nodes with VMs under HA, as a reading of HA's provider leaves it: manifests, a
 * memory, beats, a membership, and claims. A test changes one of them and asks what is planned.
 */

#include "providers/ha/self.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include <hcstate/cluster.h>
#include <hcstate/vm.h>
#include <reconciler/ha/memory_json.h>

#define NOW UINT64_C(1000000000) /* ms */
#define US UINT64_C(1000)

struct scene {
	struct hc_arena *arena;
	struct hc_set whole, desired;
	struct hc_state live;
	struct hc_peer peer[3];
	struct hc_peers peers;
	struct hc_strings approved;
	struct hc_call call;
	struct sight *sight;
	struct beat_entry beat[3];
};

static const char *const scene_nodes[] = {"pve1", "pve2", "pve3"};

static inline void scene_vm(struct scene *s, const char *name)
{
	struct hc_vm *vm = hc_resource_new(&s->whole, &hc_vm, NULL, name)->spec;
	struct hc_resource *r = hc_resource_new(&s->whole, &hc_ha_resource, NULL, name);
	struct hc_ha_resource *resource = r->spec;

	vm->node = "pve1";
	vm->memory = 1 << 30;
	resource->vm = hc_strdup(s->arena, name);
	resource->max_restart = resource->max_relocate = 1;
	hc_set_field(r, struct hc_ha_resource, vm);
}

static inline struct hc_vm_claim *scene_claim(struct scene *s, const char *vm, const char *node,
					      enum hc_claim_state state)
{
	struct hc_resource *r = hc_resource_new(&s->live.found, &hc_vm_claim, NULL, vm);
	struct hc_vm_claim *claim = r->spec;

	claim->node = node;
	claim->state = state;
	hc_set_sort(&s->live.found);
	return claim;
}

static inline void scene_memory(struct scene *s, const struct ha_vm *vms, size_t n)
{
	struct ha_memory *memory = &s->sight->memory;

	memory->nodes = hc_alloc(s->arena, 3 * sizeof(*memory->nodes));
	memory->nnode = 3;
	for (size_t i = 0; i < 3; i++)
		memory->nodes[i] = (struct ha_node){.name = scene_nodes[i], .since = NOW - 100000};
	memory->vms = hc_alloc(s->arena, (n + 1) * sizeof(*memory->vms));
	memory->nvm = n;
	if (n)
		memcpy(memory->vms, vms, n * sizeof(*vms));
	s->sight->state = (struct record){.epoch = 7, .nonce = "seven"};
	s->sight->state.text = ha_memory_write(s->arena, memory);
	s->sight->state.size = strlen(s->sight->state.text);
}

static inline void scene_show(struct scene *s)
{
	struct hc_resource *evidence = hc_resource_new(&s->live.found, &ha_sight, NULL, "ha");

	((struct evidence *)evidence->spec)->sight = s->sight;
	ha_show(&s->call, s->sight, &s->live);
	hc_set_sort(&s->live.found);
}

/* The manifests' part is complete: what a look has is made of it. */
static inline void scene_ready(struct scene *s)
{
	hc_set_sort(&s->whole);
	for (size_t i = 0; i < s->whole.n; i++) {
		const struct hc_resource *r = s->whole.v[i];
		struct hc_resource *copy = hc_resource_new(&s->desired, r->type, r->node, r->name);

		memcpy(copy->spec, r->spec, r->type->size);
		copy->set = r->set;
	}
	assert_int_equal(ha_derive(&s->call, &s->desired), 0);
	hc_set_sort(&s->desired);
	ha_wants(s->arena, &s->whole, &s->sight->wants);
	ha_hear_answers(&s->call, s->sight);
	scene_show(s);
}

/* `corosync`: the manifests have it */
static inline struct scene *scene_new(bool corosync)
{
	struct hc_arena *arena = hc_arena_new();
	struct scene *s = hc_new(arena, struct scene);
	const uint32_t ids[] = {1, 2, 3};

	s->arena = s->whole.arena = s->desired.arena = s->live.found.arena = arena;
	if (corosync)
		(void)hc_resource_new(&s->whole, &hc_cluster, NULL, "c");
	for (uint32_t i = 0; i < 3; i++) {
		struct hc_node *node =
			hc_resource_new(&s->whole, &hc_node, NULL, scene_nodes[i])->spec;

		node->id = i + 1;
		s->peer[i] = (struct hc_peer){.node = scene_nodes[i], .nodeid = i + 1};
		s->beat[i] = (struct beat_entry){.word.seq = 5, .heard = 900 * 1000 * US};
		(void)strcpy(s->beat[i].node, scene_nodes[i]); /* NOLINT: it is short */
	}
	s->peers = (struct hc_peers){.joined = true, .quorate = true, .v = s->peer, .n = 3};
	s->call = (struct hc_call){
		.arena = arena,
		.node = "pve1",
		.member = true,
		.diags = {.arena = arena},
		.desired = &s->desired,
		.whole = &s->whole,
		.live = &s->live,
		.approved = &s->approved,
		.peers = &s->peers,
	};
	s->sight = hc_new(arena, struct sight);
	*s->sight = (struct sight){
		.arena = arena,
		.number = 1,
		.now = NOW,
		.began = 900 * 1000 * US,
		.state = {.text = ""},
		.words = {.text = ""},
		.beats = {.v = s->beat,
			  .n = 3,
			  .listens = 1,
			  .last = 900 * 1000 * US,
			  .period = 1000 * US},
		.leader = "pve1",
	};
	(void)sighting_take(&s->sight->view, true, ids, 3, 1);
	return s;
}

static inline void scene_end(struct scene *s)
{
	(void)hc_arena_free(s->arena);
}

/* The change of a resource as the core would find it, adjusted; NULL: nothing is left of it. */
static inline struct hc_change *scene_adjust(struct scene *s, const struct hc_type *type,
					     const char *name)
{
	struct hc_change *change = hc_new(s->arena, struct hc_change);
	struct hc_resource *want = hc_find(&s->desired, type, NULL, name);
	struct hc_resource *have = hc_find(&s->live.found, type, NULL, name);

	assert_non_null(want);
	*change = (struct hc_change){.action = have ? HC_UPDATE : HC_CREATE,
				     .type = type,
				     .name = name,
				     .want = want,
				     .have = have,
				     .differs = UINT64_C(1) << hc_field_index(type, "settled")};
	assert_int_equal(ha_adjust(&s->call, change), 0);
	return change->have && !change->differs ? NULL : change;
}

static inline struct ha_vm scene_running(const char *vm, const char *node)
{
	return (struct ha_vm){
		.vm = vm, .is = HA_IS_STARTED, .node = node, .since = NOW - 50000, .order = 3};
}

/* web1 runs on pve3, and all are there. */
static inline struct scene *scene_usual(void)
{
	struct scene *s = scene_new(true);
	const struct ha_vm web1 = scene_running("web1", "pve3");

	scene_vm(s, "web1");
	scene_memory(s, &web1, 1);
	scene_claim(s, "web1", "pve3", HC_CLAIM_RUNNING);
	return s;
}

/* pve3 is gone, since so many ms. */
static inline void scene_lose(struct scene *s, uint64_t ago)
{
	const uint32_t ids[] = {1, 2};

	(void)sighting_take(&s->sight->view, true, ids, 2, s->sight->began - ago * US);
}

/* What the change would make of the field, in words; NULL: nothing. */
static inline const char *scene_field(struct hc_arena *arena, const struct hc_change *change,
				      const char *name)
{
	int i = hc_field_index(change->type, name);

	assert_true(i >= 0);
	if (!(change->differs >> i & 1))
		return NULL;
	return hc_value_text(arena, &change->type->fields[i],
			     (const char *)change->want->spec + change->type->fields[i].offset);
}
