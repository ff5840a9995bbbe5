/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The VM under HA: what its order makes of a change, and what that takes beside the steps of any
 * other VM. ha_adjust.c is the pure part, ha_plan.c adds steps, ha_step.c is around each of them.
 */

#include "ha_order.h"
#include "vm_ops.h"
#include "vm_power.h"

/* vm_adjust() of a VM under HA. change->want becomes what its order asks for. */
void vm_ha_adjust(struct hc_call *call, struct hc_change *change, const struct order *order);
/* Adds the steps that only such a VM has. Gives whether there are no others to be added. */
bool vm_ha_plan(struct hc_call *call, struct hc_change *change, struct hc_plan *plan);
/* Whether it is shut down for a move, or because its node goes down: somebody said so already, and
 * waits for it, so it is not held back as other restarts are. */
bool vm_ha_stops(const struct hc_call *call, const struct hc_change *change);
/* Where `order` differs, behind all others: the answer to it. */
void vm_ha_plan_answer(struct hc_call *call, struct hc_change *change, struct hc_plan *plan);
/* The answer to an order that is this node's, by what was read of the VM (`have` may be NULL):
 * "done", "elsewhere pve2"; NULL: there is none yet. */
const char *vm_ha_answer(struct hc_call *call, const char *vm, const struct hc_resource *have,
			 const struct order *order);

/* Around a step: whether it may be taken (-EAGAIN, said: not now), and what came of it; gives the
 * step's result as the engine is to see it. */
int vm_ha_begin(struct hc_call *call, struct libvirt *self, const struct hc_step *step);
int vm_ha_end(struct hc_call *call, struct libvirt *self, const struct hc_step *step, int result);
/* ... of settled(). */
int vm_ha_settled(struct hc_call *call, struct libvirt *self, const struct hc_step *step,
		  int result);
/* Whether the claim of a guest that stands still here may be settled: if it is ours that lets the
 * guest run. -EAGAIN, said: not now. 0 also: it is not under HA. */
int vm_ha_may_settle(const struct vm_power *power);

/* Ends a move of it away from here whose target is lost, where the guest is not here any more: it
 * may have got there, and what did is shut out. 0: that is not so, or is done. */
int vm_ha_end_move(const struct vm_power *power);

/* The steps of vm_op that only it has: VM_TAKE, VM_TAKE_OVER, VM_ANSWER. */
int vm_ha_apply(struct hc_call *call, struct libvirt *self, const struct hc_step *step);
