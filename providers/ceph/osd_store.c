/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A new OSD: its mark, its number, its store.
 *
 * The mark comes first and names the UUID; with the same UUID Ceph gives the same number again, so
 * wherever a run is killed the next one goes on with the same OSD. A store that was not finished
 * has a label of that UUID without `ready` in it; only such a one, or a blank disk, is written to,
 * and only with the lock in hand that BlueStore takes: a mkfs of a killed run may still be at work.
 */

#include "osd.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include <hcstate/exec.h>
#include <hcstate/file.h>
#include <hcstate/unit.h>

#include "daemon.h"
#include "device.h"
#include "disk.h"

enum {
	CMDLINE_MAX = 128 * 1024,
};

#define CEPH_OSD "/usr/bin/ceph-osd"

const struct fact_osd *osd_of(struct hc_call *call, const struct facts *facts,
			      const struct hc_change *change)
{
	const struct hc_ceph_osd *have = change->have ? change->have->spec : NULL;
	const struct osd_mark *mark;
	const struct fact_osd *fact;

	if (have && change->action != HC_REPLACE) {
		fact = facts_osd(facts, have->id);
		return fact && have->osd_uuid && !strcmp(fact->uuid, have->osd_uuid) ? fact : NULL;
	}
	mark = osd_mark_for(call, facts, change);
	return mark ? facts_osd_uuid(facts, mark->uuid) : NULL;
}

int osd_number(struct hc_call *call, struct ceph *self, const struct hc_change *change)
{
	const char *uuid = NULL;
	struct facts facts;
	int r;

	if (access(CEPH_OSD, X_OK))
		return hc_wait(call, "package ceph-osd is not installed");
	r = facts_need(call, self, &facts);
	if (!r)
		r = osd_mark_begin(call, self, &facts, change, &uuid);
	if (r || facts_osd_uuid(&facts, uuid))
		return r;
	return tell_mon(call, self->connection, command("osd new", "uuid", uuid, NULL));
}

/* What a killed run began goes on without it; ceph-osd --mkfs has no lock for a moment near its
 * end. A daemon does not have the UUID among its arguments. */
bool osd_at_work(struct hc_arena *arena, const char *uuid)
{
	DIR *folder = opendir("/proc");
	bool found = false;

	for (struct dirent *e = folder ? readdir(folder) : NULL; e && !found; e = readdir(folder)) {
		char *line = NULL;
		size_t size = 0;

		if (*e->d_name < '1' || *e->d_name > '9' ||
		    hc_file_read(arena, hc_printf(arena, "/proc/%s/cmdline", e->d_name),
				 CMDLINE_MAX, &line, &size))
			continue;
		found = memmem(line, size, uuid, strlen(uuid));
	}
	if (folder)
		(void)closedir(folder); /* nothing was written */
	return found;
}

/* Whether the store is there; else the disk is ready to be written to, or it says why not. */
static int look_at_disk(struct hc_call *call, const struct facts *facts,
			const struct hc_change *change, const char *uuid, bool *there)
{
	const struct hc_ceph_osd *want = change->want->spec;
	_cleanup_(hc_closep) int fd = disk_open(want->device, O_RDWR | O_EXCL, NULL);
	struct hc_ceph_device device = {.id = UINT32_MAX};
	struct scan scan;
	int r = scan_disks(call, &scan);

	if (r)
		return r;
	if (fd == -EBUSY || (fd >= 0 && disk_lock(fd)))
		return hc_wait(call, "%s is in use", want->device);
	if (fd < 0)
		return hc_fail(call, -fd, change->want, "%s: %s", want->device, strerror(-fd));
	device_content(call->arena, facts, change->want, &scan, fd, &device);
	*there = device.content == HC_CEPH_OURS && !strcmp(device.osd_uuid, uuid);
	if (*there || device.content == HC_CEPH_BLANK)
		return 0;
	if (device.content != HC_CEPH_BEGUN || strcmp(device.osd_uuid, uuid) != 0)
		return hc_fail(call, EEXIST, change->want, "%s holds %s: it is left alone",
			       want->device, device.what);
	r = disk_zero_ends(fd);
	return r ? hc_fail(call, -r, change->want, "%s: %s", want->device, strerror(-r)) : 0;
}

static int mkfs(struct hc_call *call, uint32_t id, const char *uuid)
{
	const char *number = hc_printf(call->arena, "%" PRIu32, id);
	const char *argv[] = {CEPH_OSD,     "--cluster",  "ceph", "--mkfs",    "-i",
			      number,       "--osd-uuid", uuid,   "--setuser", "ceph",
			      "--setgroup", "ceph",       NULL};
	struct hc_exec exec = {.argv = argv};

	return hc_exec(call, &exec);
}

int osd_store(struct hc_call *call, struct ceph *self, const struct hc_change *change)
{
	const struct hc_ceph_osd *want = change->want->spec;
	const struct fact_osd *fact;
	struct facts facts;
	bool there = false;
	int r = facts_need(call, self, &facts);

	if (r)
		return r;
	fact = osd_of(call, &facts, change);
	if (!fact)
		return hc_wait(call, "its number is not in the OSD map yet");
	/* what ran under this number, and may still be started again and again, was another */
	if (!fact->up)
		r = daemon_stop(call, osd_unit(call->arena, fact->id));
	if (!r && osd_at_work(call->arena, fact->uuid))
		r = hc_wait(call, "an earlier ceph-osd --mkfs is still at work");
	if (!r)
		r = look_at_disk(call, &facts, change, fact->uuid, &there);
	if (!r && !there)
		r = osd_unmount(call, fact->id);
	if (!r && !there)
		r = daemon_clear(call, hc_printf(call->arena, OSD_DATA, fact->id));
	if (!r)
		r = osd_link(call, self, &facts, fact->id, fact->uuid, want->device);
	return r || there ? r : mkfs(call, fact->id, fact->uuid);
}
