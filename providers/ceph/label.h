/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The label that BlueStore writes at the start of a disk: which OSD of which cluster is on it. Read
 * straight from the disk, past the page cache, so that a dead disk does not answer from memory.
 */

#include <sys/types.h>

#include <hcstate/provider.h>

struct volume;

/* One block device of this node; or an OSD's data on a logical volume that is not open. */
struct label {
	const char *path; /* "/dev/sdb", "/dev/dm-0" */
	dev_t real;
	dev_t disk; /* the disk below it; of one that is a whole disk that itself */
	const struct volume *volume; /* of an OSD's data: what it is on; NULL: a whole disk */
	bool closed;                 /* only the volume's tags tell of it */
	bool lvm;                    /* it is one of LVM's disks */
	bool hidden;                 /* it is, and LVM does not tell what is on it */
	bool unreadable;             /* it gives errors: what is on it cannot be told */
	bool damaged;                /* it begins like a label and does not add up */
	const char *osd_uuid;        /* NULL: no label. In lower case */
	const char *fsid;            /* "": not written yet */
	uint32_t id;                 /* UINT32_MAX: likewise */
	bool ready;                  /* the OSD was made to the end */
	bool data;                   /* its data; else its database or write-ahead log */
};

/* scan.c: all block devices of this node that have a label, are LVM's or unreadable, by path, each
 * once, and what LVM tells of its own. Reads a page of each device; LVM is asked only where one is
 * its. */
struct scan {
	struct label *labels;
	struct volume *volumes;
	size_t nlabel, nvolume;
	const char *why; /* why LVM does not tell; NULL: it does, or was not asked */
};
int scan_disks(struct hc_call *call, struct scan *scan);
/* The data of that OSD, of whatever cluster; NULL: no disk has it. */
const struct label *scan_label(const struct scan *scan, const char *uuid);
/* The path of the disk that it is on. */
const char *label_disk(const struct label *label);
/* The labels alone. */
int label_scan(struct hc_call *call, struct label **v, size_t *n);

/* Of one open disk; leaves `label` as it is where there is none. -errno: it cannot be read. */
int label_read(struct hc_arena *arena, int fd, struct label *label);

/* Decodes the first page of a disk. Gives whether it begins like a label; fills in `damaged` or
 * what it says. */
bool label_decode(struct hc_arena *arena, const void *page, size_t size, struct label *label);

/* Texts of somebody else: whether it is a UUID in lower case; the number, or UINT32_MAX. */
bool label_is_uuid(const char *text);
uint32_t label_id(const char *digits);
