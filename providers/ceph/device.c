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

#include "disk.h"

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

void device_content(struct hc_arena *arena, const struct facts *facts,
		    const struct hc_resource *want, int fd, struct hc_ceph_device *device)
{
	struct label label = {0};
	int r = label_read(arena, fd, &label);

	if (r)
		say(device, HC_CEPH_UNREADABLE, strerror(-r));
	else if (label.damaged)
		say(device, HC_CEPH_OTHER, "a damaged BlueStore label");
	else if (label.osd_uuid)
		tell_label(arena, facts, want, &label, device);
	else
		tell_rest(arena, fd, device);
}

static bool is_below(const char *path, const char *folder)
{
	return !strncmp(path, folder, strlen(folder));
}

void device_look(const struct look *look, const struct hc_resource *want, const char *path,
		 struct hc_ceph_device *device)
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
		device_content(arena, &facts, want, fd, device);
	if (device->used)
		device->what = hc_printf(arena, "%s; %s", user, device->what);
}

static void emit(const struct look *look, const struct hc_resource *want, const char *path)
{
	struct hc_resource *r;
	struct hc_ceph_device *device;

	if (!path)
		return;
	r = hc_resource_new(&look->live->found, &hc_ceph_device, look->call->node, path);
	device = r->spec;
	device_look(look, want, path, device);
	hc_set_field(r, struct hc_ceph_device, content);
	hc_set_field(r, struct hc_ceph_device, what);
	hc_set_field(r, struct hc_ceph_device, stable);
	if (device->stable_path)
		hc_set_field(r, struct hc_ceph_device, stable_path);
	if (!device->real)
		return;
	hc_set_field(r, struct hc_ceph_device, real);
	hc_set_field(r, struct hc_ceph_device, size);
	hc_set_field(r, struct hc_ceph_device, used);
	if (!device->osd_uuid)
		return;
	hc_set_field(r, struct hc_ceph_device, osd_uuid);
	hc_set_field(r, struct hc_ceph_device, fsid);
	if (device->id != UINT32_MAX)
		hc_set_field(r, struct hc_ceph_device, id);
}

static int read_devices(const struct look *look)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(look->call->desired, &hc_ceph_osd, &n);

	for (size_t i = 0; i < n; i++) {
		const struct hc_ceph_osd *osd = v[i]->spec;

		emit(look, v[i], osd->device);
		emit(look, v[i], osd->db_device);
		emit(look, v[i], osd->wal_device);
	}
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
	.read = read_devices,
	.plan = plan_nothing,
	.apply = apply_nothing,
};
