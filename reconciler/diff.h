/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What should be beside what is. */

#include <hcstate/plan.h>

struct hc_registry;
struct hc_inventory;

/* One resource, on either side or on both. */
struct hc_finding {
	const struct hc_resource *want, *have; /* at least one */
	enum hc_verdict {
		HC_SAME,
		HC_DIFFERENT,  /* to be created, changed or removed: see differs */
		HC_UNMANAGED,  /* it is there, nobody asked for it, and hcstate did not make it */
		HC_UNREADABLE, /* nobody can tell: see why */
		HC_KEPT,       /* nobody asked for it, and yet it stays: see why. Set by the plan */
	} verdict;
	uint64_t differs;         /* both: bit i: field i is wanted and is not so */
	const char *why;          /* HC_UNREADABLE, HC_KEPT; HC_SAME: why that is not sure */
	struct hc_change *change; /* set by the plan: what it does about it */
	/* A step of an earlier look's change of it has not come to its end: it is HC_DIFFERENT,
	 * whatever is seen. NULL: there is none. */
	const struct hc_step *going;
};

struct hc_diff {
	struct hc_arena *arena;
	/* In: this machine, and all that the manifests name (NULL: nobody). What is on another of
	 * them is found there: it is that node's business. */
	const char *node;
	const struct hc_strings *nodes;
	/* ... and the steps of earlier looks that have not come to an end. */
	const struct hc_step *const *going;
	size_t ngoing;

	struct hc_finding *v; /* in the order of the sets */
	size_t n, room;
	bool complete; /* no desired resource was HC_UNREADABLE */
};

/* Whether it was seen on another node that the manifests name, and so is that node's business. */
bool hc_is_elsewhere(const struct hc_diff *diff, const struct hc_resource *have);

/* Both sets are sorted; what `made` knows may be removed. Touches nothing. */
void hc_diff(struct hc_diff *diff, const struct hc_set *desired, const struct hc_state *live,
	     const struct hc_registry *registry, const struct hc_inventory *made);
