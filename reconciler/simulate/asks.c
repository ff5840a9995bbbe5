/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What manifests ask of high availability, and what else of them a model of nodes needs: their
 * votes, and the VMs that are ignored for the moment, because an event may change that.
 */

#include "asks.h"

#include <string.h>

#include <hcstate/cluster.h>

static const struct hc_ha_resource *resource_spec(const struct hc_resource *r)
{
	return r->spec;
}

/* A copy that may be written to. */
static struct hc_resource *copy_of(struct hc_arena *arena, const struct hc_resource *from)
{
	struct hc_resource *to = hc_new(arena, struct hc_resource);

	*to = *from;
	to->spec = hc_alloc(arena, from->type->size);
	memcpy(to->spec, from->spec, from->type->size);
	return to;
}

static bool is_ignored(const struct hc_resource *r)
{
	return r->type == &hc_ha_resource && resource_spec(r)->state == HC_HA_IGNORED;
}

/* The set with nothing ignored. */
static struct hc_set without_ignored(struct hc_arena *arena, const struct hc_set *whole)
{
	struct hc_set set = *whole;

	set.arena = arena;
	set.v = hc_alloc(arena, whole->n * sizeof(*set.v));
	set.room = whole->n;
	for (size_t i = 0; i < whole->n; i++) {
		set.v[i] = whole->v[i];
		if (!is_ignored(whole->v[i]))
			continue;
		set.v[i] = copy_of(arena, whole->v[i]);
		((struct hc_ha_resource *)set.v[i]->spec)->state = HC_HA_DISABLED;
	}
	return set;
}

static void take_profile(struct ha_times *times, int name)
{
	struct hc_ha_policy policy = {0};

	if (name < 0)
		return;
	hc_ha_times((unsigned)name, &policy);
	*times = (struct ha_times){.interval = policy.interval,
				   .fence_delay = policy.fence_delay,
				   .lease = policy.lease,
				   .self_fence = policy.self_fence,
				   .storage_delay = policy.storage_delay};
}

static void take(uint64_t *time, uint64_t said)
{
	if (said != ASKS_UNSAID)
		*time = said;
}

static void mark_ignored(struct asks *asks, const struct hc_set *whole)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(whole, &hc_ha_resource, &n);

	for (size_t i = 0; i < n; i++) {
		const struct ha_want *want =
			is_ignored(v[i]) ? ha_find_want(&asks->wants, resource_spec(v[i])->vm)
					 : NULL;

		if (want)
			asks->ignored[want - asks->wants.v] = true;
	}
}

static void take_votes(struct asks *asks, const struct hc_set *whole)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(whole, &hc_cluster, &n);

	for (size_t i = 0; i < n; i++)
		asks->two_node |= ((const struct hc_cluster *)v[i]->spec)->two_node;
	for (size_t i = 0; i < asks->wants.nnode; i++) {
		const struct hc_resource *node =
			hc_find(whole, &hc_node, NULL, asks->wants.nodes[i]);

		asks->votes[i] = node ? ((const struct hc_node *)node->spec)->quorum_votes : 0;
	}
}

struct asks *asks_new(struct hc_arena *arena, const struct hc_set *whole,
		      const struct asks_profile *profile)
{
	struct asks *asks = hc_new(arena, struct asks);
	struct hc_set set = without_ignored(arena, whole);
	struct ha_times *times = &asks->wants.policy.times;

	ha_wants(arena, &set, &asks->wants);
	take_profile(times, profile->name);
	take(&times->interval, profile->interval);
	take(&times->fence_delay, profile->fence_delay);
	take(&times->lease, profile->lease);
	take(&times->self_fence, profile->self_fence);
	take(&times->storage_delay, profile->storage_delay);
	asks->ignored = hc_alloc(arena, (asks->wants.n + 1) * sizeof(*asks->ignored));
	asks->votes = hc_alloc(arena, (asks->wants.nnode + 1) * sizeof(*asks->votes));
	mark_ignored(asks, whole);
	take_votes(asks, whole);
	return asks;
}

void asks_begin_by_rules(struct asks *asks)
{
	for (size_t i = 0; i < asks->wants.n; i++)
		asks->wants.v[i].node = NULL;
}

void asks_names(struct hc_arena *arena, const struct hc_set *whole, struct hc_strings *vms,
		struct hc_strings *nodes)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(whole, &hc_ha_resource, &n);

	for (size_t i = 0; i < n; i++)
		if (resource_spec(v[i])->vm)
			hc_strings_add(arena, vms, resource_spec(v[i])->vm);
	v = hc_of_type(whole, &hc_node, &n);
	for (size_t i = 0; i < n; i++)
		hc_strings_add(arena, nodes, v[i]->name);
}
