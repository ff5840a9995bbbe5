/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing a domain's definition. What libvirt chose when it defined the domain before stays (where
 * the cards are, which version of the machine), as a guest would notice; so do devices that others
 * put there. Its autostart is never libvirt's: only a claim lets a VM start.
 */

#include <libvirt/virterror.h>
#include <string.h>
#include <time.h>

#include "hypervisor.h"
#include "vm_ops.h"

enum {
	US = 1000000, /* of hc_now(), in a second */
};

static bool has_disk(const struct domain *domain, const char *name)
{
	return name && vm_domain_disk(domain, name);
}

static bool has_net(const struct domain *domain, const char *name)
{
	return name && vm_domain_net(domain, name);
}

/* What may be added: the CD drive, which has no life of its own, and what was asked for. */
static bool is_new(const char *name, const char *device)
{
	return !strcmp(name, "cdrom") || (device && !strcmp(name, device));
}

/* The wanted disks that it has or now gets, and behind them what else it has. */
static void merge_disks(struct hc_arena *arena, struct domain *want, const struct domain *was,
			const char *device)
{
	struct domain_disk *v = hc_alloc(arena, (want->ndisk + was->ndisk) * sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < want->ndisk; i++)
		if (has_disk(was, want->disks[i].name) || is_new(want->disks[i].name, device))
			v[n++] = want->disks[i];
	for (size_t i = 0; i < was->ndisk; i++)
		if (!has_disk(want, was->disks[i].name))
			v[n++] = was->disks[i];
	want->disks = v;
	want->ndisk = n;
}

static void merge_nets(struct hc_arena *arena, struct domain *want, const struct domain *was,
		       const char *device)
{
	struct domain_net *v = hc_alloc(arena, (want->nnet + was->nnet) * sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < want->nnet; i++)
		if (has_net(was, want->nets[i].name) || is_new(want->nets[i].name, device))
			v[n++] = want->nets[i];
	for (size_t i = 0; i < was->nnet; i++)
		if (!has_net(want, was->nets[i].name))
			v[n++] = was->nets[i];
	want->nets = v;
	want->nnet = n;
}

void vm_merge(struct hc_arena *arena, struct domain *want, const struct domain *was,
	      const char *device)
{
	domain_keep(want, was);
	merge_disks(arena, want, was, device);
	merge_nets(arena, want, was, device);
	domain_boot(want);
}

static int no_autostart(struct hc_call *call, virDomainPtr domain)
{
	int autostart = 0;

	if (virDomainGetAutostart(domain, &autostart) < 0 ||
	    (autostart && virDomainSetAutostart(domain, 0) < 0))
		return hypervisor_fail(call, NULL, "turning libvirt's autostart off");
	return 0;
}

static int define(struct hc_call *call, virConnectPtr connect, const struct domain *want)
{
	const char *xml = domain_write(call->arena, want);
	virDomainPtr domain = virDomainDefineXMLFlags(connect, xml, 0);
	int r;

	if (!domain)
		return hypervisor_fail(call, NULL, "libvirt does not define it");
	r = no_autostart(call, domain);
	(void)virDomainFree(domain);
	return r;
}

int vm_leave_alone(struct hc_call *call, struct libvirt *self, const char *uuid)
{
	virConnectPtr connect;
	struct vm_here here;
	int r = vm_here_now(call, self, uuid, &connect, &here);

	if (r)
		return r;
	if (here.domain && here.defined)
		r = no_autostart(call, here.domain);
	vm_here_done(connect, &here);
	return r;
}

int vm_defining(struct hc_call *call, struct libvirt *self)
{
	const struct timespec end = {
		.tv_sec = (time_t)(call->deadline / US),
		.tv_nsec = (long)(call->deadline % US) * 1000,
	};

	if (!pthread_mutex_clocklock(&self->defining, CLOCK_MONOTONIC, &end))
		return 0;
	return hc_wait(call, "another definition is still being written");
}

void vm_defined(struct libvirt *self)
{
	pthread_mutex_unlock(&self->defining);
}

/* With the lock held. */
static int change(struct hc_call *call, struct libvirt *self, struct domain *want,
		  const char *device)
{
	virConnectPtr connect;
	struct vm_here here;
	int r = vm_here_now(call, self, want->uuid, &connect, &here);

	if (r)
		return r;
	if (here.domain && !here.ours)
		r = hc_fail(call, EEXIST, NULL,
			    "a domain with its uuid %s is there that hcstate did not make",
			    want->uuid);
	/* one that was undefined while it runs has the devices that it runs with */
	else if (here.domain)
		vm_merge(call->arena, want, here.defined ? here.defined : here.running, device);
	if (!r)
		r = define(call, connect, want);
	vm_here_done(connect, &here);
	return r;
}

int vm_define(struct hc_call *call, struct libvirt *self, const char *vm, const char *device)
{
	struct domain want;
	int r = vm_domain(call, vm, &want);

	if (!r)
		r = vm_defining(call, self);
	if (r)
		return r;
	r = change(call, self, &want, device);
	vm_defined(self);
	return r;
}

bool vm_undefine(virDomainPtr domain)
{
	const unsigned all = VIR_DOMAIN_UNDEFINE_MANAGED_SAVE |
			     VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA |
			     VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA | VIR_DOMAIN_UNDEFINE_NVRAM;
	const virError *error;

	if (virDomainUndefineFlags(domain, all) >= 0)
		return true;
	error = virGetLastError();
	return error && error->code == VIR_ERR_NO_DOMAIN;
}
