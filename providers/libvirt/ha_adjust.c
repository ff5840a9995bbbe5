/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What HA's order makes of a change. The VM as it is asked for becomes a copy in which `running`
 * and `node` are what the order says, and from there on it is planned as any other VM: started,
 * shut down, moved, handed over. What the manifests say of both counts no more.
 *
 * The order is carried out by the node that it is for. Whoever else has the VM, by its claim, looks
 * after its other fields and leaves it running or off as it is; HA hears where it is by the answer
 * "elsewhere" and gives another order.
 */

#include <inttypes.h>
#include <string.h>

#include "ha_follow.h"
#include "text.h"
#include "vm_home.h"

#define BIT(member) hc_field_bit(&hc_vm, offsetof(struct hc_vm, member))

static struct hc_resource *copy_of(struct hc_arena *arena, const struct hc_resource *r)
{
	struct hc_resource *copy = hc_new(arena, struct hc_resource);

	*copy = *r;
	copy->spec = hc_new(arena, struct hc_vm);
	*(struct hc_vm *)copy->spec = *(const struct hc_vm *)r->spec;
	return copy;
}

static struct hc_vm *vm_of(const struct hc_resource *want)
{
	return want->spec;
}

/* NULL: wherever it is. */
static void set_node(struct hc_resource *want, const char *node)
{
	vm_of(want)->node = node;
	want->set &= ~BIT(node);
	if (node)
		want->set |= BIT(node);
}

static bool has_running(const struct hc_resource *have)
{
	return have && hc_has_field(have, struct hc_vm, running);
}

static bool runs(const struct hc_resource *have)
{
	return has_running(have) && ((const struct hc_vm *)have->spec)->running;
}

/* One that stands still is neither. */
static bool is_off(const struct hc_resource *have)
{
	return has_running(have) && !runs(have) &&
	       !is(((const struct hc_vm *)have->spec)->state, "paused");
}

static bool is_moving(const struct hc_vm_claim *claim)
{
	return claim && claim->state == HC_CLAIM_MIGRATING;
}

/* What became of an order that is no move. */
static const char *answer_here(const struct hc_resource *have, bool is_free,
			       const struct order *order)
{
	switch (order->is) {
	case HA_IS_STARTED:
		return order->runs && !is_free && runs(have) ? "done" : NULL;
	case HA_IS_STOPPED:
	case HA_IS_REQUEST_STOP:
		return is_free && !runs(have) ? "done" : NULL;
	case HA_IS_MIGRATE:
	case HA_IS_RELOCATE:
	case HA_IS_FENCE:
	case HA_IS_RECOVERY:
	case HA_IS_FREEZE:
	case HA_IS_ERROR:
		return NULL;
	}
	return NULL;
}

const char *vm_ha_answer(struct hc_call *call, const char *vm, const struct hc_resource *have,
			 const struct order *order)
{
	const struct hc_vm_claim *claim = vm_claim(call, vm);
	bool is_free = !claim || claim->state == HC_CLAIM_FREE;

	if (!order_is_mine(call, order) || is_moving(claim) ||
	    (claim && claim->state == HC_CLAIM_FENCING))
		return NULL;
	if (order_moves(order) && claim && is(claim->node, order->target))
		return "done";
	if (!is_free && !is(claim->node, call->node))
		return hc_printf(call->arena, "elsewhere %s", claim->node);
	return answer_here(have, is_free, order);
}

static void say_why(struct hc_call *call, struct hc_change *change, const struct order *order)
{
	change->reason =
		hc_printf(call->arena, "HA: %s on %s, order %" PRIu64 "%s", ha_words[order->is],
			  order->place, order->number,
			  order->is == HA_IS_ERROR ? ", which lets go on what stands still" : "");
}

static void ask_running(struct hc_change *change, struct hc_resource *want, bool running)
{
	vm_of(want)->running = running;
	if (running ? !runs(change->have) : !is_off(change->have))
		change->differs |= BIT(running);
}

