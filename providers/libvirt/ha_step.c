/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of a VM under HA as HA has to see them. It starts and moves nothing on a node that is
 * not in a quorate cluster, whatever was decided when it last was. What libvirt or QEMU refuse is
 * tried once for each order and answered with what they said: HA tries again, here or elsewhere, by
 * another order. Where only Ceph or libvirtd is away for a moment nothing is answered, as every
 * other node would be no better off.
 */

#include <errno.h>
#include <string.h>

#include "ha_answer.h"
#include "ha_follow.h"
#include "migrate.h"
#include "text.h"
#include "vm_power.h"

/* What belongs to starting it: its definition too, when it is made for that. */
static bool defines_for_start(const struct hc_step *step)
{
	return step->change->action == HC_CREATE || hc_differs(step->change, struct hc_vm, running);
}

static bool is_move(const struct hc_step *step)
{
	return step->op >= VM_MOVE_OPS;
}

/* It is part of what an order asks for. */
static bool is_ordered(const struct hc_step *step)
{
	return is_move(step) || step->op == VM_TAKE || step->op == VM_MAKE ||
	       step->op == VM_START || step->op == VM_STOP ||
	       (step->op == VM_DEFINE && defines_for_start(step));
}

static bool needs_quorum(const struct hc_step *step)
{
	return step->op == VM_TAKE || step->op == VM_TAKE_OVER || step->op == VM_START ||
	       step->op == MIGRATE_LIVE || step->op == MIGRATE_HAND_OVER;
}

/* The step of an order that is this node's to carry out. What is given up has none: the last one
 * failed, and what is done all the same is no answer to it. */
static bool is_mine(const struct hc_call *call, const struct hc_step *step, struct order *order)
{
	return is_ordered(step) && vm_order(call, step->change->name, order) &&
	       order_is_mine(call, order) && order->is != HA_IS_ERROR;
}

static bool is_quorate(const struct hc_call *call)
{
	return call->peers->joined && call->peers->quorate;
}

static int failed(struct hc_call *call, struct libvirt *self, const struct hc_step *step,
		  const struct order *order, const char *why)
{
	answers_tell_failed(call, self->answers, step->change->name, order->number, why);
	call->futile = false;
	return hc_wait(call, "%s; HA decides what comes next", why);
}

/* What speaks against it from what was read. Without HA that refuses the change; HA has to hear. */
static const char *refusal(struct hc_call *call, const struct hc_step *step)
{
	const struct hc_change *change = step->change;

	if (step->op == VM_MAKE || step->op == VM_START)
		return vm_lacks(call, change->want, step->op == VM_MAKE);
	if (step->op == MIGRATE_LIVE || step->op == MIGRATE_HAND_OVER)
		return migrate_refusal(call, change);
	return NULL;
}

int vm_ha_begin(struct hc_call *call, struct libvirt *self, const struct hc_step *step)
{
	const char *vm = step->change->name, *why;
	struct order order;

	if (needs_quorum(step) && !is_quorate(call) && vm_under_ha(call->desired, vm))
		return hc_wait(call, "%s is not in a quorate cluster", call->node);
	if (!is_mine(call, step, &order))
		return 0;
	why = answers_failed(self->answers, call->arena, vm, order.number);
	if (why)
		return hc_wait(call, "%s; HA decides what comes next", why);
	why = refusal(call, step);
	return why ? failed(call, self, step, &order, why) : 0;
}

/* The order, not something that is away for now. */
static bool is_failure(const struct hc_call *call, const struct hc_step *step,
		       const struct order *order, int result)
{
	if (is_move(step) && !order_moves(order))
		return false; /* of an order before */
	return result != -EAGAIN && (result != -EBUSY || call->futile) && result != -ENOTCONN &&
	       (result != -ETIMEDOUT || is_move(step));
}

/* What is known by the step alone; else the next look tells. */
static bool completes(const struct hc_step *step, const struct order *order)
{
	return (step->op == VM_START && order->is == HA_IS_STARTED) ||
	       (step->op == MIGRATE_HAND_OVER && order_moves(order));
}

/* Ceph did not answer, and the next try has another connection: to the engine -ETIMEDOUT would be a
 * call that hangs. */
static int not_yet(struct hc_call *call, int result)
{
	return result == -ETIMEDOUT ? hc_wait(call, "%s", hc_said(call, strerror(-result)))
				    : result;
}

