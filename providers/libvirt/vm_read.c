/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Domains and claims, read once per read and shared by the nouns of VMs: one list of libvirt, the
 * descriptions of each domain, and all claims at once. What each domain is active is known from the
 * list, so that hundreds that are only defined cost one question each.
 *
 * What does not answer is unknown, with one exception: where libvirt was never used, or Ceph does
 * not exist yet, there is nothing, and that has to be known for the first VM to be made.
 */

#include <libvirt/virterror.h>
#include <string.h>

#include "claim_store.h"
#include "cluster.h"
#include "hypervisor.h"
#include "storage.h"
#include "vm_ops.h"

/* One of its descriptions. 0 and NULL: it has gone meanwhile. */
static int describe(struct hc_arena *arena, virDomainPtr domain, unsigned flags,
		    const struct domain **to, const char **why)
{
	_cleanup_(hc_freep) char *xml = virDomainGetXMLDesc(domain, flags);
	const virError *error = xml ? NULL : virGetLastError();
	struct domain *read = hc_new(arena, struct domain);
	int r;

	*to = NULL;
	if (!xml && error && error->code == VIR_ERR_NO_DOMAIN)
		return 0;
	if (!xml) {
		*why = hypervisor_error(arena);
		return -EIO;
	}
	r = domain_read(arena, xml, read, why);
	if (!r)
		*to = read;
	return r;
}

static int take_active(struct hc_arena *arena, struct vm_here *here, const char **why)
{
	int persistent = virDomainIsPersistent(here->domain);

	if (virDomainGetState(here->domain, &here->state, &here->reason, 0) < 0 || persistent < 0) {
		const virError *error = virGetLastError();

		*why = hypervisor_error(arena);
		return error && error->code == VIR_ERR_NO_DOMAIN ? -ENOENT : -EIO;
	}
	if (!persistent)
		here->defined = NULL;
	return describe(arena, here->domain, 0, &here->running, why);
}

/* -ENOENT: it has gone meanwhile. `flags`: more of libvirt's for its definition. */
static int take_domain(struct hc_arena *arena, virDomainPtr domain, unsigned flags,
		       struct vm_here *here, const char **why)
{
	const struct domain *one;
	int r;

	*here = (struct vm_here){.domain = domain};
	here->active = virDomainGetID(domain) != (unsigned)-1;
	r = describe(arena, domain, VIR_DOMAIN_XML_INACTIVE | flags, &here->defined, why);
	if (!r && here->active)
		r = take_active(arena, here, why);
	if (r)
		return r;
	one = here->defined ? here->defined : here->running;
	if (!one)
		return -ENOENT;
	here->name = one->name;
	here->uuid = one->uuid;
	here->ours = one->ours;
	return 0;
}

static int by_name(const void *one, const void *other)
{
	const struct vm_here *a = one, *b = other;

	return strcmp(a->name, b->name);
}

/* Takes over the references of `v`. */
static void take_domains(struct hc_arena *arena, struct vms *vms, virDomainPtr *v, size_t n)
{
	vms->here = hc_alloc(arena, n * sizeof(*vms->here));
	for (size_t i = 0; i < n; i++) {
		struct vm_here *here = &vms->here[vms->nhere];
		const char *why = "", *name = hc_strdup(arena, virDomainGetName(v[i]));
		int r = vms->why ? -ECANCELED : take_domain(arena, v[i], 0, here, &why);

		if (r)
			(void)virDomainFree(v[i]);
		else
			vms->nhere++;
		if (r && r != -ENOENT && !vms->why)
			vms->why = hc_printf(arena, "domain %s: %s", name, why);
	}
	if (vms->nhere)
		qsort(vms->here, vms->nhere, sizeof(*vms->here), by_name);
}

/* One question for all of them; hardly ever is there one. */
static void read_autostart(struct hc_arena *arena, struct vms *vms)
{
	virDomainPtr *v = NULL;
	int n = virConnectListAllDomains(vms->connect, &v, VIR_CONNECT_LIST_DOMAINS_AUTOSTART);

	if (n < 0)
		vms->why = hypervisor_error(arena);
	for (int i = 0; i < n; i++) {
		for (size_t k = 0; k < vms->nhere; k++)
			vms->here[k].autostart |=
				!strcmp(vms->here[k].name, virDomainGetName(v[i]));
		(void)virDomainFree(v[i]);
	}
	free(v);
}

