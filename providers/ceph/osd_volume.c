/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An OSD with a database or log of its own on another device, or encrypted: on logical volumes,
 * made by ceph-volume.
 *
 * It asks Ceph for the number itself, with a key that it makes up, so it cannot go on with a number
 * that is there already. Of an OSD under our mark that never was up everything is taken back, the
 * number and the volumes, and made again under the same UUID. The volumes carry that UUID from the
 * first moment on, in their name or their tags, so nobody else's are ever taken for ours.
 */

#include "osd.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include <hcstate/file.h>

#include "daemon.h"
#include "device.h"
#include "disk.h"
#include "entity.h"
#include "volume.h"

#define BOOTSTRAP "client.bootstrap-osd"
#define BOOTSTRAP_FILE "/var/lib/ceph/bootstrap-osd/ceph.keyring"

struct making {
	struct hc_call *call;
	struct ceph *self;
	const struct hc_change *change;
	const struct hc_ceph_osd *want;
	struct facts facts;
	struct scan scan;
	const char *uuid;
};

bool osd_needs_volumes(const struct hc_ceph_osd *want)
{
	return want->encrypted || want->db_device || want->wal_device;
}

/* What ceph-volume shows the monitors. Ceph makes it when a cluster begins; one that is there is
 * taken as it is. */
static int give_key(struct making *m)
{
	static const char *const caps[] = {"mon", "allow profile bootstrap-osd", NULL};
	const struct fact_key *known = facts_key(&m->facts, BOOTSTRAP);

	return known ? entity_write(m->call, BOOTSTRAP, known->key, BOOTSTRAP_FILE)
		     : entity_keyring(m->call, m->self, BOOTSTRAP, caps, BOOTSTRAP_FILE);
}

/* A volume of this document's OSD: the one under way, or one before it that Ceph has forgotten. */
static bool is_ours(const struct making *m, const struct volume *volume)
{
	struct osd_mark *marks;
	size_t n = osd_marks(m->call->arena, &m->facts, &marks);
	const struct osd_mark *mark =
		volume->tagged ? osd_mark_of(marks, n, volume->osd_uuid) : NULL;

	if (!mark || strcmp(mark->node, m->change->node) != 0 ||
	    strcmp(mark->name, m->change->name) != 0)
		return false;
	return !mark->gone || !facts_osd_uuid(&m->facts, volume->osd_uuid);
}

/* It never took part: no data is in what is taken back. */
static int take_back_number(struct making *m)
{
	const struct fact_osd *fact = m->uuid ? facts_osd_uuid(&m->facts, m->uuid) : NULL;
	struct json_object *purge;
	int r;

	if (!fact)
		return 0;
	if (!fact->exists || fact->up || fact->up_from)
		return hc_fail(m->call, EEXIST, m->change->want,
			       "osd.%" PRIu32 " took part already: its volumes are left alone",
			       fact->id);
	r = daemon_stop(m->call, osd_unit(m->call->arena, fact->id));
	if (!r)
		r = osd_unmount(m->call, fact->id);
	if (r)
		return r;
	purge = command("osd purge-new", NULL);
	json_object_object_add(purge, "id", json_object_new_int64(fact->id));
	json_object_object_add(purge, "yes_i_really_mean_it", json_object_new_boolean(true));
	return tell_mon(m->call, m->self->connection, purge);
}

/* All that an earlier attempt, or the OSD that this one follows, left on the volumes' disks. */
static int take_back_volumes(struct making *m)
{
	const char *done = "";
	int r = 0;

	for (size_t i = 0; !r && i < m->scan.nvolume; i++) {
		const struct volume *volume = &m->scan.volumes[i];

		if (!is_ours(m, volume) || strstr(done, volume->osd_uuid))
			continue;
		done = hc_printf(m->call->arena, "%s %s", done, volume->osd_uuid);
		r = osd_volume_destroy(m->call, &m->scan, volume->osd_uuid);
	}
	return r ? r : scan_disks(m->call, &m->scan);
}

static int content(struct making *m, const char *path, struct hc_ceph_device *device)
{
	_cleanup_(hc_closep) int fd = disk_open(path, O_RDONLY, NULL);

	*device = (struct hc_ceph_device){.id = UINT32_MAX};
	if (fd < 0)
		return hc_fail(m->call, -fd, m->change->want, "%s: %s", path, strerror(-fd));
	device_content(m->call->arena, &m->facts, m->change->want, &m->scan, fd, device);
	return 0;
}

/* Blank, once what LVM has there of an attempt that was cut short is gone. */
static int ready_disk(struct making *m, const char *path)
{
	_cleanup_(hc_closep) int fd = -1;
	struct hc_ceph_device device;
	int r = content(m, path, &device);

	if (!r && device.content == HC_CEPH_BEGUN) {
		r = osd_volume_clear(m->call, path);
		if (!r)
			r = scan_disks(m->call, &m->scan);
		if (!r)
			r = content(m, path, &device);
	}
	if (r)
		return r;
	if (device.content != HC_CEPH_BLANK)
		return hc_fail(m->call, EEXIST, m->change->want, "%s holds %s: it is left alone",
			       path, device.what);
	fd = disk_open(path, O_RDWR | O_EXCL, NULL);
	return fd < 0 || disk_lock(fd) ? hc_wait(m->call, "%s is in use", path) : 0;
}

/* Likewise, or one where volumes of Ceph are already and it may have another. */
static int ready_part(struct making *m, const char *path)
{
	struct hc_ceph_device device;
	int r = path ? content(m, path, &device) : 0;

	if (r || !path || device_shares(&device))
		return r;
	return ready_disk(m, path);
}

/* The key, and disks on which nothing is left of an earlier attempt. */
static int make_ready(struct making *m)
{
	const char *why = osd_volume_why(m->call->arena, m->want);
	int r = why ? hc_wait(m->call, "%s", why) : give_key(m);

	if (!r)
		r = take_back_number(m);
	if (!r)
		r = take_back_volumes(m);
	if (!r)
		r = ready_disk(m, m->want->device);
	if (!r)
		r = ready_part(m, m->want->db_device);
	return r ? r : ready_part(m, m->want->wal_device);
}

static int prepare(struct making *m)
{
	struct volume_order order = {
		.device = m->want->device,
		.db_device = m->want->db_device,
		.wal_device = m->want->wal_device,
		.db_size = m->want->db_size,
		.encrypted = m->want->encrypted,
	};
	int r = make_ready(m);

	if (!r) /* the volumes of the OSD before it are gone: so may its mark */
		r = osd_mark_begin(m->call, m->self, &m->facts, m->change, &m->uuid);
	order.uuid = m->uuid;
	return r ? r : osd_volume_prepare(m->call, &order);
}

int osd_volume_make(struct hc_call *call, struct ceph *self, const struct hc_change *change)
{
	struct making m = {
		.call = call,
		.self = self,
		.change = change,
		.want = change->want->spec,
	};
	const struct osd_mark *mark;
	const struct label *label;
	int r = facts_need(call, self, &m.facts);

	if (!r)
		r = scan_disks(call, &m.scan);
	if (r)
		return r;
	mark = osd_mark_for(call, &m.facts, change);
	m.uuid = mark ? mark->uuid : NULL;
	if (m.uuid && osd_at_work(call->arena, m.uuid))
		return hc_wait(call, "an earlier ceph-volume is still at work");
	label = scan_label(&m.scan, m.uuid);
	if (label && label->ready && facts_osd_uuid(&m.facts, m.uuid))
		return 0;
	return prepare(&m);
}
