/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of a Storage. Each looks at the pool as it is then, so that taking one again, or after
 * a person did the same, is harmless.
 */

#include <libvirt/virterror.h>
#include <string.h>
#include <sys/stat.h>

#include <hcstate/directory.h>

#include "cluster.h"
#include "hypervisor.h"
#include "pool_xml.h"
#include "storage.h"

/* 0 with NULL: there is none. */
static int look_up(struct hc_call *call, virConnectPtr connect, const char *name,
		   virStoragePoolPtr *pool)
{
	const virError *error;

	*pool = virStoragePoolLookupByName(connect, name);
	if (*pool)
		return 0;
	error = virGetLastError();
	if (error && error->code == VIR_ERR_NO_STORAGE_POOL)
		return 0;
	return hypervisor_fail(call, NULL, "libvirt does not say what pools it has");
}

static int must_have(struct hc_call *call, virConnectPtr connect, const char *name,
		     virStoragePoolPtr *pool)
{
	int r = look_up(call, connect, name, pool);

	if (!r && !*pool)
		return hc_wait(call, "the pool %s is gone again", name);
	return r;
}

/* Those that are missing; what is there stays as it is. */
static int make_directory(struct hc_call *call, const struct hc_resource *want)
{
	const char *path = ((const struct hc_storage *)want->spec)->path;
	struct stat is;
	int r = 0;

	for (const char *end = path; !r && *end;) {
		const char *part;

		end += strspn(end, "/");
		end += strcspn(end, "/");
		part = hc_strndup(call->arena, path, (size_t)(end - path));
		if (stat(part, &is))
			r = hc_directory_give(part, end[strspn(end, "/")] ? 0755 : 0711, 0, 0);
		else if (!S_ISDIR(is.st_mode))
			r = -ENOTDIR;
	}
	return r ? hc_fail(call, -r, want, "cannot make %s: %s", path, hc_directory_error(r)) : 0;
}

/* A pool that is there keeps its uuid, ours or not: libvirt takes a name only once. */
static const char *uuid_for(struct hc_call *call, const char *name, virStoragePoolPtr pool)
{
	char uuid[VIR_UUID_STRING_BUFLEN];

	if (pool && !virStoragePoolGetUUIDString(pool, uuid))
		return hc_strdup(call->arena, uuid);
	return storage_uuid(call->arena, name);
}

static int destroy(struct hc_call *call, const struct hc_resource *about, virStoragePoolPtr pool)
{
	if (virStoragePoolIsActive(pool) == 1 && virStoragePoolDestroy(pool) < 0)
		return hypervisor_fail(call, about, "the pool does not stop");
	return 0;
}

/* A pool that runs is started anew with it. Disks that VMs have open do not notice: libvirt uses a
 * pool to look at volumes only. */
static int define(struct hc_call *call, virConnectPtr connect, const struct hc_resource *want)
{
	const struct hc_storage *storage = want->spec;
	const char *user = storage->type == HC_STORAGE_RBD ? storage->user : NULL, *xml;
	virStoragePoolPtr pool, made = NULL;
	int r = look_up(call, connect, want->name, &pool);

	if (!r && storage->type == HC_STORAGE_DIR)
		r = make_directory(call, want);
	if (!r && pool)
		r = destroy(call, want, pool);
	if (!r) {
		xml = pool_write(call->arena, storage, want->name, uuid_for(call, want->name, pool),
				 &storage->hosts, user,
				 user ? storage_secret_of(call, user) : NULL);
		made = virStoragePoolDefineXML(connect, xml, 0);
		if (!made)
			r = hypervisor_fail(call, want, "libvirt does not define the pool");
	}
	if (made)
		(void)virStoragePoolFree(made);
	if (pool)
		(void)virStoragePoolFree(pool);
	return r;
}

