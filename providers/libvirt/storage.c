/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Storage: a pool of libvirt. What is in it is not libvirt's: removing the document takes the pool
 * from libvirt, and leaves Ceph's pool or the directory with all that is in it.
 *
 * A pool of that name that a person defined is taken over as it is, with its uuid; only those with
 * ours are taken for our work.
 */

#include "storage.h"

#include <string.h>

#include <ceph-client/wants.h>
#include <hcstate/ceph_cluster.h>
#include <hcstate/ceph_pool.h>

#define USER "client.libvirt"
#define SET(r, member) hc_set_field(r, struct hc_storage, member)
#define DIFFERS(c, member) hc_differs(c, struct hc_storage, member)

enum {
	START_US = 60000000, /* libvirt looks at each image in it */
};

static void want_hosts(struct hc_call *call, struct hc_resource *r)
{
	const struct wants wants = wants_of(call);
	struct hc_storage *storage = r->spec;

	for (size_t i = 0; i < wants.nmon; i++)
		if (wants.mons[i].address.family)
			hc_strings_add(call->arena, &storage->hosts,
				       hc_address_text(call->arena, &wants.mons[i].address, false));
	SET(r, hosts);
}

static void complete(struct hc_call *call, struct hc_resource *r)
{
	struct hc_storage *storage = r->spec;

	storage->active = storage->autostart = true;
	SET(r, active);
	SET(r, autostart);
	if (storage->type != HC_STORAGE_RBD)
		return;
	storage->pool = storage->pool ? storage->pool : r->name;
	storage->user = storage->user ? storage->user : USER;
	storage->secret = HC_KEYRING_RIGHT;
	SET(r, pool);
	SET(r, user);
	SET(r, secret);
	want_hosts(call, r);
}

static void add(struct hc_call *call, struct hc_set *desired, const struct hc_resource *pool)
{
	struct hc_resource *r = hc_resource_new(desired, &hc_storage, call->node, pool->name);
	struct hc_storage *storage = r->spec;

	r->place = pool->place;
	storage->type = HC_STORAGE_RBD;
	SET(r, type);
	complete(call, r);
}

/* The pools by name first: adding to the set moves it. */
static void add_of_pools(struct hc_call *call, struct hc_set *desired)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(desired, &hc_ceph_pool, &n);
	const struct hc_resource **pools = hc_alloc(call->arena, (n + 1) * sizeof(*pools));
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		if (((const struct hc_ceph_pool *)v[i]->spec)->storage &&
		    !hc_find(desired, &hc_storage, call->node, v[i]->name))
			pools[found++] = v[i];
	for (size_t i = 0; i < found; i++)
		add(call, desired, pools[i]);
	if (found)
		hc_set_sort(desired); /* images are looked up in it */
}

int storage_derive(struct hc_call *call, struct hc_set *desired)
{
	size_t n;
	struct hc_resource *const *v;

	hc_set_sort(desired); /* something may have been added to it */
	v = hc_of_type(desired, &hc_storage, &n);
	for (size_t i = 0; i < n; i++)
		if (v[i]->node && !strcmp(v[i]->node, call->node))
			complete(call, v[i]);
	if (call->member)
		add_of_pools(call, desired);
	return 0;
}

/* A disk of a VM of this node's that is in it. */
static const struct hc_resource *user_of(const struct hc_call *call, const char *storage)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(call->whole, &hc_vm_disk, &n);

	for (size_t i = 0; i < n; i++) {
		const struct hc_vm_disk *disk = v[i]->spec;
		const struct hc_vm *vm = v[i]->parent ? v[i]->parent->spec : NULL;

		if (disk->storage && !strcmp(disk->storage, storage) && vm && vm->node &&
		    !strcmp(vm->node, call->node))
			return v[i];
	}
	return NULL;
}

static int adjust_storage(struct hc_call *call, struct hc_change *change)
{
	const struct hc_resource *user;
	const struct hc_storage *want;

	if (change->action == HC_REMOVE) {
		user = user_of(call, change->name);
		if (user)
			change->refused = hc_printf(call->arena, "%s uses it",
						    hc_resource_text(call->arena, user));
		return 0;
	}
	want = change->want->spec;
	hc_agree(change, struct hc_storage, comment);
	if (want->type == HC_STORAGE_RBD && (!change->have || change->differs))
		change->refused = secret_missing(call, want->user);
	return 0;
}

static void plan_start(struct hc_change *change, struct hc_plan *plan)
{
	hc_step(plan, change, STORAGE_START, HC_NONE, NULL, "start it")->deadline_us = START_US;
}

static void plan_all(struct hc_change *change, struct hc_plan *plan)
{
	const struct hc_storage *want = change->want->spec;
	bool stops = change->action == HC_REPLACE;

	if (want->type == HC_STORAGE_RBD)
		(void)hc_step(plan, change, STORAGE_SECRET, HC_NONE, NULL, "give libvirt the key");
	(void)hc_step(plan, change, STORAGE_DEFINE, stops ? HC_BLIP : HC_NONE, NULL,
		      stops ? "stop it, define it anew" : "define the pool");
	plan_start(change, plan);
	(void)hc_step(plan, change, STORAGE_AUTOSTART, HC_NONE, NULL, "set autostart");
}

/* A pool that was started with a wrong key does not work, though it counts as active. */
static void plan_update(struct hc_change *change, struct hc_plan *plan)
{
	bool secret = DIFFERS(change, secret);
	bool define = DIFFERS(change, type) || DIFFERS(change, pool) || DIFFERS(change, path) ||
		      DIFFERS(change, user) || DIFFERS(change, hosts) || secret;

	if (secret || DIFFERS(change, user))
		(void)hc_step(plan, change, STORAGE_SECRET, HC_NONE, NULL, "give libvirt the key");
	if (define)
		(void)hc_step(plan, change, STORAGE_DEFINE, HC_BLIP, NULL,
			      "stop it, define it anew");
	if (define || DIFFERS(change, active))
		plan_start(change, plan);
	if (DIFFERS(change, autostart))
		(void)hc_step(plan, change, STORAGE_AUTOSTART, HC_NONE, NULL, "set autostart");
}

static int plan_storage(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	(void)call;
	switch (change->action) {
	case HC_CREATE:
	case HC_REPLACE: /* the pool of that name is defined anew; what is in it stays */
		plan_all(change, plan);
		break;
	case HC_UPDATE:
		plan_update(change, plan);
		break;
	case HC_REMOVE:
		(void)hc_step(plan, change, STORAGE_REMOVE, HC_BLIP, NULL,
			      "take it from libvirt, with all in it left");
		break;
	}
	return 0;
}

const struct noun storage_noun = {
	.type = &hc_storage,
	.read = storage_read,
	.adjust = adjust_storage,
	.plan = plan_storage,
	.apply = storage_apply,
};
