/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node that was lost comes back, or a QEMU of it died and was started anew. The clients of its
 * QEMUs were put on Ceph's blocklist for years, and the claims note which; nobody else can tell
 * when they are gone. This node sees when neither libvirt nor the process table has such a QEMU any
 * more. What it sent may still stand in an OSD's queue, so its entries stay for the hour that Ceph
 * itself finds right, and go by themselves.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <libvirt/virterror.h>

#include "client.h"
#include "cluster.h"
#include "fence.h"
#include "host.h"
#include "text.h"
#include "vm.h"

enum {
	RESTED_S = 20,
	COMMAND_MAX = 65536, /* bytes of a command line that are looked at; QEMU's are a few K */
};

/* Those of this node, by its address in Ceph's network; and those that are not. */
static struct hc_strings part(struct hc_arena *arena, const char *own, const struct hc_strings *v,
			      bool ours)
{
	struct hc_strings some = {0};

	for (size_t i = 0; i < v->n; i++)
		if (client_is_beside(own, v->v[i]) == ours)
			hc_strings_add(arena, &some, v->v[i]);
	return some;
}

static bool has_own(struct hc_arena *arena, const char *own, const struct claim *claim)
{
	return !claim->why && claim->vm && part(arena, own, &claim->shut_out, true).n;
}

static bool is_active(const struct vms *vms, const struct claim *claim)
{
	for (size_t i = 0; i < vms->nhere; i++)
		if (is(vms->here[i].uuid, claim->uuid))
			return vms->here[i].active;
	return false;
}

/* What runs here is a later one: the claim came back, and names other clients. */
static bool is_back(const struct claim *claim, const char *node)
{
	return claim->state == HC_CLAIM_RUNNING && is(claim->node, node);
}

bool host_lift_is_due(const struct claim *claim, const char *node, bool active)
{
	if (!is(claim->node, node) || claim->state == HC_CLAIM_FREE)
		return !active;
	return active && is_back(claim, node);
}

bool host_lift_can_wait(const struct claim *v, size_t n, uint64_t rested)
{
	for (size_t i = 0; i < n; i++)
		if ((v[i].state != HC_CLAIM_RUNNING && v[i].state != HC_CLAIM_FREE) ||
		    v[i].since > rested)
			return true;
	return false;
}

/* Who looks again waits until they have rested, as one that ends again and again has more to do;
 * who looks once does all at once. */
static uint64_t rested(const struct hc_call *call)
{
	return call->pulse ? (uint64_t)time(NULL) - RESTED_S : UINT64_MAX;
}

static bool any_shut_out(const struct vms *vms)
{
	for (size_t i = 0; i < vms->nclaim; i++)
		if (vms->claims[i].shut_out.n)
			return true;
	return false;
}

/* Whether the process is its QEMU, as every one of libvirt names its uuid; -1: nobody knows. */
static int is_its_qemu(int proc, const char *pid, const char *uuid)
{
	char path[300], text[COMMAND_MAX], wanted[64];
	int n = snprintf(wanted, sizeof(wanted), "-uuid%c%s", '\0', uuid);
	_cleanup_(hc_closep) int fd = -1;
	ssize_t got;

	(void)snprintf(path, sizeof(path), "%s/cmdline", pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ESRCH ? 0 : -1; /* it has just ended */
	got = read(fd, text, sizeof(text));
	if (got < 0)
		return errno == ESRCH ? 0 : -1;
	return memmem(text, (size_t)got, wanted, (size_t)n) != NULL;
}

/* One that libvirtd has lost sight of counts too. */
static unsigned count_processes(const char *uuid)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	unsigned n = proc ? 0 : UINT_MAX;

	while (proc && n < UINT_MAX && (entry = readdir(proc))) {
		int one = *entry->d_name >= '1' && *entry->d_name <= '9'
				  ? is_its_qemu(dirfd(proc), entry->d_name, uuid)
				  : 0;

		n = one < 0 ? UINT_MAX : n + (unsigned)one;
	}
	if (proc)
		(void)closedir(proc);
	return n;
}

static bool is_due(const struct claim *claim, const char *node, bool active)
{
	return host_lift_is_due(claim, node, active) &&
	       count_processes(claim->uuid) <= (unsigned)active;
}

void host_lift_read(const struct look *look, struct hc_strings *names)
{
	struct hc_arena *arena = look->call->arena;
	const char *own, *why;
	rados_t rados;

	if (!vms_seen(look) || !any_shut_out(look->vms) ||
	    host_lift_can_wait(look->vms->claims, look->vms->nclaim, rested(look->call)) ||
	    !cluster_wanted(look->call) ||
	    cluster_take(look->call, look->self->cluster, &rados, &why))
		return;
	own = client_address(arena, rados);
	cluster_give(look->self->cluster, rados, false);
	for (size_t i = 0; i < look->vms->nclaim; i++) {
		const struct claim *claim = &look->vms->claims[i];

		if (has_own(arena, own, claim) &&
		    is_due(claim, look->call->node, is_active(look->vms, claim)))
			hc_strings_add(arena, names, claim->vm);
	}
}

static int active_here(virConnectPtr connect, const char *uuid)
{
	virDomainPtr domain = virDomainLookupByUUIDString(connect, uuid);
	const virError *error = domain ? NULL : virGetLastError();
	int active = error && error->code == VIR_ERR_NO_DOMAIN ? 0 : -1;

	if (!domain)
		return active;
	active = virDomainIsActive(domain);
	(void)virDomainFree(domain);
	return active;
}

static bool is_gone(virConnectPtr connect, const struct claim *claim, const char *node)
{
	int active = active_here(connect, claim->uuid);

	if (active < 0 || (active && !is_back(claim, node)))
		return false;
	return count_processes(claim->uuid) <= (unsigned)active;
}

static int lift(struct hc_call *call, const struct claim_store *store, const char *own,
		const struct claim *was)
{
	const struct hc_strings ours = part(call->arena, own, &was->shut_out, true);
	struct claim next = *was;
	int r = fence_shorten(call, store->rados, &ours);

	if (r)
		return r;
	next.shut_out = part(call->arena, own, &was->shut_out, false);
	r = claim_store_put(store, call->arena, was, &next);
	if (r == -ECANCELED)
		return hc_wait(call, "the claim of %s has just been changed", was->vm);
	return r ? hc_fail(call, -r, NULL, "the claim of %s cannot be written: %s", was->vm,
			   strerror(-r))
		 : 0;
}

/* Of two results: one that waits does not hide one that failed, nor is it hidden by success. */
static int worse(int a, int b)
{
	return b && (!a || a == -EAGAIN) ? b : a;
}

int host_lift(struct hc_call *call, const struct claim_store *store, virConnectPtr connect,
	      const struct hc_strings *names)
{
	struct claim *v;
	size_t n;
	const char *own;
	int r;

	if (!store->rados)
		return 0;
	own = client_address(call->arena, store->rados);
	r = claim_store_list(store, call->arena, &v, &n);
	if (r)
		return hc_fail(call, -r, NULL, "the claims cannot be read: %s", strerror(-r));
	for (size_t i = 0; i < n && (!r || r == -EAGAIN); i++) {
		if (!has_own(call->arena, own, &v[i]) || !hc_strings_have(names, v[i].vm))
			continue;
		if (!is_gone(connect, &v[i], call->node))
			call->another = true; /* it came back meanwhile */
		else
			r = worse(r, lift(call, store, own, &v[i]));
	}
	return r;
}

int host_lift_apply(struct hc_call *call, struct libvirt *self, const struct hc_strings *names)
{
	return host_with_store(call, self, names, host_lift);
}