/* What is off, or has to be, is handed over. */
static void ask_move(struct hc_change *change, struct hc_resource *want, const struct order *order)
{
	ask_running(change, want, order->is == HA_IS_MIGRATE && !is_off(change->have));
	set_node(want, order->target);
	change->differs |= BIT(node);
}

/* HA has given it up and not ended it. It was suspended when this node had no contact, as all that
 * others may come to have, and nobody did. */
static void let_go_on(struct hc_call *call, struct hc_change *change, struct hc_resource *want)
{
	const struct hc_vm_claim *claim = vm_claim(call, change->name);
	const struct hc_vm *have = change->have->spec;

	if (claim && claim->state == HC_CLAIM_RUNNING && is(claim->node, call->node) &&
	    is(have->state, "paused"))
		ask_running(change, want, true);
}

/* Of the VM that is here: where it is to be, and whether it is to run. */
static void ask(struct hc_call *call, struct hc_change *change, struct hc_resource *want,
		const struct order *order)
{
	switch (order->is) {
	case HA_IS_STARTED:
		ask_running(change, want, order->runs);
		break;
	case HA_IS_STOPPED:
	case HA_IS_REQUEST_STOP:
		ask_running(change, want, false);
		break;
	case HA_IS_MIGRATE:
	case HA_IS_RELOCATE:
		ask_move(change, want, order);
		break;
	case HA_IS_FREEZE: /* its node goes down, and may want it to go down in order before */
		if (!order->runs)
			ask_running(change, want, false);
		break;
	case HA_IS_ERROR:
		let_go_on(call, change, want);
		break;
	case HA_IS_FENCE:
	case HA_IS_RECOVERY:
		break;
	}
}

static void refuse_unknown(struct hc_call *call, struct hc_change *change,
			   const struct order *order)
{
	if (change->refused)
		return;
	change->refused = hc_printf(call->arena, "HA's decision is not known: %s", order->unknown);
	change->blind = true;
}

static void adjust_home(struct hc_call *call, struct hc_change *change, struct hc_resource *want,
			const struct order *order)
{
	uint64_t running = change->differs & BIT(running);

	hc_agree(change, struct hc_vm, running);
	vm_of(want)->running = runs(change->have);
	vm_adjust_fields(call, change);
	if (order_is_mine(call, order) && !change->refused)
		ask(call, change, want, order);
	if (!order->unknown || !running || change->differs)
		return;
	/* what else differs has nothing to do with HA, and would not be done for that */
	change->differs = running;
	vm_of(want)->running = !vm_of(want)->running;
	refuse_unknown(call, change, order);
}

/* It is to be here, and is not: made, or taken from a node that does not run it. */
static void adjust_new(struct hc_call *call, struct hc_change *change, struct hc_resource *want,
		       const struct order *order)
{
	change->action = HC_CREATE;
	change->have = NULL;
	change->differs = 0;
	if (!order->unknown) {
		vm_of(want)->running = order->runs && !order_moves(order);
		set_node(want, order->target);
	}
	vm_adjust_new(call, change);
	if (order->unknown && !is_moving(vm_claim(call, change->name)))
		refuse_unknown(call, change, order);
}

/* Whether a VM that is not here is to be made here. */
static bool makes(const struct hc_call *call, const struct order *order)
{
	switch (order->is) {
	case HA_IS_STARTED:
	case HA_IS_STOPPED:
	case HA_IS_REQUEST_STOP:
	case HA_IS_MIGRATE:
	case HA_IS_RELOCATE:
		return order_is_mine(call, order);
	case HA_IS_FENCE:
	case HA_IS_RECOVERY:
	case HA_IS_FREEZE:
	case HA_IS_ERROR:
		break;
	}
	return false;
}

static bool is_new(const struct hc_call *call, const struct hc_change *change)
{
	const struct hc_vm_claim *claim = vm_claim(call, change->name);

	return vm_is_home(call, change->name) &&
	       (!change->have || (claim && claim->node && !is(claim->node, call->node)));
}

