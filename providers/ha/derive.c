/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What follows from HaResources: a HaPolicy where none is written, a HaNode for each node, and that
 * all of them shall be settled. What is read never says that it is settled: so each of them comes
 * before adjust() in every look, where it is decided.
 */

#include <hcstate/cluster.h>

#include "self.h"

static void settle(const struct hc_set *desired, const struct hc_type *type, size_t member,
		   bool (*fits)(const struct hc_resource *))
{
	for (size_t i = 0; i < desired->n; i++) {
		struct hc_resource *r = desired->v[i];

		if (r->type != type || (fits && !fits(r)))
			continue;
		*(bool *)(void *)((char *)r->spec + member) = true;
		hc_mark(r, member);
	}
}

static bool is_asked(const struct hc_resource *r)
{
	const struct hc_ha_resource *resource = r->spec;

	return resource->vm && resource->state != HC_HA_IGNORED;
}

static void add_policy(struct hc_set *desired)
{
	/* as if they were written, so that who asks for what is desired is told them */
	static const size_t said[] = {
		offsetof(struct hc_ha_policy, profile),
		offsetof(struct hc_ha_policy, interval),
		offsetof(struct hc_ha_policy, fence_delay),
		offsetof(struct hc_ha_policy, lease),
		offsetof(struct hc_ha_policy, self_fence),
		offsetof(struct hc_ha_policy, storage_delay),
	};
	struct hc_resource *policy = hc_resource_new(desired, &hc_ha_policy, NULL, "ha");

	hc_ha_times(HC_HA_FAST, policy->spec);
	for (size_t i = 0; i < HC_COUNT(said); i++)
		hc_mark(policy, said[i]);
}

static void add_nodes(struct hc_call *call, struct hc_set *desired)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(call->whole, &hc_node, &n);

	for (size_t i = 0; i < n; i++)
		hc_resource_new(desired, &hc_ha_node, NULL, v[i]->name)->place = v[i]->place;
}

int ha_derive(struct hc_call *call, struct hc_set *desired)
{
	size_t n, npolicy;

	(void)hc_of_type(call->whole, &hc_ha_resource, &n);
	(void)hc_of_type(call->whole, &hc_ha_policy, &npolicy);
	if (n && !npolicy)
		add_policy(desired);
	if (n)
		add_nodes(call, desired);
	settle(desired, &hc_ha_policy, offsetof(struct hc_ha_policy, settled), NULL);
	settle(desired, &hc_ha_node, offsetof(struct hc_ha_node, settled), NULL);
	settle(desired, &hc_ha_resource, offsetof(struct hc_ha_resource, settled), is_asked);
	return 0;
}
