/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What one set of manifests asks for, as far as a simulation needs it. */

#include <reconciler/ha/ha.h>

/* Times of a scenario over those of the manifests, ms. */
#define ASKS_UNSAID UINT64_MAX
struct asks_profile {
	int name; /* an enum hc_ha_profile, all of its times; -1: the manifests' */
	uint64_t interval, fence_delay, lease, self_fence, storage_delay; /* or ASKS_UNSAID */
};

struct asks {
	struct ha_wants wants; /* also of VMs that are ignored, as if they were disabled */
	bool *ignored;         /* of each of wants.v */
	uint32_t *votes;       /* of each of wants.nodes */
	bool two_node;
};

struct asks *asks_new(struct hc_arena *arena, const struct hc_set *whole,
		      const struct asks_profile *profile);

/* As if no VM's own document said where it begins, so that the rules alone do. */
void asks_begin_by_rules(struct asks *asks);

/* Adds the names of the VMs under HA and of the nodes to what is there. */
void asks_names(struct hc_arena *arena, const struct hc_set *whole, struct hc_strings *vms,
		struct hc_strings *nodes);