static void leave(struct hc_call *call, struct hc_change *change, const struct order *order)
{
	vm_leave_to_home(call, change);
	if (!order->unknown && (order->is == HA_IS_FENCE || order->is == HA_IS_RECOVERY))
		change->unsure = hc_printf(call->arena, "HA: %s, it was on %s", ha_words[order->is],
					   order->place);
}

static void adjust_break(struct hc_call *call, struct hc_change *change, struct hc_resource *want)
{
	struct hc_resource *have = copy_of(call->arena, change->have ? change->have : want);

	((struct hc_vm *)have->spec)->settled = false;
	hc_set_field(have, struct hc_vm, settled);
	change->action = HC_UPDATE;
	change->have = have;
	change->differs = BIT(settled);
}

/* Whoever's the VM is: the node that the order is for says what became of it. */
static void adjust_order(struct hc_call *call, struct hc_change *change, struct hc_resource *want,
			 const struct hc_resource *seen, const struct order *order)
{
	const struct hc_vm *had = seen ? seen->spec : NULL;

	if (!had || !change->have || change->refused || order->unknown ||
	    !hc_has_field(seen, struct hc_vm, order) || had->order == order->number ||
	    !vm_ha_answer(call, change->name, seen, order))
		return;
	vm_of(want)->order = order->number;
	change->have = seen;
	change->differs |= BIT(order);
}

static void adjust(struct hc_call *call, struct hc_change *change, struct hc_resource *want,
		   const struct order *order)
{
	if (is_new(call, change) && (order->unknown || makes(call, order)))
		adjust_new(call, change, want, order);
	else if (change->have && vm_is_home(call, change->name))
		adjust_home(call, change, want, order);
	else
		leave(call, change, order);
}

/* By the claim, which outlives an agent's restart: it runs here, as far as hcstate had a hand in.
 */
static bool was_here(const struct hc_call *call, const char *vm)
{
	const struct hc_vm_claim *claim = vm_claim(call, vm);

	return claim && claim->state == HC_CLAIM_RUNNING && is(claim->node, call->node);
}

static bool is_answered(const struct hc_resource *seen, const struct order *order)
{
	const struct hc_vm *had = seen ? seen->spec : NULL;

	return had && hc_has_field(seen, struct hc_vm, order) && had->order == order->number;
}

static bool leaves(const struct order *order)
{
	return !order->runs && (order->is == HA_IS_STARTED || order->is == HA_IS_FREEZE);
}

/* An order that is not answered yet is why it differs, and so is that its node goes down. What was
 * as ordered before and is so no more was changed by somebody else. */
static bool is_decided(const struct hc_call *call, const struct hc_change *change,
		       const struct hc_resource *seen, const struct order *order)
{
	const struct hc_vm *want = change->want->spec;

	if (!change->have)
		return !was_here(call, change->name);
	if (change->differs & BIT(node))
		return true;
	if (change->differs & BIT(running))
		return leaves(order) || !(is_answered(seen, order) ||
					  (want->running && was_here(call, change->name)));
	return !(change->differs & ~(BIT(order) | BIT(settled)));
}

/* Of one that is made all of it follows. */
static void decide(const struct hc_call *call, struct hc_change *change,
		   const struct hc_resource *seen, const struct order *order)
{
	change->decided = !order->unknown && is_decided(call, change, seen, order);
	if (change->decided && change->have)
		change->decision = BIT(node) | BIT(running) | BIT(order) | BIT(settled);
}

void vm_ha_adjust(struct hc_call *call, struct hc_change *change, const struct order *order)
{
	const struct hc_resource *seen = change->have;
	struct hc_resource *want = copy_of(call->arena, change->want);

	change->want = want;
	set_node(want, NULL);
	hc_agree(change, struct hc_vm, order);
	hc_agree(change, struct hc_vm, node);
	if (order_breaks(call, change->name, order)) {
		adjust_break(call, change, want);
	} else {
		adjust(call, change, want, order);
		adjust_order(call, change, want, seen, order);
	}
	decide(call, change, seen, order);
	if (!order->unknown && (!change->have || change->differs & (BIT(running) | BIT(node) |
								    BIT(order) | BIT(settled))))
		say_why(call, change, order);
}
