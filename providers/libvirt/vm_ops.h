/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the noun vm is cut into, a file each. */

#include "vm.h"

/* What hcstate processes tell each other: MiB that could be given to VMs. */
#define VM_ROOM "libvirt.free"

/* The steps of a VM that are taken in vm_apply.c; those of vm_live.h and migrate.h have numbers
 * behind them. */
enum vm_op {
	VM_PLACE,    /* wait until it is known where it belongs */
	VM_AWAIT,    /* wait until its node hands it over */
	VM_MAKE,     /* its claim, its disks */
	VM_DEFINE,   /* its definition */
	VM_ALONE,    /* libvirt's autostart off */
	VM_START,    /* start it, go on with a start, resume it */
	VM_STOP,     /* shut it down */
	VM_SETTLE,   /* make its claim say what is so */
	VM_ASK,      /* note in its claim that the manifests ask for it where it is */
	VM_FORGET,   /* remove its claim */
	VM_UNDEFINE, /* remove its definition */
	/* of a VM under HA, see ha_follow.h */
	VM_TAKE,      /* take its claim from a node that does not run it */
	VM_TAKE_OVER, /* shut a lost node out of it */
	VM_ANSWER,    /* tell HA what became of its order */
};

/* Of a change whose `node` differs: whether it is there already and only its claim has to note that
 * it was asked for there. */
bool vm_asks_only(const struct hc_call *call, const struct hc_change *change);

/* Only a claim lets a VM start. */
int vm_leave_alone(struct hc_call *call, struct libvirt *self, const char *uuid);

/* Parts of vm_adjust(): of a VM that is another node's; of one that is here, but for where it is
 * and whether it runs; of one that is to be made here, but for what this node may lack. */
void vm_leave_to_home(struct hc_call *call, struct hc_change *change);
void vm_adjust_fields(struct hc_call *call, struct hc_change *change);
void vm_adjust_new(struct hc_call *call, struct hc_change *change);

/* Why a VM that is wanted here cannot be made (`disks`: its disks neither), or started; NULL: as
 * far as is known it can. */
const char *vm_lacks(struct hc_call *call, const struct hc_resource *want, bool disks);

/* Why it is not known where a VM belongs that may be anywhere. */
const char *vm_unplaced(struct hc_call *call);

int vm_read(const struct look *look);
int vm_adjust(struct hc_call *call, struct hc_change *change);
int vm_plan(struct hc_call *call, struct hc_change *change, struct hc_plan *plan);
int vm_apply(struct hc_call *call, struct libvirt *self, const struct hc_step *step);
int vm_settled(struct hc_call *call, struct libvirt *self, const struct hc_step *step);

/* Adds a VmClaim for each claim, and for VMs that have none and may be anywhere one of epoch 0 that
 * says where they belong. */
void vm_read_claims(const struct look *look);

/*
 * What a domain is, as live values: of what can change while it runs what runs, if that is not as
 * wanted, else what is defined; of all else what is defined, with what runs otherwise in `pending`.
 * `restart`: what runs otherwise is a difference, as it may be restarted. `want` may be NULL.
 */
void vm_read_values(struct hc_arena *arena, const struct hc_vm *want, const struct vm_here *here,
		    bool restart, struct hc_resource *r);

/* Whether what is wanted could start here, as far as that can be known before; said. */
int vm_try(struct hc_call *call, struct libvirt *self, const char *vm);

/* Makes of what is wanted what to write over `was`: vm_define() says which devices it has then. */
void vm_merge(struct hc_arena *arena, struct domain *want, const struct domain *was,
	      const char *device);
