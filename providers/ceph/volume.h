/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Logical volumes as LVM tells of them, and what ceph-volume wrote to their tags: which OSD each is
 * of, and which part of it. That holds also while a volume is not active, or is encrypted and not
 * opened, when nothing of the OSD itself can be read.
 */

#include <sys/types.h>

#include <hcstate/provider.h>

enum volume_part {
	VOLUME_OTHER, /* not an OSD's */
	VOLUME_DATA,
	VOLUME_DB,
	VOLUME_WAL,
};

/* One logical volume on one physical one. */
struct volume {
	const char *disk;  /* "/dev/sdb" */
	dev_t real;        /* of the disk; 0: it is not there */
	const char *group; /* "": none */
	uint64_t free;     /* bytes of the group that no volume has */
	const char *name;  /* "": no volume at all, just the disk */
	uint64_t size;     /* bytes */
	enum volume_part part;
	const char *osd_uuid; /* NULL: of no OSD */
	bool tagged;          /* else its name alone tells the OSD: ceph-volume was cut short */
	const char *fsid;     /* "": not told */
	uint32_t id;          /* UINT32_MAX: likewise */
	bool encrypted;
};

struct json_object;

/* Adds what the answer of pvs says; `real` is not filled in. Pure. */
void volume_take(struct hc_arena *arena, struct json_object *answer, struct volume **v, size_t *n);

/* Asks LVM for all of this node. -EIO: it does not tell, unsaid: *why says why not. */
int volume_read(struct hc_call *call, struct volume **v, size_t *n, const char **why);
