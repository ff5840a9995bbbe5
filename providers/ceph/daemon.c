/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What monitors, managers and metadata servers have in common: an id that is the node's name, a
 * unit, a directory of user ceph, and when such a daemon may go.
 *
 * Units are started alone: those of Ceph want network-online.target, and that would start
 * systemd-networkd, which is for the boot.
 */

#include "daemon.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>

#include <hcstate/cluster.h>
#include <hcstate/directory.h>
#include <hcstate/file.h>
#include <hcstate/secret.h>

enum {
	PASSWD_MAX = 16 * 1024,
};

char *daemon_unit(struct hc_arena *arena, const char *kind, const char *node)
{
	return hc_printf(arena, "ceph-%s@%s.service", kind, node);
}

int daemon_user(struct hc_call *call, uid_t *user, gid_t *group)
{
	struct passwd passwd, *found = NULL;
	int r = getpwnam_r("ceph", &passwd, hc_alloc(call->arena, PASSWD_MAX), PASSWD_MAX, &found);

	if (!found)
		return hc_fail(call, r ? r : ENOENT, NULL,
			       r ? "cannot look up user ceph"
				 : "there is no user ceph: package ceph-common is not installed");
	*user = passwd.pw_uid;
	*group = passwd.pw_gid;
	return 0;
}

int daemon_directory(struct hc_call *call, const char *path)
{
	uid_t user = 0;
	gid_t group = 0;
	int r = daemon_user(call, &user, &group);

	if (r)
		return r;
	r = hc_directory_give(path, 0750, user, group);
	return r ? hc_fail(call, -r, NULL, "%s: %s", path, hc_directory_error(r)) : 0;
}

int daemon_file(struct hc_call *call, const char *path, const void *data, size_t size)
{
	uid_t user = 0;
	gid_t group = 0;
	int r = daemon_user(call, &user, &group);

	if (r)
		return r;
	r = hc_file_give(path, 0600, user, group, data, size);
	return r ? hc_fail(call, -r, NULL, "%s: %s", path, hc_directory_error(r)) : 0;
}

int daemon_clear(struct hc_call *call, const char *path)
{
	int r = hc_file_clear(path);

	return r ? hc_fail(call, -r, NULL, "cannot remove %s: %s", path, hc_directory_error(r)) : 0;
}

/* The document that asks for a daemon of that kind on the node, or NULL. */
static const struct hc_resource *document(const struct hc_call *call, const struct hc_type *type,
					  const char *node)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(call->whole, type, &n);

	for (size_t i = 0; i < n; i++)
		if (v[i]->node && !strcmp(v[i]->node, node))
			return v[i];
	return NULL;
}

bool daemon_wanted(const struct hc_call *call, const struct hc_type *type, const char *node)
{
	return document(call, type, node);
}

struct hc_resource *daemon_found(const struct look *look, const struct hc_type *type,
				 const char *node)
{
	const struct hc_resource *asked = document(look->call, type, node);
	struct hc_resource *r =
		hc_resource_new(&look->live->found, type, node, asked ? asked->name : node);

	r->made = true;
	return r;
}

/* Whether the manifests have that value; whether this node can open it is seen when it does. */
static bool has_secret(const struct hc_call *call, const char *key)
{
	return hc_find(call->whole, &hc_secret_value, NULL,
		       hc_printf(call->arena, HC_CEPH_SECRET "/%s", key));
}

const char *daemon_refusal(struct hc_call *call)
{
	struct wants wants = wants_of(call);
	const struct hc_resource *r = hc_find(&call->live->found, &hc_ceph_node, call->node,
					      wants.resource ? wants.resource->name : "ceph");
	const struct hc_ceph_node *have = r ? r->spec : NULL;

	if (!wants.resource)
		return "there is no CephCluster";
	if (!wants.fsid)
		return "the cluster has no fsid: make one with hcstate secrets init";
	if (!has_secret(call, HC_CEPH_MON_KEY) || !has_secret(call, HC_CEPH_ADMIN_KEY))
		return "there is no Secret/" HC_CEPH_SECRET " with the keys of mon. and "
		       "client.admin: make it with hcstate secrets init";
	if (have && have->other)
		return hc_printf(call->arena,
				 "this machine is set up for another cluster: /etc/ceph/ceph.conf "
				 "is of %s",
				 have->other);
	return NULL;
}

/* The word for a node counts for its daemons when the manifests do not name it any more. */
static bool approved(struct hc_call *call, const char *object, const char *node)
{
	if (hc_approved(call, object))
		return true;
	return node && !hc_find(call->whole, &hc_node, NULL, node) &&
	       hc_approved(call, hc_printf(call->arena, "Node/%s", node));
}

