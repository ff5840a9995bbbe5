/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Moving a VM to the node that the manifests ask for: live when it runs, else by handing over its
 * claim. The source does it; a move that was begun and left is seen to its end by whoever of both
 * nodes looks next.
 */

#include "vm_live.h"

struct domain;

/* The steps of a move. */
enum migrate_op {
	MIGRATE_LIVE = VM_MOVE_OPS,
	MIGRATE_WATCH, /* one that goes on */
	MIGRATE_HAND_OVER,
};

/* In read, of a VM that is here and asked for elsewhere: what `target` says against having the
 * domain. Not reaching it is an obstacle too. */
int migrate_look(const struct look *look, const struct domain *domain, const char *target,
		 struct hc_strings *obstacles);

/* Of a change whose `node` differs, or is to: why it cannot be done, a text. NULL: it can. */
const char *migrate_refusal(struct hc_call *call, const struct hc_change *change);

/* Whether the VM is about to leave this node, as the manifests ask for, and nothing is in the way.
 */
bool migrate_is_due(struct hc_call *call, const char *vm);

/* Adds the steps of the move (`node` differs) or of seeing one to its end (`settled` differs),
 * behind the change's others: an eject comes first. Also of a VM that is not there (HA moves one
 * that could not be made): its claim is all there is to hand over. */
void migrate_plan(struct hc_call *call, struct hc_change *change, struct hc_plan *plan);
int migrate_apply(struct hc_call *call, struct libvirt *self, const struct hc_step *step);
int migrate_settled(struct hc_call *call, struct libvirt *self, const struct hc_step *step);
