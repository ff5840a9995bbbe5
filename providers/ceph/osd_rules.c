/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What speaks for or against changing an OSD, decided from what was read alone.
 *
 * A disk is taken for a new OSD only when it is blank, or when its document says that it may be
 * wiped and the operator approved that; never when it carries an OSD that the cluster knows. An OSD
 * is purged only when it is lost or no document names it, and only while no data is the last of its
 * kind on it.
 */

#include "osd.h"

#include <hcstate/cluster.h>
#include <inttypes.h>
#include <string.h>

#include "daemon.h"
#include "device.h"

/* Below this LVM makes no group, or RocksDB finds no room. */
#define PART_LEAST (UINT64_C(1) << 30)

static const struct hc_ceph_device *device_at(const struct hc_call *call, const char *node,
					      const char *path)
{
	const struct hc_resource *r = hc_find(&call->live->found, &hc_ceph_device, node, path);

	return r ? r->spec : NULL;
}

/* The document of another OSD than `want` (NULL: of any) that means the same disk, by whatever
 * path. */
static const struct hc_resource *same_disk(const struct hc_call *call,
					   const struct hc_resource *want, const char *real)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(call->desired, &hc_ceph_osd, &n);

	for (size_t i = 0; real && i < n; i++) {
		const struct hc_resource *one = v[i];
		const struct hc_ceph_device *other;
		const struct hc_ceph_osd *osd;

		if (one == want)
			continue;
		osd = one->spec;
		other = osd->device ? device_at(call, one->node, osd->device) : NULL;
		if (other && other->real && !strcmp(other->real, real))
			return one;
	}
	return NULL;
}

/* What may be destroyed if the document says so. */
static bool may_be_wiped(const struct hc_ceph_device *device)
{
	return device->content == HC_CEPH_FORMER || device->content == HC_CEPH_STRANGERS ||
	       device->content == HC_CEPH_OTHER;
}

static const char *refuse_content(struct hc_arena *arena, const struct hc_ceph_osd *want,
				  const struct hc_ceph_device *device)
{
	if (device->content == HC_CEPH_BLANK || device->content == HC_CEPH_BEGUN ||
	    (want->wipe && may_be_wiped(device)))
		return NULL;
	if (!may_be_wiped(device))
		return hc_printf(arena, "%s holds %s", want->device, device->what);
	return hc_printf(arena, "%s holds %s: wipe: true, and --approve, if it may be destroyed",
			 want->device, device->what);
}

/* Why the volume for a database or log cannot be made there; NULL: it can. Other OSDs may have
 * theirs beside it. */
static const char *refuse_part(struct hc_call *call, const struct hc_resource *r, const char *path,
			       uint64_t size)
{
	const struct hc_ceph_device *device = device_at(call, r->node, path);
	const struct hc_resource *other;
	uint64_t room;

	if (!device)
		return hc_printf(call->arena, "what %s is was not read", path);
	if (device->content == HC_CEPH_MISSING || device->content == HC_CEPH_UNREADABLE)
		return hc_printf(call->arena, "%s: %s", path, device->what);
	other = same_disk(call, NULL, device->real);
	if (other)
		return hc_printf(call->arena, "%s is the same disk (%s) as that of %s", path,
				 device->real, hc_resource_text(call->arena, other));
	if (!device_shares(device) && device->used)
		return hc_printf(call->arena, "%s is in use: %s", path, device->what);
	if (!device_shares(device) && device->content != HC_CEPH_BLANK &&
	    device->content != HC_CEPH_BEGUN)
		return hc_printf(call->arena, "%s holds %s", path, device->what);
	room = device_shares(device) ? device->free : device->size;
	if (room < (size ? size : PART_LEAST))
		return hc_printf(call->arena, "%s has room for %s, and %s is needed", path,
				 osd_bytes(call->arena, room),
				 osd_bytes(call->arena, size ? size : PART_LEAST));
	return NULL;
}

static const char *refuse_volumes(struct hc_call *call, const struct hc_resource *r,
				  const struct hc_ceph_device *device)
{
	const struct hc_ceph_osd *want = r->spec;
	const char *refused = NULL;

	if (device->lvm)
		return hc_printf(call->arena,
				 "encrypted, db_device and wal_device need device-mapper/LVM: %s",
				 device->lvm);
	if (want->db_device)
		refused = refuse_part(call, r, want->db_device, want->db_size);
	if (!refused && want->wal_device)
		refused = refuse_part(call, r, want->wal_device, 0);
	return refused;
}