static const char *turn_key(struct hc_call *call, const struct hc_type *type)
{
	return hc_printf(call->arena, "ceph.turn.%s", type->name);
}

/* Who of the others goes, or is about to: its node, or NULL. */
static const char *other_goes(const struct hc_call *call, const char *key)
{
	for (size_t i = 0; i < call->peers->n; i++) {
		const struct hc_peer *peer = &call->peers->v[i];
		const char *goes = hc_map_get(&peer->facts, key);

		if (goes && *goes && strcmp(peer->node, call->node) != 0)
			return peer->node;
	}
	return NULL;
}

/* All hear what is told in the same order, and this process its own word too. So who hears its own
 * and nobody else's was the first, and who comes later hears that. */
int daemon_turn(struct hc_call *call, const struct hc_type *type)
{
	const char *key = turn_key(call, type), *other = other_goes(call, key);
	const char *own = hc_heard(call, call->node, key);
	bool asked = own && *own;

	if (!call->peers->joined)
		return hc_wait(call, "that it is one at a time is agreed on over corosync, which "
				     "does not run here");
	if (!other && asked)
		return 0;
	/* of two who asked in the same moment one steps back */
	if (!other || (asked && strcmp(other, call->node) < 0))
		hc_tell(call, key, other ? "" : "asked");
	return other ? hc_wait(call, "%s's goes first", other)
		     : hc_wait(call, "that no other goes now is to be heard");
}

void daemon_turn_over(struct hc_call *call, const struct hc_type *type)
{
	hc_tell(call, turn_key(call, type), "");
}

bool daemon_leaves(struct hc_call *call, struct hc_change *change)
{
	if (approved(call, hc_change_text(call->arena, change), change->node))
		return true;
	change->kept = hc_printf(call->arena, "it is not in the manifests; --approve %s removes it",
				 hc_change_text(call->arena, change));
	return false;
}

int daemon_start(struct hc_call *call, const char *unit)
{
	struct hc_unit state;
	int r = hc_unit_read(call, unit, &state);

	return r || state.active ? r : hc_unit_start_alone(call, unit);
}

int daemon_stop(struct hc_call *call, const char *unit)
{
	struct hc_unit state;
	int r = hc_unit_read(call, unit, &state);

	/* also one that systemd is about to start again */
	if (!r && strncmp(state.state, "inactive", 8) != 0)
		r = hc_unit_stop(call, unit);
	if (!r && state.enabled)
		r = hc_unit_disable(call, unit);
	return r;
}

static void derive_monitor(struct hc_call *call, struct hc_resource *r)
{
	struct hc_ceph_monitor *mon = r->spec;
	struct wants wants = wants_of(call);

	for (size_t i = 0; i < wants.nmon; i++)
		if (!strcmp(wants.mons[i].node, r->node))
			mon->address = wants.mons[i].address;
	if (mon->address.family)
		hc_set_field(r, struct hc_ceph_monitor, address);
	mon->store = mon->enabled = mon->active = mon->joined = mon->quorate = true;
	hc_set_field(r, struct hc_ceph_monitor, store);
	hc_set_field(r, struct hc_ceph_monitor, enabled);
	hc_set_field(r, struct hc_ceph_monitor, active);
	hc_set_field(r, struct hc_ceph_monitor, joined);
	hc_set_field(r, struct hc_ceph_monitor, quorate);
}

static void derive_manager(struct hc_resource *r)
{
	struct hc_ceph_manager *mgr = r->spec;

	mgr->enabled = mgr->active = mgr->joined = true;
	mgr->keyring = HC_KEYRING_RIGHT;
	hc_set_field(r, struct hc_ceph_manager, enabled);
	hc_set_field(r, struct hc_ceph_manager, active);
	hc_set_field(r, struct hc_ceph_manager, keyring);
	hc_set_field(r, struct hc_ceph_manager, joined);
}

static void derive_mds(struct hc_resource *r)
{
	struct hc_ceph_mds *mds = r->spec;

	mds->enabled = mds->active = mds->joined = true;
	mds->keyring = HC_KEYRING_RIGHT;
	hc_set_field(r, struct hc_ceph_mds, enabled);
	hc_set_field(r, struct hc_ceph_mds, active);
	hc_set_field(r, struct hc_ceph_mds, keyring);
	hc_set_field(r, struct hc_ceph_mds, joined);
}

int daemon_derive(struct hc_call *call, struct hc_set *desired)
{
	for (size_t i = 0; i < desired->n; i++) {
		struct hc_resource *r = desired->v[i];

		if (r->type == &hc_ceph_monitor)
			derive_monitor(call, r);
		else if (r->type == &hc_ceph_manager)
			derive_manager(r);
		else if (r->type == &hc_ceph_mds)
			derive_mds(r);
	}
	return 0;
}
