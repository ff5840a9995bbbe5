/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* From a comparison to a plan: a pure function of what should be, what is, and what the operator
 * allowed. */

#include <hcstate/provider.h>

#include "diff.h"
#include "registry.h"

/* What is wanted of this run, and what the operator allowed. */
struct hc_aim {
	const char *node;                 /* this machine */
	bool member;                      /* the manifests have a Node of that name */
	const struct hc_set *desired;     /* all kinds; of the node-scoped ones, this node's */
	const struct hc_set *whole;       /* what the manifests say of all nodes */
	struct hc_strings approved;       /* --approve */
	uint64_t allow_removals;          /* --allow-removals; UINT64_MAX: not given */
	const struct hc_secrets *secrets; /* NULL: none can be opened */
	/* The agent's policy: what else is held back, *why in the arena. NULL: nothing. Pure. */
	enum hc_hold (*hold)(void *arg, struct hc_arena *arena, const struct hc_change *change,
			     const char **why);
	void *hold_arg;
};

/*
 * Makes the plan. Changes that may not be done are in it, with the reason. *plan lives in the
 * arena. Never fails: what a provider cannot plan is a refused change.
 */
void hc_plan(const struct hc_aim *aim, const struct hc_registry *registry,
	     const struct hc_state *live, struct hc_diff *diff, struct hc_arena *arena,
	     struct hc_plan **plan);

/* order.c: what comes first among the changes; then, all steps known, among the steps. */
void hc_order_changes(struct hc_plan *plan, const struct hc_registry *registry);
void hc_order_steps(struct hc_plan *plan);
/* Whether things of the type have such children, or children that have. */
bool hc_holds(const struct hc_type *type, const struct hc_type *item);

/* guard.c: what may not be done. */
void hc_guard(struct hc_plan *plan, const struct hc_aim *aim, const struct hc_diff *diff,
	      const struct hc_registry *registry);
