/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Object storage daemons, and what the disks under them are. */

#include <hcstate/type.h>

/* What becomes of an OSD whose disk is gone and has a blank one in its place. */
enum hc_ceph_replace {
	HC_CEPH_REPLACE_ASK,
	HC_CEPH_REPLACE_AUTO,
};

enum hc_ceph_osd_data {
	HC_CEPH_OSD_PRESENT,
	HC_CEPH_OSD_LOST,    /* down, and no block device of its node carries it */
	HC_CEPH_OSD_UNFOUND, /* its disk does not show, and there is no blank one in its place */
};

struct hc_ceph_osd {
	const char *device;
	const char *db_device, *wal_device;
	uint64_t db_size; /* bytes */
	const char *device_class;
	bool encrypted;
	const char *weight; /* CRUSH weight: a decimal number, in TiB */
	bool in;            /* it takes data */
	unsigned replace;   /* an enum hc_ceph_replace */
	bool wipe;          /* what the device holds may be destroyed, once approved */

	/* derived */
	unsigned data; /* an enum hc_ceph_osd_data */
	bool enabled;  /* its unit starts at boot */
	bool active;   /* its unit runs */
	bool up;       /* the OSD map says so, of this very run of it */
	bool linked;   /* its data directory, key and block link are as they must be */

	/* observed */
	uint32_t id;
	const char *osd_uuid;
	bool failed;
	uint64_t used, total; /* bytes */
	uint32_t pgs;
	/* Asked only where they matter: of what is to go or is lost. "": yes; else why not. */
	const char *ok_to_stop, *safe_to_destroy;
	const char *spare; /* the others can hold as many copies */
	const char *space; /* and have room for what would move */
	bool all_active;   /* every PG serves its clients without it */
	const char
		*settling; /* what of that passes by itself, as right after it died; "": nothing */
	const char *data_why; /* why its data counts as lost or unfound */
};

enum hc_ceph_content {
	HC_CEPH_BLANK,
	HC_CEPH_OURS,       /* an OSD of this cluster that the OSD map knows */
	HC_CEPH_FORMER,     /* ... that the OSD map does not know any more, or not yet */
	HC_CEPH_STRANGERS,  /* an OSD of another cluster */
	HC_CEPH_OTHER,      /* a file system, a partition table, LVM, ... */
	HC_CEPH_MISSING,    /* there is no such device */
	HC_CEPH_UNREADABLE, /* it gives errors */
	HC_CEPH_BEGUN,      /* an OSD that hcstate began to make for the document that names it */
};

/* A block device of this node. Read to decide about OSDs; named by its path. */
struct hc_ceph_device {
	const char *real; /* MAJOR:MINOR: two paths may be one disk */
	uint64_t size;    /* bytes */
	unsigned content; /* an enum hc_ceph_content */
	const char *what; /* in words: "an ext4 file system, labelled data" */
	const char *osd_uuid, *fsid;
	uint32_t id;             /* of the OSD on it */
	bool used;               /* mounted, swap, or part of something */
	bool stable;             /* the path keeps its meaning over a reboot */
	const char *stable_path; /* one that does; NULL: this one, or none */
	const char *group;       /* LVM's volume group on it */
	uint64_t free;           /* bytes of the group that its document's OSD may have */
	const char *lvm;         /* where its document needs LVM: why there is none */
};

extern const char *const hc_ceph_replace_words[];

extern const struct hc_type hc_ceph_osd, hc_ceph_device;
