/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may not be done, whatever a provider says. These rules protect from a manifest that lost its
 * half on the way, from a slip of the hand, and from a provider with a fault:
 * - too many removals of one kind at once, not approved one by one, refuse the whole plan;
 * - what loses data waits for the operator's word for that very object;
 * - what stands on a refused change is refused with it.
 */

#include <inttypes.h>
#include <string.h>

#include "planner.h"

/* What a child is, without its parent: "10.0.0.1/24" of "vmbr0/10.0.0.1/24". */
static const char *child_key(const struct hc_change *change)
{
	const char *slash = strchr(change->name, '/');

	return slash ? slash + 1 : change->name;
}

/* A child that goes from one parent to another is moved, not removed. */
static bool moves(const struct hc_plan *plan, const struct hc_change *removal)
{
	for (size_t i = 0; removal->type->from == HC_CHILD && i < plan->n; i++) {
		const struct hc_change *change = plan->change[i];

		if (change->type == removal->type && change->action == HC_CREATE &&
		    !strcmp(child_key(change), child_key(removal)))
			return true;
	}
	return false;
}

/* The operator named this very object: that is no slip. */
static bool is_meant(const struct hc_plan *plan, const struct hc_aim *aim,
		     const struct hc_change *change)
{
	const struct hc_call call = {.approved = &aim->approved};

	return hc_approved(&call, hc_change_text(plan->arena, change));
}

static uint64_t count_removals(const struct hc_plan *plan, const struct hc_aim *aim,
			       const struct hc_type *type)
{
	uint64_t n = 0;

	for (size_t i = 0; i < plan->n; i++) {
		const struct hc_change *change = plan->change[i];

		if (change->type != type || change->action != HC_REMOVE || change->implied)
			continue;
		/* Of a process that stays the last ones must not slip through behind others that
		 * were approved. */
		n += !moves(plan, change) && (aim->hold || !is_meant(plan, aim, change));
	}
	return n;
}

/* What of the type is there and is ours; the more others have, the less it means. */
static uint64_t count_managed(const struct hc_diff *diff, const struct hc_type *type)
{
	uint64_t n = 0;

	for (size_t i = 0; i < diff->n; i++)
		n += diff->v[i].have && diff->v[i].have->type == type &&
		     diff->v[i].verdict != HC_UNMANAGED;
	return n;
}

/* Of a process that stays nobody waits for a plan to go through as a whole: the removals wait for a
 * person, all else goes on. */
static void hold_removals(struct hc_plan *plan, const struct hc_aim *aim,
			  const struct hc_type *type, uint64_t removals, uint64_t there)
{
	for (size_t i = 0; i < plan->n; i++) {
		struct hc_change *change = plan->change[i];

		if (change->type != type || change->action != HC_REMOVE || change->refused ||
		    change->going || change->implied || moves(plan, change) ||
		    is_meant(plan, aim, change))
			continue;
		change->hold = HC_HOLD_APPROVAL;
		change->refused =
			hc_printf(plan->arena,
				  "%" PRIu64 " of %" PRIu64
				  " %s resources would go at once: it waits for approval "
				  "(hcstate approve %s)",
				  removals, there, type->name, hc_change_text(plan->arena, change));
	}
}

static void limit_removals(struct hc_plan *plan, const struct hc_aim *aim,
			   const struct hc_diff *diff, const struct hc_type *type)
{
	uint64_t removals = count_removals(plan, aim, type), there, limit;

	if (!removals || plan->refused)
		return;
	there = count_managed(diff, type);
	limit = there / 10 > 1 ? there / 10 : 1;
	if (aim->allow_removals != UINT64_MAX)
		limit = aim->allow_removals;
	if (removals <= limit)
		return;
	if (aim->hold)
		hold_removals(plan, aim, type, removals, there);
	else
		plan->refused = hc_printf(plan->arena,
					  "it would remove %" PRIu64 " of %" PRIu64
					  " %s resources, more than the %" PRIu64
					  " that are allowed: --allow-removals %" PRIu64
					  " if that is meant",
					  removals, there, type->name, limit, removals);
}

