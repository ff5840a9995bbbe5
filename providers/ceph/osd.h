/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * OSDs. Which OSD of Ceph is which document's is told by, in this order: the label of the disk that
 * the document names; our mark in Ceph's config-key store, hcstate/osd/UUID = NODE/NAME, which is
 * set before Ceph is asked for a number, so that a run that is killed leaves no number behind that
 * nobody knows; and the data directory that links to that disk.
 */

#include "ceph.h"
#include "label.h"

#define OSD_DATA "/var/lib/ceph/osd/ceph-%u"

/* Below this BlueStore has no room for its own. */
#define OSD_LEAST (UINT64_C(5) << 30)

enum osd_op {
	OSD_WIPE,   /* arg: what the plan says that is on it */
	OSD_NUMBER, /* mark it, and get its number */
	OSD_STORE,  /* make its store on the disk */
	OSD_VOLUME, /* both of these by ceph-volume, on logical volumes */
	OSD_LINK,   /* its data directory */
	OSD_ENABLE,
	OSD_START,
	OSD_WAIT_UP,
	OSD_CLASS,
	OSD_WEIGHT,
	OSD_IN,
	OSD_OUT,
	OSD_WAIT_SAFE, /* until all its data is elsewhere */
	OSD_WAIT_RECOVERY,
	OSD_STOP,
	OSD_PURGE,  /* it is lost: take it from the cluster */
	OSD_REMOVE, /* its data is elsewhere: likewise */
	OSD_CLEAN,  /* data directory, label, mark */
};

/* One OSD, put together from what the cluster, the disks and the documents say. */
struct osd_row {
	const char *name, *node;
	const struct hc_resource *want; /* NULL: no document of this node */
	const struct fact_osd *fact;    /* NULL: Ceph does not know it, or not any more */
	const char *uuid;
	const struct label *label; /* the disk of this node that carries it, or NULL */
	bool marked;               /* hcstate made it */
};

struct osd_rows {
	struct osd_row *v;
	size_t n, room;
};

/* osd_match.c */
void osd_match(const struct look *look, const struct label *labels, size_t nlabel,
	       struct osd_rows *rows);
/* Where the data directory of that OSD says its disk is; NULL: nowhere. */
const char *osd_block(struct hc_arena *arena, uint32_t id);

/* osd_mark.c: the marks. `gone`: it was purged, or is about to be. */
struct osd_mark {
	const char *uuid, *node, *name;
	bool gone;
};
size_t osd_marks(struct hc_arena *arena, const struct facts *facts, struct osd_mark **v);
const struct osd_mark *osd_mark_of(const struct osd_mark *v, size_t n, const char *uuid);
/* The mark under which the change's OSD is made; NULL: none yet. */
const struct osd_mark *osd_mark_for(struct hc_call *call, const struct facts *facts,
				    const struct hc_change *change);
/* The UUID under which it is made: the mark's, or a new one that is marked now. */
int osd_mark_begin(struct hc_call *call, struct ceph *self, const struct facts *facts,
		   const struct hc_change *change, const char **uuid);
int osd_mark_set(struct hc_call *call, struct ceph *self, const struct osd_mark *mark);
int osd_mark_remove(struct hc_call *call, struct ceph *self, const char *uuid);

/* osd_gate.c: what speaks against doing without an OSD. "": nothing. */
struct osd_gate {
	const char *ok_to_stop, *safe_to_destroy, *spare, *space;
	bool all_active;
	const char *settling; /* what of it passes by itself; "": nothing */
};
/* That nobody could be asked is in it too. */
void osd_gate(struct hc_call *call, struct ceph *self, const struct facts *facts,
	      const struct fact_osd *osd, struct osd_gate *gate);
/* Why some pool has no place for all its copies; "": each has. */
const char *osd_no_place(struct hc_arena *arena, const struct facts *facts);
/* Why one whose disk is gone may not be purged; NULL: it may. */
const char *osd_gate_lost(struct hc_arena *arena, const char *safe_to_destroy, bool all_active);
/* The placement groups by what they are in the middle of. */
struct osd_pgs {
	uint64_t all, serving, clean, moving;
	uint64_t passing, stale; /* of those that do not serve */
};
/* `count` more in that state, as Ceph writes it: "active+clean" */
void osd_pgs_add(struct osd_pgs *pgs, const char *state, uint64_t count);
/* How many do not serve for a moment only; 0: none, or one is not among those. */
uint32_t osd_settling(const struct osd_pgs *pgs, const char *ok_to_stop);
int osd_pgs(struct hc_call *call, struct ceph *self, struct osd_pgs *pgs);