/* Why no OSD is made on the disk that the document names; NULL: one can be. */
static const char *refuse_device(struct hc_call *call, const struct hc_resource *r)
{
	const struct hc_ceph_osd *want = r->spec;
	const struct hc_ceph_device *device = device_at(call, r->node, want->device);
	const struct hc_resource *other;
	const char *refused;

	if (!device)
		return hc_printf(call->arena, "what %s is was not read", want->device);
	if (device->content == HC_CEPH_MISSING)
		return hc_printf(call->arena, "there is no disk %s on %s: %s", want->device,
				 r->node, device->what);
	other = same_disk(call, r, device->real);
	if (other)
		return hc_printf(call->arena, "%s is the same disk (%s) as that of %s",
				 want->device, device->real, hc_resource_text(call->arena, other));
	if (device->content == HC_CEPH_UNREADABLE)
		return hc_printf(call->arena, "%s cannot be read: %s", want->device, device->what);
	if (device->used)
		return hc_printf(call->arena, "%s is in use: %s", want->device, device->what);
	if (device->size < OSD_LEAST)
		return hc_printf(call->arena, "%s is too small: %s, and an OSD needs %s",
				 want->device, osd_bytes(call->arena, device->size),
				 osd_bytes(call->arena, OSD_LEAST));
	refused = refuse_content(call->arena, want, device);
	return refused || !osd_needs_volumes(want) ? refused : refuse_volumes(call, r, device);
}

/* After a reboot /dev/sdb may be the disk that is /dev/sdc now. */
static const char *unstable(struct hc_call *call, const struct hc_resource *r)
{
	const struct hc_ceph_osd *want = r->spec;
	const struct hc_ceph_device *device = device_at(call, r->node, want->device);

	if (!device || device->stable)
		return "";
	if (device->stable_path)
		return hc_printf(call->arena,
				 "; %s may mean another disk after a reboot, %s will not",
				 want->device, device->stable_path);
	return hc_printf(call->arena,
			 "; %s may mean another disk after a reboot, and it has no other name",
			 want->device);
}

/* Who is asked for approval has to see what would be destroyed. */
static const char *at_stake(struct hc_call *call, const struct hc_resource *r)
{
	const struct hc_ceph_osd *want = r->spec;
	const struct hc_ceph_device *device = device_at(call, r->node, want->device);

	if (!device || !want->wipe || !may_be_wiped(device))
		return "";
	return hc_printf(call->arena, "; %s holds %s", want->device, device->what);
}

static void adjust_create(struct hc_call *call, struct hc_change *change)
{
	const struct hc_resource *r = change->want;

	change->refused = daemon_refusal(call);
	if (!change->refused)
		change->refused = refuse_device(call, r);
	change->reason = hc_printf(call->arena, "no OSD is on its disk yet%s%s",
				   change->refused ? "" : at_stake(call, r), unstable(call, r));
}

/* What follows from where its disk is, or that it is gone, is not said again. */
static void only_the_disk(struct hc_change *change)
{
	hc_agree(change, struct hc_ceph_osd, device_class);
	hc_agree(change, struct hc_ceph_osd, weight);
	hc_agree(change, struct hc_ceph_osd, in);
	hc_agree(change, struct hc_ceph_osd, enabled);
	hc_agree(change, struct hc_ceph_osd, active);
	hc_agree(change, struct hc_ceph_osd, up);
	hc_agree(change, struct hc_ceph_osd, linked);
}

static bool is_asked(const struct hc_ceph_osd *want)
{
	return want->replace != HC_CEPH_REPLACE_AUTO &&
	       strncmp(want->device, "/dev/disk/by-id/", 16) != 0 &&
	       strncmp(want->device, "/dev/disk/by-path/", 18) != 0;
}

/* What passes by itself is waited for in the step. */
static const char *refuse_loss(struct hc_arena *arena, const struct hc_ceph_osd *have)
{
	if (have->settling && *have->settling)
		return NULL;
	return osd_gate_lost(arena, have->safe_to_destroy, have->all_active);
}

static void adjust_lost(struct hc_call *call, struct hc_change *change)
{
	const struct hc_ceph_osd *want = change->want->spec, *have = change->have->spec;
	const char *gate;

	only_the_disk(change);
	change->reason = hc_printf(call->arena, "osd.%" PRIu32 " (%s) is lost: %s", have->id,
				   have->osd_uuid ? have->osd_uuid : "",
				   have->data_why ? have->data_why : "");
	if (have->used)
		change->reason = hc_printf(call->arena, "%s; %s will be copied to the new disk",
					   change->reason, osd_bytes(call->arena, have->used));
	if (have->settling && *have->settling)
		change->reason = hc_printf(call->arena, "%s; it waits while %s", change->reason,
					   have->settling);
	change->refused = daemon_refusal(call);
	if (!change->refused)
		change->refused = refuse_device(call, change->want);
	gate = refuse_loss(call->arena, have);
	/* with a place to spare the data finds its way to the others first */
	if (!change->refused && gate && !(have->spare && !*have->spare))
		change->refused = gate;
	change->needs_approval = is_asked(want);
}