static void ask_approval(struct hc_plan *plan, const struct hc_aim *aim, struct hc_change *change)
{
	const char *object = hc_change_text(plan->arena, change);
	const struct hc_call call = {.approved = &aim->approved};

	if (change->impact == HC_DATA_LOSS)
		change->needs_approval = true;
	if (!change->needs_approval || hc_approved(&call, object))
		return;
	change->hold = HC_HOLD_APPROVAL;
	if (!change->refused)
		change->refused = hc_printf(plan->arena, "%s: --approve %s if that is meant",
					    change->impact == HC_DATA_LOSS ? "data would be lost"
									   : "it needs approval",
					    object);
}

/* What the policy holds back; it comes last, for what is refused is refused whatever it says. */
static void ask_policy(struct hc_plan *plan, const struct hc_aim *aim, struct hc_change *change)
{
	bool waits = change->hold == HC_HOLD_APPROVAL;
	const char *why = NULL;
	enum hc_hold hold;

	if ((change->refused && !waits) || !aim->hold)
		return;
	hold = aim->hold(aim->hold_arg, plan->arena, change, &why);
	/* Nobody is asked to approve what would not be done all the same. */
	if (hold == HC_GO || (waits && hold != HC_HOLD_SUSPENDED && hold != HC_HOLD_REPORT))
		return;
	change->hold = hold;
	change->refused = why;
}

/* What is made on something that is not made, or removed before something that stays. */
static bool needs(const struct hc_change *first)
{
	return first->refused && first->action != HC_UPDATE;
}

/* Gives whether it refused something. */
static bool refuse_dependents(struct hc_plan *plan)
{
	bool any = false;

	for (size_t i = 0; i < plan->n; i++) {
		struct hc_change *change = plan->change[i];

		for (size_t a = 0; !change->going && !change->refused && a < change->nafter; a++) {
			if (!needs(change->after[a]))
				continue;
			change->hold = change->after[a]->hold;
			change->refused =
				hc_printf(plan->arena, "%s comes first and is %s",
					  hc_change_text(plan->arena, change->after[a]),
					  change->hold == HC_GO ? "refused" : "held back");
			any = true;
		}
	}
	return any;
}

/* The removal that this one is a part of, when that does not happen: NULL: none, or it does. */
static const struct hc_change *stays_with(const struct hc_plan *plan, const struct hc_change *part)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct hc_change *whole = plan->change[i];

		if (whole->action != HC_REMOVE || !whole->refused)
			continue;
		for (size_t a = 0; a < whole->nafter; a++)
			if (whole->after[a] == part &&
			    !strncmp(part->name, whole->name, strlen(whole->name)) &&
			    part->name[strlen(whole->name)] == '/')
				return whole;
	}
	return NULL;
}

/* A bridge that stays keeps its addresses. */
static void refuse_parts(struct hc_plan *plan, const struct hc_aim *aim)
{
	for (size_t i = 0; i < plan->n; i++) {
		struct hc_change *change = plan->change[i];
		const struct hc_change *whole;

		if (!change->implied || change->going || change->refused || moves(plan, change) ||
		    is_meant(plan, aim, change))
			continue;
		whole = stays_with(plan, change);
		if (!whole)
			continue;
		change->hold = whole->hold;
		change->refused = hc_printf(plan->arena, "%s is %s, and it with that",
					    hc_change_text(plan->arena, whole),
					    change->hold == HC_GO ? "refused" : "held back");
	}
}

void hc_guard(struct hc_plan *plan, const struct hc_aim *aim, const struct hc_diff *diff,
	      const struct hc_registry *registry)
{
	for (size_t i = 0; i < registry->ntype; i++)
		limit_removals(plan, aim, diff, registry->types[i]);
	for (size_t i = 0; i < plan->n; i++) {
		if (plan->change[i]->going)
			continue; /* it has begun: nobody is asked any more */
		ask_approval(plan, aim, plan->change[i]);
		ask_policy(plan, aim, plan->change[i]);
	}
	do
		refuse_parts(plan, aim);
	while (refuse_dependents(plan));
}
