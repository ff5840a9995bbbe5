/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CephDevice: what the disks are that this node's CephOsd documents name. Evidence: it is compared
 * with nothing, but everything that is decided about a disk is decided by it, without touching it.
 */

#include "device.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "disk.h"
#include "volume.h"

static void say(struct hc_ceph_device *device, enum hc_ceph_content content, const char *what)
{
	device->content = content;
	device->what = what;
}

/* hcstate began to make the OSD on it for this very document, and was cut short. */
static bool is_begun(struct hc_arena *arena, const struct facts *facts,
		     const struct hc_resource *want, const struct label *label)
{
	struct osd_mark *marks;
	size_t n = osd_marks(arena, facts, &marks);
	const struct osd_mark *mark = osd_mark_of(marks, n, label->osd_uuid);

	return want && mark && !mark->gone && !label->ready && !strcmp(mark->node, want->node) &&
	       !strcmp(mark->name, want->name);
}

static const char *osd_words(struct hc_arena *arena, const struct label *label)
{
	const char *part = label->data ? "" : "the database or log of ";

	if (label->id == UINT32_MAX)
		return hc_printf(arena, "%san OSD (%s)", part, label->osd_uuid);
	return hc_printf(arena, "%sosd.%" PRIu32, part, label->id);
}

static void tell_label(struct hc_arena *arena, const struct facts *facts,
		       const struct hc_resource *want, const struct label *label,
		       struct hc_ceph_device *device)
{
	const char *words = osd_words(arena, label);
	const struct fact_osd *fact;

	device->osd_uuid = label->osd_uuid;
	device->fsid = label->fsid;
	device->id = label->id;
	if (is_begun(arena, facts, want, label)) {
		say(device, HC_CEPH_BEGUN, "an OSD that hcstate began to make for this document");
		return;
	}
	if (*label->fsid && (!facts->fsid || strcmp(label->fsid, facts->fsid) != 0)) {
		say(device, HC_CEPH_STRANGERS,
		    hc_printf(arena, "%s of the cluster %s", words, label->fsid));
		return;
	}
	fact = facts_osd_uuid(facts, label->osd_uuid);
	if (fact && fact->exists)
		say(device, HC_CEPH_OURS, hc_printf(arena, "%s of this cluster", words));
	else if (*label->fsid)
		say(device, HC_CEPH_FORMER,
		    hc_printf(arena,
			      "%s of this cluster (%s), which the cluster does not know any more",
			      words, label->osd_uuid));
	else
		say(device, HC_CEPH_OTHER, hc_printf(arena, "%s that was not finished", words));
}

static void tell_rest(struct hc_arena *arena, int fd, struct hc_ceph_device *device)
{
	const char *signature = disk_signature(arena, fd);
	int zero = disk_is_zero(fd);

	if (zero < 0)
		say(device, HC_CEPH_UNREADABLE, strerror(-zero));
	else if (!signature)
		say(device, HC_CEPH_UNREADABLE, "libblkid cannot read it");
	else if (*signature)
		say(device, HC_CEPH_OTHER, signature);
	else if (zero)
		say(device, HC_CEPH_BLANK, "nothing");
	else
		say(device, HC_CEPH_OTHER, "data of a kind that libblkid does not know");
}

/* Of an OSD of this node that is begun, lost or gone: its volume is taken back before a new one is
 * made. */
static bool is_to_go(struct hc_arena *arena, const struct facts *facts,
		     const struct hc_resource *want, const char *uuid)
{
	struct osd_mark *marks;
	size_t n = osd_marks(arena, facts, &marks);
	const struct osd_mark *mark = osd_mark_of(marks, n, uuid);
	const struct fact_osd *fact = uuid ? facts_osd_uuid(facts, uuid) : NULL;

	return want && mark && !strcmp(mark->node, want->node) && !(fact && fact->up);
}

