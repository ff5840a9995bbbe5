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

#include <inttypes.h>
#include <string.h>

#include "device.h"
#include "vm_home.h"
#include "volume.h"

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

/* There is no trace of what held its data. */
static bool is_lost(const struct hc_change *change)
{
	return !((const struct hc_vm_disk *)change->have->spec)->size;
}

/* Disks are thin, but one that is larger than all of its storage will never be full: more likely
 * somebody mistook the unit. Growing cannot be taken back, and librbd takes hours for it. */
static const char *too_large(struct hc_call *call, const struct hc_vm_disk *want)
{
	const struct hc_resource *r =
		hc_find(&call->live->found, &hc_storage, call->node, want->storage);
	const struct hc_storage *storage = r ? r->spec : NULL;

	if (!storage || !storage->capacity || want->size <= storage->capacity)
		return NULL;
	return hc_printf(call->arena,
			 "its size of %" PRIu64 " MiB is more than all of %s, %" PRIu64 " MiB",
			 want->size >> 20, hc_resource_text(call->arena, r),
			 storage->capacity >> 20);
}

const char *disk_obstacle(struct hc_call *call, const struct hc_resource *disk)
{
	const struct hc_resource *live = hc_find(&call->live->found, &hc_vm_disk, NULL, disk->name);
	const struct hc_vm_disk *have = live ? live->spec : NULL;
	const char *text = hc_resource_text(call->arena, disk);

	if (have && !have->size && !hc_approved(call, text))
		return volume_lost(call->arena, have->source, text);
	return have && have->size >= ((const struct hc_vm_disk *)disk->spec)->size
		       ? NULL
		       : too_large(call, disk->spec);
}

/* Of what no VM has nobody knows how one would see it. */
static void agree_on_the_card(struct hc_change *change)
{
	if (hc_has_field(change->have, struct hc_vm_disk, bus))
		return;
	hc_agree(change, struct hc_vm_disk, bus);
	hc_agree(change, struct hc_vm_disk, cache);
	hc_agree(change, struct hc_vm_disk, discard);
}

static void adjust_update(struct hc_call *call, struct hc_change *change)
{
	const struct hc_vm_disk *want = change->want->spec, *have = change->have->spec;

	hc_agree(change, struct hc_vm_disk, image); /* it is its own since it was made */
	agree_on_the_card(change);
	if (DIFFERS(change, storage))
		change->refused = hc_printf(
			call->arena,
			"it is in %s and cannot move to %s: a disk of another name can be there",
			have->storage, want->storage);
	else if (have->size && want->size < have->size)
		change->refused = "shrinking it would cut off what is at its end: it only grows";
	else if (DIFFERS(change, size))
		change->refused = disk_obstacle(call, change->want);
}

static int adjust_disk(struct hc_call *call, struct hc_change *change)
{
	if (device_refused(call, change))
		return 0;
	if (change->action == HC_REMOVE)
		adjust_removal(call, change);
	else if (!device_ready(call, change->name))
		device_leave(change);
	else if (change->have)
		adjust_update(call, change);
	else
		change->refused = disk_obstacle(call, change->want);
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
	bool attach = DIFFERS(change, attached), lost = is_lost(change);

	if (lost)
		(void)hc_step(plan, change, MAKE, HC_NONE, NULL, "make what holds its data anew");
	if (attach)
		(void)hc_step(plan, change, ATTACH, HC_NONE, NULL, "attach%s",
			      runs ? " while its VM runs" : "");
	else
		plan_definition(call, change, plan, runs);
	if (DIFFERS(change, size) && !lost)
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
	int r;

	switch ((enum op)step->op) {
	case MAKE:
		return disk_make(call, self, change->want);
	case ATTACH: /* what is there may not have been noted as whole */
		r = change->action == HC_CREATE ? 0 : disk_make(call, self, change->want);
		return r ? r : disk_attach(call, self, change);
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
