/* SPDX-License-Identifier: Apache-2.0 */
/* The steps that only a VM under HA has. All others are those of any VM (vm_plan.c). */

#include <inttypes.h>

#include "ha_follow.h"
#include "migrate.h"
#include "text.h"
#include "vm_home.h"

enum {
	LONG_US = 120000000, /* for one try */
};

static void plan_take_over(struct hc_change *change, struct hc_plan *plan,
			   const struct order *order)
{
	struct hc_step *step =
		hc_step(plan, change, VM_TAKE_OVER, HC_NONE, hc_strdup(plan->arena, order->place),
			"shut %s out of it", order->place);

	step->node = NULL;
	step->deadline_us = LONG_US;
}

/* It is to be made here: what comes before that. */
static bool plan_new(struct hc_call *call, struct hc_change *change, struct hc_plan *plan,
		     const struct order *order)
{
	const struct hc_vm_claim *claim = vm_claim(call, change->name);

	if (claim && claim->state == HC_CLAIM_MIGRATING)
		return false;
	if (order_moves(order)) {
		migrate_plan(call, change, plan);
		return true;
	}
	if (claim && claim->node && !is(claim->node, call->node))
		(void)hc_step(plan, change, VM_TAKE, HC_NONE, NULL, "take it over from %s",
			      claim->node);
	return false;
}

bool vm_ha_plan(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	struct order order;

	if (!change->want || !vm_order(call, change->name, &order) || order.unknown)
		return false;
	if (!change->have)
		return plan_new(call, change, plan, &order);
	if (order_breaks(call, change->name, &order)) {
		plan_take_over(change, plan, &order);
		return true;
	}
	return false;
}

bool vm_ha_stops(const struct hc_call *call, const struct hc_change *change)
{
	struct order order;

	if (!change->want || !vm_order(call, change->name, &order) || !order_is_mine(call, &order))
		return false;
	return order_moves(&order) ||
	       (!order.runs && (order.is == HA_IS_STARTED || order.is == HA_IS_FREEZE));
}

void vm_ha_plan_answer(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	struct order order;
	const char *answer = NULL;

	if (hc_differs(change, struct hc_vm, order) && vm_order(call, change->name, &order))
		answer = vm_ha_answer(call, change->name, change->have, &order);
	if (answer)
		(void)hc_step(plan, change, VM_ANSWER, HC_NONE, hc_strdup(plan->arena, answer),
			      "tell HA of order %" PRIu64 ": %s", order.number, answer);
}
