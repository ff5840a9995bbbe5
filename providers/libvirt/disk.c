/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VmDisk. A disk is two things: what holds its data, and that a VM has it. Taking it from the VM is
 * an ordinary change; what holds the data stays then, as a VmDisk that is not attached, and goes
 * only when the operator approves that very disk.
 *
 *	disk_read.c   what is there
 *	disk_step.c   what is done about it
 */

#include "disk.h"

#include <string.h>

#include "device.h"
#include "vm_home.h"

enum op {
	MAKE,
	ATTACH,
	GROW,
	DEFINE,
	DETACH,
	REMOVE,
};

#define DIFFERS(change, member) hc_differs(change, struct hc_vm_disk, member)

static void keep(struct hc_call *call, struct hc_change *change, const char *why)
{
	change->kept = hc_printf(call->arena, "%s; --approve %s removes it and all that is in it",
				 why, hc_change_text(call->arena, change));
}

static void adjust_attached(struct hc_call *call, struct hc_change *change)
{
	const char *vm = vm_of_child(call->arena, change->name);

	switch (vm_fate(call, vm)) {
	case VM_WANTED:
		if (!device_ready(call, change->name))
			change->kept = "its VM is on its way to another node";
		return;
	case VM_STAYS:
		change->kept = hc_printf(call->arena, "VirtualMachine/%s has it", vm);
		return;
	case VM_GOES:
		/* In the next look, when nothing has it any more. */
		if (hc_approved(call, hc_change_text(call->arena, change)))
			change->kept = hc_printf(call->arena,
						 "it goes when VirtualMachine/%s is gone", vm);
		else
			keep(call, change, "its VM goes, and what is in it stays");
		return;
	}
}

static void adjust_removal(struct hc_call *call, struct hc_change *change)
{
	const struct hc_vm_disk *have = change->have->spec;

	if (have->attached)
		adjust_attached(call, change);
	else if (!hc_approved(call, hc_change_text(call->arena, change)))
		keep(call, change, "no VM has it");
}

static const char *no_shrinking(struct hc_call *call, const struct hc_vm_disk *want,
				const struct hc_vm_disk *have)
{
	if (!have->size)
		return hc_printf(call->arena,
				 "what held its data, %s, is gone: what is in it has to come back "
				 "from elsewhere, or it leaves the manifests",
				 have->source);
	if (want->size < have->size)
		return "shrinking it would cut off what is at its end: it only grows";
	return NULL;
}

static void adjust_update(struct hc_call *call, struct hc_change *change)
{
	const struct hc_vm_disk *want = change->want->spec, *have = change->have->spec;

	hc_agree(change, struct hc_vm_disk, image); /* it is its own since it was made */
	if (DIFFERS(change, storage))
		change->refused = hc_printf(
			call->arena,
			"it is in %s and cannot move to %s: a disk of another name can be there",
			have->storage, want->storage);
	else if (DIFFERS(change, size))
		change->refused = no_shrinking(call, want, have);
}

static int adjust_disk(struct hc_call *call, struct hc_change *change)
{
	if (change->action == HC_REMOVE)
		adjust_removal(call, change);
	else if (!device_ready(call, change->name))
		device_leave(change);
	else if (change->have)
		adjust_update(call, change);
	return 0;
}

static void plan_creation(struct hc_change *change, struct hc_plan *plan, bool runs)
{
	if (!device_vm_new(plan, change->name))
		(void)hc_step(plan, change, MAKE, HC_NONE, NULL, "make what holds its data");
	(void)hc_step(plan, change, ATTACH, HC_NONE, NULL, "attach%s",
		      runs ? " while its VM runs" : "");
}

/* "define its bus, cache for the VM's next start" */
static void plan_definition(struct hc_call *call, struct hc_change *change, struct hc_plan *plan,
			    bool runs)
{
	const char *what = "";

	if (DIFFERS(change, bus))
		what = "bus";
	if (DIFFERS(change, cache))
		what = hc_printf(call->arena, "%s%scache", what, *what ? ", " : "");
	if (DIFFERS(change, discard))
		what = hc_printf(call->arena, "%s%sdiscard", what, *what ? ", " : "");
	if (*what)
		(void)hc_step(plan, change, DEFINE, HC_NONE, NULL, "define its %s%s", what,
			      runs ? " for the VM's next start" : "");
}

static void plan_update(struct hc_call *call, struct hc_change *change, struct hc_plan *plan,
			bool runs)
{
	bool attach = DIFFERS(change, attached);

	if (attach)
		(void)hc_step(plan, change, ATTACH, HC_NONE, NULL, "attach%s",
			      runs ? " while its VM runs" : "");
	else
		plan_definition(call, change, plan, runs);
	if (DIFFERS(change, size))
		(void)hc_step(plan, change, GROW, HC_NONE, NULL, "grow it%s",
			      runs ? " while its VM runs" : "");
}

static void plan_removal(struct hc_call *call, struct hc_change *change, struct hc_plan *plan,
			 bool runs)
{
	const struct hc_vm_disk *have = change->have->spec;

	if (have->attached && !runs)
		device_leaves_first(plan, change);
	if (have->attached)
		hc_step(plan, change, DETACH, runs ? HC_BLIP : HC_NONE, NULL, "detach%s",
			runs ? " while its VM runs" : "")
			->patient = true;
	if (hc_approved(call, hc_change_text(call->arena, change)))
		(void)hc_step(plan, change, REMOVE, HC_DATA_LOSS, NULL,
			      "remove it and all that is in it");
	else
		change->reason = "no manifest asks for it any more; what is in it stays";
}

static int plan_disk(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	bool runs = device_vm_runs(call, change->name);

	switch (change->action) {
	case HC_CREATE:
		plan_creation(change, plan, runs);
		break;
	case HC_UPDATE:
	case HC_REPLACE: /* no field costs that */
		plan_update(call, change, plan, runs);
		break;
	case HC_REMOVE:
		plan_removal(call, change, plan, runs);
		break;
	}
	return 0;
}

static int apply_disk(struct hc_call *call, struct libvirt *self, const struct hc_step *step)
{
	const struct hc_change *change = step->change;

	switch ((enum op)step->op) {
	case MAKE:
		return disk_make(call, self, change->want);
	case ATTACH:
		return disk_attach(call, self, change);
	case GROW:
		return disk_grow(call, self, change->want);
	case DEFINE:
		return vm_define(call, self, vm_of_child(call->arena, change->name), NULL);
	case DETACH:
		return disk_detach(call, self, change->name);
	case REMOVE:
		return disk_remove(call, self, change->have);
	}
	return 0;
}

static int settled(struct hc_call *call, struct libvirt *self, const struct hc_step *step)
{
	return step->op == DETACH ? disk_detached(call, self, step->change->name) : 0;
}

const struct noun disk_noun = {
	.type = &hc_vm_disk,
	.read = disk_read,
	.adjust = adjust_disk,
	.plan = plan_disk,
	.apply = apply_disk,
	.settled = settled,
};
