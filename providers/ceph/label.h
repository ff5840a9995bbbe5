/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The label that BlueStore writes at the start of a disk: which OSD of which cluster is on it. Read
 * straight from the disk, past the page cache, so that a dead disk does not answer from memory.
 */

#include <sys/types.h>

#include <hcstate/provider.h>

/* One block device of this node. */
struct label {
	const char *path; /* "/dev/sdb" */
	dev_t real;
	bool unreadable;      /* it gives errors: what is on it cannot be told */
	bool damaged;         /* it begins like a label and does not add up */
	const char *osd_uuid; /* NULL: no label. In lower case */
	const char *fsid;     /* "": not written yet */
	uint32_t id;          /* UINT32_MAX: likewise */
	bool ready;           /* the OSD was made to the end */
	bool data;            /* its data; else its database or write-ahead log */
};

/* All block devices of this node that have a label or are unreadable, by path, each once. Reads a
 * page of each device, nothing is executed. */
int label_scan(struct hc_call *call, struct label **v, size_t *n);

/* Of one open disk; leaves `label` as it is where there is none. -errno: it cannot be read. */
int label_read(struct hc_arena *arena, int fd, struct label *label);

/* Decodes the first page of a disk. Gives whether it begins like a label; fills in `damaged` or
 * what it says. */
bool label_decode(struct hc_arena *arena, const void *page, size_t size, struct label *label);
