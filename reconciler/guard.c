/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may not be done, whatever a provider says. These rules protect from a manifest that lost its
 * half on the way, from a slip of the hand, and from a provider with a fault:
 * - too many removals of one kind at once refuse the whole plan;
 * - what loses data waits for the operator's word for that very object;
 * - what stands on a refused change is refused with it.
 */

#include <inttypes.h>

#include "planner.h"

static uint64_t count_removals(const struct hc_plan *plan, const struct hc_type *type)
{
	uint64_t n = 0;

	for (size_t i = 0; i < plan->n; i++)
		if (plan->change[i]->type == type && plan->change[i]->action == HC_REMOVE)
			n += !plan->change[i]->implied;
	return n;
}

static void limit_removals(struct hc_plan *plan, const struct hc_aim *aim,
			   const struct hc_state *live, const struct hc_type *type)
{
	uint64_t removals = count_removals(plan, type), limit;
	size_t there;

	(void)hc_of_type(&live->found, type, &there);
	limit = there / 10 > 1 ? there / 10 : 1;
	if (aim->allow_removals != UINT64_MAX)
		limit = aim->allow_removals;
	if (removals > limit && !plan->refused)
		plan->refused =
			hc_printf(plan->arena,
				  "it would remove %" PRIu64 " of %zu %s resources, more than "
				  "the %" PRIu64 " that are allowed: --allow-removals %" PRIu64
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
	if (!change->refused)
		change->refused = hc_printf(plan->arena, "%s: --approve %s if that is meant",
					    change->impact == HC_DATA_LOSS ? "data would be lost"
									   : "it needs approval",
					    object);
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

		for (size_t a = 0; !change->refused && a < change->nafter; a++) {
			if (!needs(change->after[a]))
				continue;
			change->refused = hc_printf(plan->arena, "%s comes first and is refused",
						    hc_change_text(plan->arena, change->after[a]));
			any = true;
		}
	}
	return any;
}

void hc_guard(struct hc_plan *plan, const struct hc_aim *aim, const struct hc_state *live,
	      const struct hc_registry *registry)
{
	for (size_t i = 0; i < registry->ntype; i++)
		limit_removals(plan, aim, live, registry->types[i]);
	for (size_t i = 0; i < plan->n; i++)
		ask_approval(plan, aim, plan->change[i]);
	while (refuse_dependents(plan))
		;
}