/* An empty group, while an OSD is being made there: ceph-volume came no further. */
static bool is_empty_of_ours(struct hc_arena *arena, const struct facts *facts,
			     const struct hc_resource *want, const char *group)
{
	struct osd_mark *marks;
	size_t n = osd_marks(arena, facts, &marks);

	for (size_t i = 0; want && i < n; i++) {
		const struct fact_osd *fact = facts_osd_uuid(facts, marks[i].uuid);

		if (!marks[i].gone && !strcmp(marks[i].node, want->node) &&
		    !strcmp(marks[i].name, want->name) && (!fact || !fact->up_from))
			return !*group || !strncmp(group, "ceph", 4);
	}
	return false;
}

/* One volume on it, told by the label that was read, or by what LVM says. */
static void tell_volume(struct hc_arena *arena, const struct facts *facts,
			const struct hc_resource *want, const struct scan *scan,
			const struct volume *volume, struct hc_ceph_device *device)
{
	const struct label *read = scan_label(scan, volume->osd_uuid);
	const struct fact_osd *fact;
	struct label label = {
		.osd_uuid = volume->osd_uuid,
		.fsid = volume->fsid,
		.id = volume->id,
		.data = volume->part == VOLUME_DATA,
	};

	if (!volume->osd_uuid) {
		say(device, HC_CEPH_OTHER,
		    hc_printf(arena, "volumes of LVM's group %s", volume->group));
		return;
	}
	fact = facts_osd_uuid(facts, volume->osd_uuid);
	/* of one that took part nothing is unfinished, though it may be closed */
	label.ready = (read && read->ready) || (fact && fact->up_from);
	tell_label(arena, facts, want, &label, device);
}

/* What LVM has on it. One that is not what was begun here decides about all. */
static void tell_lvm(struct hc_arena *arena, const struct facts *facts,
		     const struct hc_resource *want, const struct scan *scan, dev_t number,
		     struct hc_ceph_device *device)
{
	bool any = false;

	say(device, HC_CEPH_OTHER,
	    hc_printf(arena, "LVM's, which does not tell what (%s)",
		      scan->why ? scan->why : "pvs does not list it"));
	for (size_t i = 0; i < scan->nvolume; i++) {
		const struct volume *volume = &scan->volumes[i];

		if (volume->real != number)
			continue;
		if (*volume->group)
			device->group = volume->group;
		if (!device->free)
			device->free = volume->free;
		if (is_to_go(arena, facts, want, volume->osd_uuid))
			device->free += volume->size;
		if (*volume->name && (!any || device->content == HC_CEPH_BEGUN))
			tell_volume(arena, facts, want, scan, volume, device);
		else if (!any && !*volume->name)
			say(device,
			    is_empty_of_ours(arena, facts, want, volume->group) ? HC_CEPH_BEGUN
										: HC_CEPH_OTHER,
			    "LVM's, without volumes");
		any = any || *volume->name;
	}
}

void device_content(struct hc_arena *arena, const struct facts *facts,
		    const struct hc_resource *want, const struct scan *scan, int fd,
		    struct hc_ceph_device *device)
{
	struct label label = {0};
	struct stat st;
	int r = fstat(fd, &st) < 0 ? -errno : label_read(arena, fd, &label);

	if (r)
		say(device, HC_CEPH_UNREADABLE, strerror(-r));
	else if (label.damaged)
		say(device, HC_CEPH_OTHER, "a damaged BlueStore label");
	else if (label.osd_uuid)
		tell_label(arena, facts, want, &label, device);
	else if (label.lvm)
		tell_lvm(arena, facts, want, scan, st.st_rdev, device);
	else
		tell_rest(arena, fd, device);
}

bool device_shares(const struct hc_ceph_device *device)
{
	return device->group && !strncmp(device->group, "ceph", 4);
}

static bool is_below(const char *path, const char *folder)
{
	return !strncmp(path, folder, strlen(folder));
}

