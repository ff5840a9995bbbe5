/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ceph-volume, of which hcstate uses prepare, activate and zap, each told the OSD's UUID, so that
 * what a killed run left behind can be recognised by it. Its units are not left to it: it would
 * start networkd along with them.
 */

#include "osd.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include <hcstate/exec.h>
#include <hcstate/file.h>

#include "disk.h"
#include "volume.h"

enum {
	ARGUMENTS = 24,
	TABLE_MAX = 1 << 20,
};

static bool file_says(struct hc_arena *arena, const char *path, const char *what)
{
	char *text;

	return !hc_file_read(arena, path, TABLE_MAX, &text, NULL) && strstr(text, what);
}

/* Whether the kernel has it, or a module that comes when it is asked for. */
static bool has_device_mapper(struct hc_arena *arena)
{
	struct utsname kernel;

	return file_says(arena, "/proc/misc", "device-mapper") ||
	       (!uname(&kernel) &&
		file_says(arena,
			  hc_printf(arena, "/lib/modules/%s/modules.devname", kernel.release),
			  "mapper/control"));
}

static bool is_installed(const char *program)
{
	return !access(program, X_OK);
}

const char *osd_volume_why(struct hc_arena *arena, const struct hc_ceph_osd *want)
{
	if (!has_device_mapper(arena))
		return "this kernel has no device-mapper";
	if (!is_installed("/usr/sbin/ceph-volume"))
		return "there is no ceph-volume: package ceph-osd (since Ceph 17 ceph-volume) is "
		       "not installed";
	if (!is_installed("/usr/sbin/pvs") && !is_installed("/sbin/pvs"))
		return "package lvm2 is not installed";
	if (want->encrypted && !is_installed("/usr/sbin/cryptsetup") &&
	    !is_installed("/sbin/cryptsetup"))
		return "package cryptsetup-bin is not installed";
	return NULL;
}

char *osd_volume_unit(struct hc_arena *arena, uint32_t id, const char *uuid)
{
	return hc_printf(arena, "ceph-volume@lvm-%" PRIu32 "-%s.service", id, uuid);
}

/* ceph-volume wants the device's own name. */
static const char *real_path(struct hc_arena *arena, const char *path)
{
	char *real = realpath(path, NULL);
	const char *copy = hc_strdup(arena, real ? real : path);

	free(real);
	return copy;
}

static int run(struct hc_call *call, const char *const *argv)
{
	struct hc_exec exec = {.argv = argv};

	return hc_exec(call, &exec);
}

int osd_volume_prepare(struct hc_call *call, const struct volume_order *order)
{
	const char *argv[ARGUMENTS] = {"ceph-volume", "lvm",
				       "prepare",     "--bluestore",
				       "--osd-fsid",  order->uuid,
				       "--data",      real_path(call->arena, order->device)};
	size_t n = 8;

	if (order->encrypted)
		argv[n++] = "--dmcrypt";
	if (order->db_device) {
		argv[n++] = "--block.db";
		argv[n++] = real_path(call->arena, order->db_device);
	}
	if (order->db_device && order->db_size) {
		argv[n++] = "--block.db-size";
		argv[n++] = hc_printf(call->arena, "%" PRIu64, order->db_size);
	}
	if (order->wal_device) {
		argv[n++] = "--block.wal";
		argv[n++] = real_path(call->arena, order->wal_device);
	}
	return run(call, argv);
}

int osd_volume_open(struct hc_call *call, uint32_t id, const char *uuid)
{
	const char *const argv[] = {"ceph-volume",  "lvm",
				    "activate",     "--bluestore",
				    "--no-systemd", hc_printf(call->arena, "%" PRIu32, id),
				    uuid,           NULL};

	return run(call, argv);
}

/* What is left of LVM's notes on a disk that is not its any more. */
static int blank(struct hc_call *call, const char *path)
{
	_cleanup_(hc_closep) int fd = disk_open(path, O_RDWR | O_EXCL, NULL);
	struct label label = {0};
	const char *signature;
	int r = fd < 0 ? fd : label_read(call->arena, fd, &label);

	if (r == -EBUSY || r == -ENOENT || r == -ENXIO)
		return 0; /* others have volumes on it; or it is gone */
	signature = r ? NULL : disk_signature(call->arena, fd);
	if (!r && !label.lvm && !label.osd_uuid && signature && !*signature)
		r = disk_zero_ends(fd);
	return r ? hc_fail(call, -r, NULL, "%s: %s", path, strerror(-r)) : 0;
}

int osd_volume_destroy(struct hc_call *call, const struct scan *scan, const char *uuid)
{
	const char *const argv[] = {"ceph-volume", "lvm", "zap", "--destroy",
				    "--osd-fsid",  uuid,  NULL};
	bool tagged = false;
	int r = 0;

	for (size_t i = 0; i < scan->nvolume; i++)
		tagged = tagged || (scan->volumes[i].tagged && scan->volumes[i].osd_uuid &&
				    !strcmp(scan->volumes[i].osd_uuid, uuid));
	if (!tagged)
		return 0;
	r = run(call, argv);
	for (size_t i = 0; !r && i < scan->nvolume; i++)
		if (scan->volumes[i].osd_uuid && !strcmp(scan->volumes[i].osd_uuid, uuid))
			r = blank(call, scan->volumes[i].disk);
	return r;
}

int osd_volume_clear(struct hc_call *call, const char *path)
{
	const char *real = real_path(call->arena, path);
	const char *const argv[] = {"ceph-volume", "lvm", "zap", "--destroy", real, NULL};
	int r = run(call, argv);

	return r ? r : blank(call, real);
}

int osd_unmount(struct hc_call *call, uint32_t id)
{
	const char *path = hc_printf(call->arena, OSD_DATA, id);

	/* it may be there several times over */
	while (!umount2(path, UMOUNT_NOFOLLOW))
		;
	return errno == EINVAL || errno == ENOENT
		       ? 0
		       : hc_fail(call, errno, NULL, "cannot unmount %s: %s", path, strerror(errno));
}
