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
int osd_mark_set(struct hc_call *call, struct ceph *self, const struct osd_mark *mark);
int osd_mark_remove(struct hc_call *call, struct ceph *self, const char *uuid);

/* osd_gate.c: what speaks against doing without an OSD. "": nothing. */
struct osd_gate {
	const char *ok_to_stop, *safe_to_destroy, *spare, *space;
	bool all_active;
};
int osd_gate(struct hc_call *call, struct ceph *self, const struct facts *facts,
	     const struct fact_osd *osd, struct osd_gate *gate);
/* Why some pool has no place for all its copies; "": each has. */
const char *osd_no_place(struct hc_arena *arena, const struct facts *facts);
/* Why one whose disk is gone may not be purged yet; NULL: it may. */
const char *osd_gate_lost(struct hc_arena *arena, const char *safe_to_destroy, bool all_active);
/* The placement groups by what they are in the middle of. */
struct osd_pgs {
	uint64_t all, serving, clean, moving;
};
int osd_pgs(struct hc_call *call, struct ceph *self, struct osd_pgs *pgs);

/* osd_word.c: what the daemon itself says that it does: "active", "booting", ...; "": it does not
 * answer. It alone knows whether the map means this run of it or an earlier one. */
const char *osd_word(struct hc_arena *arena, uint32_t id);

/* osd_store.c, osd_link.c */
int osd_number(struct hc_call *call, struct ceph *self, const struct hc_change *change);
int osd_store(struct hc_call *call, struct ceph *self, const struct hc_change *change);
int osd_link(struct hc_call *call, struct ceph *self, const struct facts *facts, uint32_t id,
	     const char *uuid, const char *device);
bool osd_linked(struct hc_call *call, const struct facts *facts, uint32_t id, const char *device);
char *osd_unit(struct hc_arena *arena, uint32_t id);
/* The OSD of the change as it is now: NULL: there is none. In a step that follows a purge that is
 * the new one. */
const struct fact_osd *osd_of(struct hc_call *call, const struct facts *facts,
			      const struct hc_change *change);
/* facts_read(), and hc_wait() while nobody answers. */
int osd_ask(struct hc_call *call, struct ceph *self, struct facts *facts);

/* osd_gone.c: OSD_PURGE, OSD_REMOVE, OSD_CLEAN, OSD_STOP, OSD_WAIT_SAFE */
int osd_gone(struct hc_call *call, struct ceph *self, const struct hc_step *step);

int osd_adjust(struct hc_call *call, struct hc_change *change);
int osd_plan(struct hc_call *call, struct hc_change *change, struct hc_plan *plan);
int osd_apply(struct hc_call *call, struct ceph *self, const struct hc_step *step);
int osd_settled(struct hc_call *call, struct ceph *self, const struct hc_step *step);
int osd_read(const struct look *look);

/* "1.5 GiB" */
char *osd_bytes(struct hc_arena *arena, uint64_t bytes);