void device_look(const struct look *look, const struct scan *scan, const struct hc_resource *want,
		 const char *path, struct hc_ceph_device *device)
{
	struct hc_arena *arena = look->call->arena;
	struct facts facts = *look->facts;
	_cleanup_(hc_closep) int fd = -1;
	const char *user;
	dev_t number;

	*device = (struct hc_ceph_device){.id = UINT32_MAX, .stable = is_below(path, "/dev/disk/")};
	fd = disk_open(path, O_RDONLY, &number);
	if (fd < 0) {
		bool missing = fd == -ENOENT || fd == -ENXIO || fd == -ENOMEDIUM || fd == -ENOTDIR;

		say(device, missing ? HC_CEPH_MISSING : HC_CEPH_UNREADABLE,
		    fd == -ENOTBLK ? "it is not a block device" : strerror(-fd));
		return;
	}
	device->real = disk_number(arena, number);
	device->size = disk_size(fd);
	user = disk_user(arena, number);
	device->used = *user;
	if (!device->stable)
		device->stable_path = disk_stable_path(arena, number);
	if (!facts.fsid) /* nobody answers */
		facts.fsid = look->wants->fsid;
	if (!device->size)
		say(device, HC_CEPH_MISSING, "it has no medium");
	else
		device_content(arena, &facts, want, scan, fd, device);
	if (device->content == HC_CEPH_BEGUN)
		device->used = false; /* by nothing that would not go with it */
	if (device->used)
		device->what = hc_printf(arena, "%s; %s", user, device->what);
}

static void set_fields(struct hc_resource *r, const struct hc_ceph_device *device)
{
	hc_set_field(r, struct hc_ceph_device, content);
	hc_set_field(r, struct hc_ceph_device, what);
	hc_set_field(r, struct hc_ceph_device, stable);
	if (device->stable_path)
		hc_set_field(r, struct hc_ceph_device, stable_path);
	if (device->lvm)
		hc_set_field(r, struct hc_ceph_device, lvm);
	if (!device->real)
		return;
	hc_set_field(r, struct hc_ceph_device, real);
	hc_set_field(r, struct hc_ceph_device, size);
	hc_set_field(r, struct hc_ceph_device, used);
	if (device->group) {
		hc_set_field(r, struct hc_ceph_device, group);
		hc_set_field(r, struct hc_ceph_device, free);
	}
	if (!device->osd_uuid)
		return;
	hc_set_field(r, struct hc_ceph_device, osd_uuid);
	hc_set_field(r, struct hc_ceph_device, fsid);
	if (device->id != UINT32_MAX)
		hc_set_field(r, struct hc_ceph_device, id);
}

static void emit(const struct look *look, const struct scan *scan, const struct hc_resource *want,
		 const char *path, struct hc_strings *seen)
{
	const struct hc_ceph_osd *osd = want->spec;
	struct hc_resource *r;

	if (!path || hc_strings_have(seen, path))
		return;
	hc_strings_add(look->call->arena, seen, path);
	r = hc_resource_new(&look->live->found, &hc_ceph_device, look->call->node, path);
	device_look(look, scan, want, path, r->spec);
	if (osd_needs_volumes(osd))
		((struct hc_ceph_device *)r->spec)->lvm = osd_volume_why(look->call->arena, osd);
	set_fields(r, r->spec);
}

void device_read(const struct look *look, const struct scan *scan)
{
	struct hc_strings seen = {0}; /* several OSDs may share one for their databases */
	size_t n;
	struct hc_resource *const *v = hc_of_type(look->call->desired, &hc_ceph_osd, &n);

	for (size_t i = 0; i < n; i++) {
		const struct hc_ceph_osd *osd = v[i]->spec;

		emit(look, scan, v[i], osd->device, &seen);
		emit(look, scan, v[i], osd->db_device, &seen);
		emit(look, scan, v[i], osd->wal_device, &seen);
	}
}

/* The OSDs' disks are read with the OSDs, in one scan. */
static int read_nothing(const struct look *look)
{
	(void)look;
	return 0;
}

/* Nobody can ask for one. */
static int plan_nothing(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	(void)call;
	(void)change;
	(void)plan;
	return 0;
}

static int apply_nothing(struct hc_call *call, struct ceph *self, const struct hc_step *step)
{
	(void)call;
	(void)self;
	(void)step;
	return 0;
}

const struct noun device_noun = {
	.type = &hc_ceph_device,
	.read = read_nothing,
	.plan = plan_nothing,
	.apply = apply_nothing,
};
