/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of VmDisk and VmNet have in common. A device is recognized by its alias, in what
 * runs as in what is defined.
 *
 * While a VM is on its way to another node nothing of it is changed: libvirt refuses most of it,
 * and whose it is will be known in a moment.
 */

#include "device.h"

#include <libvirt/virterror.h>
#include <string.h>

#include "hypervisor.h"
#include "migrate.h"
#include "vm_home.h"

const char *device_name(const char *child)
{
	const char *slash = strchr(child, '/');

	return slash ? slash + 1 : child;
}

static const struct hc_resource *vm_in(const struct hc_call *call, const struct hc_set *set,
				       const char *child)
{
	return hc_find(set, &hc_vm, NULL, vm_of_child(call->arena, child));
}

bool device_ready(struct hc_call *call, const char *child)
{
	const char *vm = vm_of_child(call->arena, child);
	const struct hc_resource *have = vm_in(call, &call->live->found, child);

	if (!vm_is_home(call, vm))
		return false;
	if (have && hc_has_field(have, struct hc_vm, settled) &&
	    !((const struct hc_vm *)have->spec)->settled)
		return false;
	return !migrate_is_due(call, vm);
}

bool device_refused(struct hc_call *call, struct hc_change *change)
{
	const struct hc_resource *want = vm_in(call, call->desired, change->name);
	const struct hc_resource *have = vm_in(call, &call->live->found, change->name);
	const char *asked = want ? ((const struct hc_vm *)want->spec)->uuid : NULL;
	const char *is = have ? ((const struct hc_vm *)have->spec)->uuid : NULL;

	if (!asked || !is || !strcmp(asked, is))
		return false;
	change->refused =
		hc_printf(call->arena, "VirtualMachine/%s has another uuid than asked for",
			  want->name);
	return true;
}

void device_leave(struct hc_change *change)
{
	change->have = change->want;
	change->differs = 0;
}

bool device_vm_runs(const struct hc_call *call, const char *child)
{
	const struct hc_resource *have = vm_in(call, &call->live->found, child);
	const struct hc_vm *vm = have ? have->spec : NULL;

	return vm && hc_has_field(have, struct hc_vm, running) && vm->running;
}

bool device_vm_new(const struct hc_plan *plan, const char *child)
{
	const char *vm = vm_of_child(plan->arena, child);
	const struct hc_change *change = hc_plan_find(plan, &hc_vm, NULL, vm);

	return change && change->action == HC_CREATE;
}

void device_leaves_first(struct hc_plan *plan, struct hc_change *change)
{
	const char *vm = vm_of_child(plan->arena, change->name);
	struct hc_change *parent = hc_plan_find(plan, &hc_vm, NULL, vm);

	if (parent && parent->action == HC_UPDATE)
		hc_change_after(plan, parent, change);
}

static const char *uuid_of(const struct hc_call *call, const char *child)
{
	const struct hc_resource *r = vm_in(call, call->desired, child);

	if (!r)
		r = vm_in(call, &call->live->found, child);
	return r ? ((const struct hc_vm *)r->spec)->uuid : NULL;
}

int device_open(struct hc_call *call, struct libvirt *self, const char *child,
		virConnectPtr *connect, struct vm_here *here)
{
	const char *uuid = uuid_of(call, child);
	int r;

	if (!uuid)
		return hc_wait(call, "VirtualMachine/%s is not known yet",
			       vm_of_child(call->arena, child));
	r = vm_here_now(call, self, uuid, connect, here);
	if (r || here->domain)
		return r;
	vm_here_done(*connect, here);
	return hc_wait(call, "VirtualMachine/%s is not defined here",
		       vm_of_child(call->arena, child));
}

bool device_waits(const struct vm_here *here, bool on_pci)
{
	return on_pci && here->running && here->running->full;
}

/* libvirt has no number for it. */
static bool has_no_place(void)
{
	const virError *error = virGetLastError();

	return error && error->message && strstr(error->message, "No more available PCI");
}

int device_attach(struct hc_call *call, const struct vm_here *here, const char *name,
		  device_write *write)
{
	struct domain domain;
	const char *xml;
	int r = vm_domain(call, here->name, &domain);

	if (r)
		return r;
	xml = write(call->arena, &domain, name);
	if (!xml)
		return hc_fail(call, ENOENT, NULL, "%s has no %s", here->name, name);
	if (!virDomainAttachDeviceFlags(here->domain, xml, VIR_DOMAIN_AFFECT_LIVE) ||
	    has_no_place())
		return 0;
	return hypervisor_fail(call, NULL,
			       hc_printf(call->arena, "cannot attach %s of %s", name, here->name));
}

/* What was asked for before and goes on, or is so already. */
static bool is_under_way(void)
{
	const virError *error = virGetLastError();

	if (!error)
		return false;
	return error->code == VIR_ERR_DEVICE_MISSING ||
	       (error->message && strstr(error->message, "in the process of unplug"));
}

static int detach(struct hc_call *call, const struct vm_here *here, const char *alias,
		  unsigned flags)
{
	if (!virDomainDetachDeviceAlias(here->domain, alias, flags) || is_under_way())
		return 0;
	return hypervisor_fail(call, NULL,
			       hc_printf(call->arena, "cannot detach %s of %s", alias, here->name));
}

int device_detach(struct hc_call *call, struct libvirt *self, const struct vm_here *here,
		  const char *alias, bool defined, bool running)
{
	int r = defined ? vm_defining(call, self) : 0;

	if (r)
		return r;
	if (defined) {
		r = detach(call, here, alias, VIR_DOMAIN_AFFECT_CONFIG);
		vm_defined(self);
	}
	return r || !running ? r : detach(call, here, alias, VIR_DOMAIN_AFFECT_LIVE);
}

int device_gone(struct hc_call *call, struct libvirt *self, const char *child, device_has *has)
{
	virConnectPtr connect = NULL;
	struct vm_here here = {.running = NULL};
	int r = device_open(call, self, child, &connect, &here);

	if (r)
		return r;
	if (here.running && has(here.running, device_name(child)))
		r = hc_wait(call, "the guest has not let go of it yet");
	vm_here_done(connect, &here);
	return r;
}