static void read_domains(const struct look *look)
{
	struct vms *vms = look->vms;
	virDomainPtr *v = NULL;
	const char *why = "";
	int n;

	if (hypervisor_open(look->call, look->self->hypervisor, &vms->connect, &why)) {
		vms->connect = NULL;
		vms->why = storage_unborn() ? NULL : why;
		hc_tell(look->call, VM_ROOM, "0"); /* else VmHost tells it */
		return;
	}
	n = virConnectListAllDomains(vms->connect, &v, 0);
	if (n < 0) {
		vms->why = hypervisor_error(look->call->arena);
		return;
	}
	take_domains(look->call->arena, vms, v, (size_t)n);
	free(v);
	if (!vms->why)
		read_autostart(look->call->arena, vms);
}

/* Where nobody has VMs nobody asks Ceph. */
static bool needs_claims(const struct look *look)
{
	size_t n;

	(void)hc_of_type(look->call->whole, &hc_vm, &n);
	for (size_t i = 0; !n && i < look->vms->nhere; i++)
		n = look->vms->here[i].ours;
	return n > 0;
}

static void read_claims(const struct look *look)
{
	struct hc_call *call = look->call;
	struct vms *vms = look->vms;
	struct claim_store store = {NULL};
	const char *why = "";
	int r;

	if (cluster_wanted(call)) {
		r = cluster_take(call, look->self->cluster, &store.rados, &why);
		if (r) {
			vms->why = cluster_unborn(call->arena) ? NULL : why;
			return;
		}
	}
	r = claim_store_list(&store, call->arena, &vms->claims, &vms->nclaim);
	if (r)
		vms->why = hc_printf(call->arena, "their claims cannot be read: %s", strerror(-r));
	if (store.rados)
		cluster_give(look->self->cluster, store.rados, r == -ETIMEDOUT);
}

bool vms_seen(const struct look *look)
{
	struct vms *vms = look->vms;

	if (!vms->read) {
		vms->read = true;
		read_domains(look);
		if (!vms->why && needs_claims(look))
			read_claims(look);
	}
	return !vms->why;
}

bool vms_known(const struct look *look, const struct hc_type *type)
{
	bool seen = vms_seen(look);

	if (!seen)
		hc_unknown(look->live, type, "%s", look->vms->why);
	return seen;
}

void vms_done(struct vms *vms)
{
	for (size_t i = 0; i < vms->nhere; i++)
		(void)virDomainFree(vms->here[i].domain);
	if (vms->connect)
		(void)virConnectClose(vms->connect);
	vms->nhere = 0;
	vms->connect = NULL;
}

const struct vm_here *vms_here(const struct vms *vms, const char *name)
{
	for (size_t i = 0; i < vms->nhere; i++)
		if (!strcmp(vms->here[i].name, name))
			return &vms->here[i];
	return NULL;
}

const struct claim *vms_claim(const struct vms *vms, const char *uuid)
{
	for (size_t i = 0; i < vms->nclaim; i++)
		if (vms->claims[i].uuid && uuid && !strcmp(vms->claims[i].uuid, uuid))
			return &vms->claims[i];
	return NULL;
}

bool vms_mine(const struct hc_call *call, const struct vms *vms, const struct vm_here *here)
{
	const struct claim *claim = vms_claim(vms, here->uuid);

	return here->ours && (!claim || !claim->node || !strcmp(claim->node, call->node));
}

int vm_lookup(struct hc_call *call, virConnectPtr connect, const char *uuid, virDomainPtr *domain)
{
	const virError *error;

	*domain = virDomainLookupByUUIDString(connect, uuid);
	if (*domain)
		return 0;
	error = virGetLastError();
	if (error && error->code == VIR_ERR_NO_DOMAIN)
		return 0;
	return hypervisor_fail(call, NULL, "looking for a domain");
}

int vm_here_now(struct hc_call *call, struct libvirt *self, const char *uuid,
		virConnectPtr *connect, struct vm_here *here)
{
	const char *why = "";
	virDomainPtr domain;
	int r;

	*here = (struct vm_here){NULL};
	if (hypervisor_open(call, self->hypervisor, connect, &why)) {
		*connect = NULL;
		return hc_wait(call, "%s", why);
	}
	r = vm_lookup(call, *connect, uuid, &domain);
	if (r || !domain)
		goto out;
	/* with the password of somebody's screen: it may be written again */
	r = take_domain(call->arena, domain, VIR_DOMAIN_XML_SECURE, here, &why);
	if (r) {
		*here = (struct vm_here){NULL};
		(void)virDomainFree(domain);
	}
	if (r && r != -ENOENT)
		(void)hc_fail(call, -r, NULL, "the domain: %s", why);
	if (r == -ENOENT)
		r = 0; /* it has gone meanwhile */
out:
	if (r) {
		(void)virConnectClose(*connect);
		*connect = NULL;
	}
	return r;
}

void vm_here_done(virConnectPtr connect, struct vm_here *here)
{
	if (here->domain)
		(void)virDomainFree(here->domain);
	here->domain = NULL;
	if (connect)
		(void)virConnectClose(connect);
}