static void adjust_unfound(struct hc_call *call, struct hc_change *change)
{
	const struct hc_ceph_osd *have = change->have->spec;

	only_the_disk(change);
	change->reason = hc_printf(call->arena,
				   "osd.%" PRIu32 " (%s) is not on any disk of %s, and not lost",
				   have->id, have->osd_uuid ? have->osd_uuid : "", change->node);
	change->refused = hc_printf(call->arena, "%s", have->data_why ? have->data_why : "");
}

/* One that does not run is not up; that is one difference, not two. */
static void adjust_update(struct hc_call *call, struct hc_change *change)
{
	const struct hc_ceph_osd *want = change->want->spec, *have = change->have->spec;

	if (hc_differs(change, struct hc_ceph_osd, data)) {
		if (have->data == HC_CEPH_OSD_LOST)
			adjust_lost(call, change);
		else
			adjust_unfound(call, change);
		return;
	}
	change->refused = daemon_refusal(call);
	if (hc_differs(change, struct hc_ceph_osd, device)) {
		only_the_disk(change);
		change->refused =
			hc_printf(call->arena,
				  "osd.%" PRIu32
				  " is on %s now, not on %s: write a path that stays, below "
				  "/dev/disk/by-id or by-path",
				  have->id, have->device ? have->device : "no disk", want->device);
		return;
	}
	if (!have->linked && !have->active)
		hc_agree(change, struct hc_ceph_osd, active);
	if (!have->active)
		hc_agree(change, struct hc_ceph_osd, up);
}

static const char *refuse_room(struct hc_arena *arena, const struct hc_ceph_osd *have)
{
	const char *safe = have->safe_to_destroy, *spare = have->spare, *space = have->space;

	if (safe && !*safe)
		return NULL;
	if (!safe || !spare || !space)
		return "what it would mean was not asked of Ceph";
	if (*spare)
		return hc_printf(arena, "osd.%" PRIu32 ": %s; it cannot be emptied: %s%s%s",
				 have->id, safe, spare,
				 have->ok_to_stop && *have->ok_to_stop ? "; " : "",
				 have->ok_to_stop ? have->ok_to_stop : "");
	return *space ? hc_printf(arena, "osd.%" PRIu32 ": %s", have->id, space) : NULL;
}

/* A node that the manifests do not name any more: is it still there to do it itself? */
static bool is_member(const struct hc_call *call, const char *node)
{
	const struct hc_resource *r = hc_find(&call->live->found, &hc_node, NULL, node);

	return r && ((const struct hc_node *)r->spec)->member;
}

/* Of a node that is gone: what it had is like a lost disk. */
static void adjust_orphan(struct hc_call *call, struct hc_change *change)
{
	const struct hc_ceph_osd *have = change->have->spec;

	change->reason = hc_printf(call->arena, "%s is not in the manifests", change->node);
	if (is_member(call, change->node)) {
		change->kept = hc_printf(call->arena,
					 "%s is not in the manifests, but still a member: take its "
					 "OSDs out before the node",
					 change->node);
		return;
	}
	if (have->up)
		change->refused = hc_printf(call->arena, "osd.%" PRIu32 " is up", have->id);
	else if (!(have->spare && !*have->spare))
		change->refused = refuse_loss(call->arena, have);
}

static void adjust_removal(struct hc_call *call, struct hc_change *change)
{
	const struct hc_ceph_osd *have = change->have->spec;

	if (!daemon_leaves(call, change))
		return;
	if (strcmp(change->node, call->node) != 0) {
		adjust_orphan(call, change);
		return;
	}
	change->refused = daemon_refusal(call);
	if (!hc_has_field(change->have, struct hc_ceph_osd, id)) {
		change->reason = "it was purged, and what is left of it goes";
		return;
	}
	if (!change->refused && have->data != HC_CEPH_OSD_PRESENT && !have->up &&
	    !(have->spare && !*have->spare))
		change->refused = refuse_loss(call->arena, have);
	else if (!change->refused)
		change->refused = refuse_room(call->arena, have);
}

int osd_adjust(struct hc_call *call, struct hc_change *change)
{
	if (change->action == HC_REMOVE)
		adjust_removal(call, change);
	else if (!change->have)
		adjust_create(call, change);
	else
		adjust_update(call, change);
	return 0;
}
