/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the manifests ask of HA, in the form that a decision is made of. The lists are sorted, so
 * that the same manifests give the same decision whatever order they were written in.
 */

#include "ha.h"

#include <stdlib.h>
#include <string.h>

#include <hcstate/cluster.h>
#include <hcstate/vm.h>

static void take_policy(const struct hc_set *whole, struct ha_policy *to)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(whole, &hc_ha_policy, &n);
	struct hc_ha_policy policy = {.shutdown_policy = HC_HA_CONDITIONAL, .spread = HC_HA_COUNT};

	hc_ha_times(HC_HA_FAST, &policy);
	if (n)
		policy = *(const struct hc_ha_policy *)v[0]->spec;
	if (!policy.interval) /* told by somebody without its times */
		hc_ha_times(policy.profile, &policy);
	*to = (struct ha_policy){
		.times = {.interval = policy.interval,
			  .fence_delay = policy.fence_delay,
			  .lease = policy.lease,
			  .self_fence = policy.self_fence,
			  .storage_delay = policy.storage_delay},
		.shutdown = policy.shutdown_policy,
		.spread = policy.spread,
	};
}

static void take_nodes(struct hc_arena *arena, const struct hc_set *whole, struct ha_wants *wants)
{
	struct hc_resource *const *v = hc_of_type(whole, &hc_node, &wants->nnode);

	wants->nodes = hc_alloc(arena, wants->nnode * sizeof(*wants->nodes));
	for (size_t i = 0; i < wants->nnode; i++)
		wants->nodes[i] = v[i]->name;
}

/* Its nodes are named GROUP/NODE and lie together. */
static void take_members(struct hc_arena *arena, const struct hc_set *whole, struct ha_group *group)
{
	const char *prefix = hc_printf(arena, "%s/", group->name);
	size_t n, size = strlen(prefix);
	struct hc_resource *const *v = hc_of_type(whole, &hc_ha_member, &n);

	group->v = hc_alloc(arena, n * sizeof(*group->v));
	for (size_t i = 0; i < n; i++)
		if (!strncmp(v[i]->name, prefix, size))
			group->v[group->n++] = (struct ha_member){
				.node = v[i]->name + size,
				.priority = ((const struct hc_ha_member *)v[i]->spec)->priority,
			};
}

/* All groups, sorted by name; *n of them. */
static struct ha_group *take_groups(struct hc_arena *arena, const struct hc_set *whole, size_t *n)
{
	struct hc_resource *const *v = hc_of_type(whole, &hc_ha_group, n);
	struct ha_group *groups = hc_alloc(arena, *n * sizeof(*groups));

	for (size_t i = 0; i < *n; i++) {
		const struct hc_ha_group *group = v[i]->spec;

		groups[i] = (struct ha_group){.name = v[i]->name,
					      .restricted = group->restricted,
					      .nofailback = group->nofailback};
		take_members(arena, whole, &groups[i]);
	}
	return groups;
}

static int by_name(const void *name, const void *group)
{
	return strcmp(name, ((const struct ha_group *)group)->name);
}

static int by_vm(const void *a, const void *b)
{
	return strcmp(((const struct ha_want *)a)->vm, ((const struct ha_want *)b)->vm);
}

static struct ha_want want_of(struct hc_arena *arena, const struct hc_set *whole,
			      const struct hc_ha_resource *resource, const struct ha_group *groups,
			      size_t ngroup)
{
	const struct hc_resource *r = hc_find(whole, &hc_vm, NULL, resource->vm);
	const struct hc_vm *vm = r ? r->spec : NULL;

	return (struct ha_want){
		.vm = resource->vm,
		.node = vm ? vm->node : NULL,
		.group = resource->group && ngroup ? bsearch(resource->group, groups, ngroup,
							     sizeof(*groups), by_name)
						   : NULL,
		.wish = resource->state,
		.max_restart = resource->max_restart,
		.max_relocate = resource->max_relocate,
		.memory = vm ? vm->memory : 0,
		.pinned = r ? hc_ha_pinned(arena, whole, r) : NULL,
	};
}

void ha_wants(struct hc_arena *arena, const struct hc_set *whole, struct ha_wants *wants)
{
	size_t n, ngroup;
	struct hc_resource *const *v = hc_of_type(whole, &hc_ha_resource, &n);
	const struct ha_group *groups = take_groups(arena, whole, &ngroup);

	*wants = (struct ha_wants){.v = hc_alloc(arena, n * sizeof(*wants->v))};
	take_policy(whole, &wants->policy);
	take_nodes(arena, whole, wants);
	for (size_t i = 0; i < n; i++) {
		const struct hc_ha_resource *resource = v[i]->spec;

		if (resource->vm && resource->state != HC_HA_IGNORED)
			wants->v[wants->n++] = want_of(arena, whole, resource, groups, ngroup);
	}
	if (wants->n)
		qsort(wants->v, wants->n, sizeof(*wants->v), by_vm);
}