static int judge(struct hc_call *call, struct libvirt *self, const struct hc_step *step, int result)
{
	struct order order;

	if (!is_mine(call, step, &order))
		return result;
	if (result && is_failure(call, step, &order, result))
		return failed(call, self, step, &order, hc_said(call, strerror(-result)));
	if (result)
		return not_yet(call, result);
	/* a guest that ends again and again is one matter, all else is another order's */
	call->another = step->op != VM_START;
	if (completes(step, &order))
		answers_tell(call, self->answers, step->change->name, order.number, "done");
	return 0;
}

int vm_ha_end(struct hc_call *call, struct libvirt *self, const struct hc_step *step, int result)
{
	return judge(call, self, step, result);
}

int vm_ha_settled(struct hc_call *call, struct libvirt *self, const struct hc_step *step,
		  int result)
{
	return step->op == VM_STOP || is_move(step) ? judge(call, self, step, result) : result;
}

static int may_run(struct hc_call *call, const char *vm)
{
	struct order order;

	if (!vm_order(call, vm, &order))
		return 0;
	if (order.unknown)
		return hc_wait(call, "HA's decision is not known: %s", order.unknown);
	if (!is_quorate(call))
		return hc_wait(call, "%s is not in a quorate cluster", call->node);
	if (!order_is_mine(call, &order) || !order.runs ||
	    (order.is != HA_IS_STARTED && order.is != HA_IS_MIGRATE))
		return hc_wait(call, "HA does not let it run here now: it is %s on %s",
			       ha_words[order.is], order.place);
	return 0;
}

int vm_ha_may_settle(const struct vm_power *power)
{
	const struct protocol *p = &power->protocol;
	struct claim claim;

	/* what is not ours does not get to run by that */
	if (p->ops->get(p, &claim) || !is(claim.node, p->node) ||
	    (claim.state != HC_CLAIM_STARTING && claim.state != HC_CLAIM_RUNNING))
		return 0;
	return may_run(p->call, p->vm);
}

static bool is_lost(const struct hc_call *call, const char *node)
{
	const char *word = vm_ha_node_word(call, node);

	return word && !is(word, ha_node_words[HA_ONLINE]) &&
	       !is(word, ha_node_words[HA_MAINTENANCE]);
}

int vm_ha_end_move(const struct vm_power *power)
{
	const struct protocol *p = &power->protocol;
	enum protocol_guest guest;
	struct claim claim;

	if (!vm_under_ha(p->call->desired, p->vm) || !is_quorate(p->call) ||
	    p->ops->get(p, &claim) || claim.state != HC_CLAIM_MIGRATING ||
	    !is(claim.node, p->node) || is(claim.target, p->node) ||
	    !is_lost(p->call, claim.target) || p->ops->guest(p, &guest) || guest != GUEST_GONE)
		return 0;
	return protocol_take_over(p, p->node);
}

static int take_over(struct hc_call *call, struct libvirt *self, const struct hc_step *step)
{
	const struct hc_vm *want = step->change->want->spec;
	const char *other = order_other_leader(call);
	struct vm_power power;
	int r;

	if (other)
		return hc_wait(call, "%s does that", other);
	r = vm_power_open_away(call, self, step->change->name, want->uuid, &power);
	if (!r)
		r = vm_power_close(&power, protocol_take_over(&power.protocol, step->arg));
	call->another = !r;
	return not_yet(call, r);
}

static int take(struct hc_call *call, struct libvirt *self, const struct hc_step *step)
{
	const struct hc_vm *want = step->change->want->spec;
	struct vm_power power;
	int r = vm_power_open(call, self, step->change->name, want->uuid, &power);

	return r ? r : vm_power_close(&power, protocol_take(&power.protocol));
}

static int answer(struct hc_call *call, struct libvirt *self, const struct hc_step *step)
{
	const struct hc_vm *want = step->change->want->spec;

	answers_tell(call, self->answers, step->change->name, want->order, step->arg);
	call->another = true;
	return 0;
}

int vm_ha_apply(struct hc_call *call, struct libvirt *self, const struct hc_step *step)
{
	if (step->op == VM_TAKE_OVER)
		return take_over(call, self, step);
	return step->op == VM_TAKE ? take(call, self, step) : answer(call, self, step);
}