/* osd_word.c: what the daemon itself says that it does: "active", "booting", ...; "": it does not
 * answer. It alone knows whether the map means this run of it or an earlier one. */
const char *osd_word(struct hc_arena *arena, uint32_t id);

/* osd_store.c, osd_link.c */
int osd_number(struct hc_call *call, struct ceph *self, const struct hc_change *change);
int osd_store(struct hc_call *call, struct ceph *self, const struct hc_change *change);
int osd_link(struct hc_call *call, struct ceph *self, const struct facts *facts, uint32_t id,
	     const char *uuid, const char *device);
/* Removes its data directory, and what else osd_link() made on this node. */
int osd_unlink(struct hc_call *call, uint32_t id);
/* `label`: its data; NULL: no disk has it. */
bool osd_linked(struct hc_call *call, const struct facts *facts, uint32_t id, const char *device,
		const struct label *label);
/* Whether a program that a killed run began is still busy with it. */
bool osd_at_work(struct hc_arena *arena, const char *uuid);
char *osd_unit(struct hc_arena *arena, uint32_t id);
/* The OSD of the change as it is now: NULL: there is none. In a step that follows a purge that is
 * the new one. */
const struct fact_osd *osd_of(struct hc_call *call, const struct facts *facts,
			      const struct hc_change *change);

/* osd_here.c: what of the change's OSD this node tells without asking anybody. label NULL: no disk
 * has it. -EAGAIN: nor does anything else tell its number. */
struct osd_here {
	uint32_t id;
	const char *uuid;
	const struct label *label;
};
int osd_here(struct hc_call *call, const struct hc_change *change, struct osd_here *here);

/* osd_volume.c: what needs LVM is made by ceph-volume. */
bool osd_needs_volumes(const struct hc_ceph_osd *want);
int osd_volume_make(struct hc_call *call, struct ceph *self, const struct hc_change *change);
/* osd_volume_tool.c: why ceph-volume cannot make it here; NULL: it can. */
const char *osd_volume_why(struct hc_arena *arena, const struct hc_ceph_osd *want);
struct volume_order {
	const char *uuid, *device, *db_device, *wal_device;
	uint64_t db_size; /* 0: all */
	bool encrypted;
};
int osd_volume_prepare(struct hc_call *call, const struct volume_order *order);
int osd_volume_open(struct hc_call *call, uint32_t id, const char *uuid); /* its directory, too */
/* Destroys all volumes of that OSD, and leaves their disks blank where nothing else is on them. */
int osd_volume_destroy(struct hc_call *call, const struct scan *scan, const char *uuid);
/* Destroys what LVM has on that disk. */
int osd_volume_clear(struct hc_call *call, const char *path);
char *osd_volume_unit(struct hc_arena *arena, uint32_t id, const char *uuid);
/* Its data directory, if something is mounted there. */
int osd_unmount(struct hc_call *call, uint32_t id);

/* osd_gone.c: OSD_PURGE, OSD_REMOVE, OSD_CLEAN, OSD_STOP, OSD_WAIT_SAFE */
int osd_gone(struct hc_call *call, struct ceph *self, const struct hc_step *step);

int osd_adjust(struct hc_call *call, struct hc_change *change);
int osd_plan(struct hc_call *call, struct hc_change *change, struct hc_plan *plan);
int osd_apply(struct hc_call *call, struct ceph *self, const struct hc_step *step);
int osd_settled(struct hc_call *call, struct ceph *self, const struct hc_step *step);
int osd_read(const struct look *look);
/* What is seen of one that no disk carries. */
struct osd_sight {
	bool up, runs;                       /* in the OSD map; its daemon */
	const char *path;                    /* its document's disk, */
	const struct hc_ceph_device *device; /* and what is there now */
	const struct label *broken; /* a disk that may be it for all one can tell, or NULL */
};
/* Why it is not lost; NULL: it is. Pure. */
const char *osd_not_lost(struct hc_arena *arena, const struct osd_sight *sight);

/* "1.5 GiB" */
char *osd_bytes(struct hc_arena *arena, uint64_t bytes);