/* libvirt would say little of what is missing. */
static int need_ceph(struct hc_call *call, struct libvirt *self, const struct hc_storage *storage)
{
	const char *why;
	rados_t rados;
	int64_t id;
	int r = cluster_take(call, self->cluster, &rados, &why);

	if (r)
		return hc_wait(call, "%s", why);
	id = rados_pool_lookup(rados, storage->pool);
	cluster_give(self->cluster, rados, id == -ETIMEDOUT || id == -ENOTCONN);
	if (id == -ENOENT)
		return hc_wait(call, "Ceph has no pool %s yet", storage->pool);
	return id < 0 ? hc_fail(call, (int)-id, NULL, "cannot look for Ceph's pool %s: %s",
				storage->pool, strerror((int)-id))
		      : 0;
}

static int start(struct hc_call *call, struct libvirt *self, virConnectPtr connect,
		 const struct hc_resource *want)
{
	const struct hc_storage *storage = want->spec;
	virStoragePoolPtr pool;
	int r = must_have(call, connect, want->name, &pool);

	if (r)
		return r;
	if (virStoragePoolIsActive(pool) != 1) {
		r = storage->type == HC_STORAGE_RBD ? need_ceph(call, self, storage)
						    : make_directory(call, want);
		if (!r && virStoragePoolCreate(pool, 0) < 0)
			r = hypervisor_fail(call, want, "the pool does not start");
	}
	(void)virStoragePoolFree(pool);
	return r;
}

static int autostart(struct hc_call *call, virConnectPtr connect, const struct hc_resource *want)
{
	virStoragePoolPtr pool;
	int r = must_have(call, connect, want->name, &pool);

	if (r)
		return r;
	if (virStoragePoolSetAutostart(pool, ((const struct hc_storage *)want->spec)->autostart) <
	    0)
		r = hypervisor_fail(call, want, "cannot set autostart of the pool");
	(void)virStoragePoolFree(pool);
	return r;
}

static bool is_needed(const struct hc_call *call, const char *user)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(call->desired, &hc_storage, &n);

	for (size_t i = 0; i < n; i++) {
		const char *other = ((const struct hc_storage *)v[i]->spec)->user;

		if (other && !strcmp(other, user))
			return true;
	}
	return false;
}

/* Its secret goes with the last that asks with it. */
static int remove_pool(struct hc_call *call, virConnectPtr connect, const struct hc_resource *have)
{
	const char *user = ((const struct hc_storage *)have->spec)->user;
	virStoragePoolPtr pool;
	int r = look_up(call, connect, have->name, &pool);

	if (r)
		return r;
	if (pool) {
		r = destroy(call, NULL, pool);
		if (!r && virStoragePoolUndefine(pool) < 0)
			r = hypervisor_fail(call, NULL, "libvirt does not forget the pool");
		(void)virStoragePoolFree(pool);
	}
	return r || !user || is_needed(call, user) ? r : secret_take_away(call, connect, user);
}

static int take_step(struct hc_call *call, struct libvirt *self, virConnectPtr connect,
		     const struct hc_step *step)
{
	const struct hc_change *change = step->change;

	switch ((enum storage_op)step->op) {
	case STORAGE_SECRET:
		return secret_give(call, connect, change->want,
				   ((const struct hc_storage *)change->want->spec)->user);
	case STORAGE_DEFINE:
		return define(call, connect, change->want);
	case STORAGE_START:
		return start(call, self, connect, change->want);
	case STORAGE_AUTOSTART:
		return autostart(call, connect, change->want);
	case STORAGE_REMOVE:
		return remove_pool(call, connect, change->have);
	}
	return 0;
}

int storage_apply(struct hc_call *call, struct libvirt *self, const struct hc_step *step)
{
	virConnectPtr connect;
	const char *why;
	int r = hypervisor_open(call, self->hypervisor, &connect, &why);

	if (r)
		return hc_wait(call, "%s", why);
	r = take_step(call, self, connect, step);
	(void)virConnectClose(connect);
	return r;
}
