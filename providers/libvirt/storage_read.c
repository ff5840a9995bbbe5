/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libvirt's storage pools as they are. A pool has two descriptions: what is defined, and, while it
 * is active, what it was started as. Both have to be as wanted: of a field that is right in the one
 * the other is told.
 */

#include <string.h>

#include <hcstate/ceph_cluster.h>

#include "hypervisor.h"
#include "pool_xml.h"
#include "storage.h"

#define SET(r, member) hc_set_field(r, struct hc_storage, member)

struct pool {
	virStoragePoolPtr pool;
	const char *name;
	char uuid[VIR_UUID_STRING_BUFLEN];
	struct hc_storage defined, running;
};

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool same_hosts(const struct hc_strings *a, const struct hc_strings *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->v[i], b->v[i]) != 0)
			return false;
	return true;
}

static bool describe(struct hc_arena *arena, virStoragePoolPtr pool, unsigned flags,
		     struct hc_storage *storage, char **text)
{
	const char *uuid, *why;
	char *xml = virStoragePoolGetXMLDesc(pool, flags);
	bool known;

	if (!xml)
		return false; /* it went meanwhile */
	*text = hc_strdup(arena, xml);
	known = !pool_read(arena, xml, storage, &uuid, &why);
	free(xml);
	return known;
}

/* Of what is defined and what runs, the one that is not as wanted. */
static void choose(struct pool *pool, const struct hc_storage *want)
{
	const struct hc_storage *running = &pool->running;
	struct hc_storage *told = &pool->defined;

	if (!want)
		return;
	if (same_text(told->pool, want->pool))
		told->pool = running->pool;
	if (same_text(told->path, want->path))
		told->path = running->path;
	if (same_text(told->user, want->user))
		told->user = running->user;
	if (same_hosts(&told->hosts, &want->hosts))
		told->hosts = running->hosts;
}

static void observe(struct hc_resource *r, virStoragePoolPtr pool)
{
	struct hc_storage *storage = r->spec;
	virStoragePoolInfo info;

	if (!storage->active || virStoragePoolGetInfo(pool, &info) < 0)
		return;
	storage->capacity = info.capacity;
	storage->used = info.allocation;
	storage->available = info.available;
	SET(r, capacity);
	SET(r, used);
	SET(r, available);
}

static void mark_fields(struct hc_resource *r)
{
	const struct hc_storage *storage = r->spec;

	SET(r, type);
	if (storage->type == HC_STORAGE_DIR) {
		if (storage->path)
			SET(r, path);
		return;
	}
	if (storage->pool)
		SET(r, pool);
	SET(r, hosts);
	if (storage->user)
		SET(r, user);
}

/* The secret that its user's key is in, and whether the pool asks with that one. */
static void judge(struct hc_call *call, virConnectPtr connect, struct hc_resource *r,
		  const char *text, const char *user)
{
	struct hc_storage *storage = r->spec;
	const char *asks = pool_read_secret(call->arena, text);

	if (!user || storage->type != HC_STORAGE_RBD)
		return;
	storage->secret = secret_judge(call, connect, user);
	if (storage->secret == HC_KEYRING_RIGHT &&
	    (!asks || strcmp(asks, storage_secret_of(call, user)) != 0))
		storage->secret = HC_KEYRING_WRONG;
	SET(r, secret);
}

static void take(const struct look *look, virConnectPtr connect, struct pool *pool)
{
	struct hc_call *call = look->call;
	const struct hc_resource *want =
		hc_find(call->desired, &hc_storage, call->node, pool->name);
	const struct hc_storage *spec = want ? want->spec : NULL;
	struct hc_resource *r =
		hc_resource_new(&look->live->found, &hc_storage, call->node, pool->name);
	struct hc_storage *storage = r->spec;
	bool active = virStoragePoolIsActive(pool->pool) == 1;
	int autostart = 0;
	char *text = NULL, *runs;

	if (describe(call->arena, pool->pool, VIR_STORAGE_XML_INACTIVE, &pool->defined, &text)) {
		if (active && describe(call->arena, pool->pool, 0, &pool->running, &runs))
			choose(pool, spec);
		*storage = pool->defined;
		mark_fields(r);
		judge(call, connect, r, text, spec ? spec->user : NULL);
	}
	storage->active = active;
	SET(r, active);
	if (!virStoragePoolGetAutostart(pool->pool, &autostart)) {
		storage->autostart = autostart;
		SET(r, autostart);
	}
	observe(r, pool->pool);
	r->made = !strcmp(pool->uuid, storage_uuid(call->arena, pool->name));
}

int storage_read(const struct look *look)
{
	struct hc_call *call = look->call;
	virStoragePoolPtr *pools = NULL;
	virConnectPtr connect;
	const char *why;
	int n;

	if (hypervisor_open(call, look->self->hypervisor, &connect, &why)) {
		if (!storage_unborn())
			hc_unknown(look->live, &hc_storage, "%s", why);
		return 0;
	}
	n = virConnectListAllStoragePools(connect, &pools, 0);
	if (n < 0)
		hc_unknown(look->live, &hc_storage, "libvirt does not list its pools: %s",
			   hypervisor_error(call->arena));
	for (int i = 0; i < n; i++) {
		struct pool pool = {.pool = pools[i]};

		pool.name = hc_strdup(call->arena, virStoragePoolGetName(pools[i]));
		if (!virStoragePoolGetUUIDString(pools[i], pool.uuid))
			take(look, connect, &pool);
		(void)virStoragePoolFree(pools[i]);
	}
	free(pools);
	(void)virConnectClose(connect);
	return 0;
}
