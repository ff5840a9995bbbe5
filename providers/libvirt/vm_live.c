/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changing a VM that runs. Each change is one call of libvirt that the guest may have a word in: it
 * must know the balloon, take the new processors, let go of the CD. What cannot be had now is no
 * failure, as the definition has it and the next start brings it.
 *
 * Processors only come: a guest gives one back when it likes to, which is no way to converge.
 */

#include "vm_live.h"

#include <libvirt/virterror.h>
#include <string.h>

#include "hypervisor.h"
#include "vm.h"

#define MEMBER(member) offsetof(struct hc_vm, member)

enum op {
	MEMORY = VM_LIVE_OPS,
	CPUS,
	CDROM,
	COMMENT,
};

static const struct live {
	size_t field;
	enum op op;
	const char *verb;
} lives[] = {
	{MEMBER(memory), MEMORY, "change its memory while it runs"},
	{MEMBER(cpus), CPUS, "give it processors while it runs"},
	{MEMBER(cdrom), CDROM, NULL},
	{MEMBER(comment), COMMENT, "change its comment"},
};

bool vm_live_can(const struct hc_vm *want, const struct hc_vm *running, size_t field)
{
	switch (field) {
	case MEMBER(memory):
		return want->memory <= running->max_memory;
	case MEMBER(cpus):
		return want->cpus > running->cpus && want->cpus <= running->max_cpus;
	case MEMBER(cdrom):
	case MEMBER(comment):
		return true;
	default: /* an offset is no enum */
		return false;
	}
}

static const char *cdrom_verb(struct hc_arena *arena, const char *cdrom)
{
	return !cdrom || !strcmp(cdrom, "none")
		       ? "eject the CD"
		       : hc_printf(arena, "put %s into its CD drive", cdrom);
}

void vm_live_plan(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	const struct hc_vm *want = change->want ? change->want->spec : NULL;
	const struct hc_vm *have = change->have ? change->have->spec : NULL;

	if (!want || !have || !want->running || !have->running)
		return;
	for (size_t i = 0; i < HC_COUNT(lives); i++) {
		const struct live *live = &lives[i];

		if (hc_change_differs(change, live->field) && vm_live_can(want, have, live->field))
			(void)hc_step(plan, change, live->op, HC_NONE, NULL, "%s",
				      live->verb ? live->verb
						 : cdrom_verb(call->arena, want->cdrom));
	}
}

static int set_memory(struct hc_call *call, const struct vm_here *here, const struct hc_vm *want)
{
	if (!vm_live_can(want, &here->running->vm, MEMBER(memory)) ||
	    !virDomainSetMemoryFlags(here->domain, want->memory / 1024, VIR_DOMAIN_AFFECT_LIVE))
		return 0;
	return hypervisor_fail(call, NULL, "cannot change its memory");
}

static int set_cpus(struct hc_call *call, const struct vm_here *here, const struct hc_vm *want)
{
	if (!vm_live_can(want, &here->running->vm, MEMBER(cpus)) ||
	    !virDomainSetVcpusFlags(here->domain, want->cpus, VIR_DOMAIN_AFFECT_LIVE))
		return 0;
	return hypervisor_fail(call, NULL, "cannot give it processors");
}

static int set_comment(struct hc_call *call, const struct vm_here *here, const struct hc_vm *want)
{
	const char *text = want->comment && *want->comment ? want->comment : NULL;

	if (!virDomainSetMetadata(here->domain, VIR_DOMAIN_METADATA_DESCRIPTION, text, NULL, NULL,
				  VIR_DOMAIN_AFFECT_LIVE))
		return 0;
	return hypervisor_fail(call, NULL, "cannot change its comment");
}

/* A guest that mounted the CD holds the tray; whoever approves this VM takes it away. */
static int change_medium(struct hc_call *call, const struct vm_here *here,
			 const struct domain_disk *drive)
{
	const char *xml = domain_write_disk(call->arena, drive);
	const char *object = hc_printf(call->arena, "VirtualMachine/%s", here->name);
	const char *why;

	if (!virDomainUpdateDeviceFlags(here->domain, xml, VIR_DOMAIN_AFFECT_LIVE))
		return 0;
	why = hypervisor_error(call->arena);
	if (!hc_approved(call, object))
		return hc_fail(call, EBUSY, NULL,
			       "cannot change the medium of its CD drive: %s; if the guest holds "
			       "it, --approve %s takes it by force",
			       why, object);
	if (!virDomainUpdateDeviceFlags(here->domain, xml,
					VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_DEVICE_MODIFY_FORCE))
		return 0;
	return hypervisor_fail(call, NULL, "cannot change the medium of its CD drive");
}

/* The drive stays as it runs, else libvirt refuses; only what is in it changes. A domain without a
 * drive gets one at its next start. */
static int set_cdrom(struct hc_call *call, const struct vm_here *here)
{
	const struct domain_disk *is = vm_domain_disk(here->running, "cdrom"), *wanted;
	struct domain_disk drive;
	struct domain domain;
	int r = vm_domain(call, here->name, &domain);

	wanted = r ? NULL : vm_domain_disk(&domain, "cdrom");
	if (!wanted || !is)
		return r;
	drive = *is;
	drive.source = wanted->source;
	return change_medium(call, here, &drive);
}

static int change_running(struct hc_call *call, const struct vm_here *here, enum op op,
			  const struct hc_vm *want)
{
	switch (op) {
	case MEMORY:
		return set_memory(call, here, want);
	case CPUS:
		return set_cpus(call, here, want);
	case CDROM:
		return set_cdrom(call, here);
	case COMMENT:
		return set_comment(call, here, want);
	}
	return 0;
}

int vm_live_apply(struct hc_call *call, struct libvirt *self, const struct hc_step *step)
{
	const struct hc_vm *want = step->change->want->spec;
	virConnectPtr connect;
	struct vm_here here;
	int r = vm_here_now(call, self, want->uuid, &connect, &here);

	if (r)
		return r;
	if (here.domain && here.running)
		r = change_running(call, &here, (enum op)step->op, want);
	vm_here_done(connect, &here);
	return r;
}
