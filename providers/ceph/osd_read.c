/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The live CephOsds: of this node with what its disks, directories and units say, of other nodes
 * with what the cluster says of them.
 *
 * An OSD is lost when all of this is so: the map has it down, its daemon does not run, no block
 * device of this node carries it, and the disk that its document names is blank. One that is
 * missing only in part may still be found by a person, so nothing is done about it.
 */

#include "osd.h"

#include <hcstate/cluster.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include <hcstate/unit.h>

#include "device.h"
#include "volume.h"

enum {
	EXTENT = 4 << 20, /* what LVM makes volumes of, unless told otherwise */
};

struct reading {
	const struct look *look;
	struct hc_arena *arena;
	const struct scan *scan;
};

char *osd_unit(struct hc_arena *arena, uint32_t id)
{
	return hc_printf(arena, "ceph-osd@%u.service", id);
}

#define give(r, member, value)                                                                     \
	(((struct hc_ceph_osd *)(r)->spec)->member = (value),                                      \
	 hc_set_field(r, struct hc_ceph_osd, member))

/* Ceph rounds: what was written is what is there, if it is as near as Ceph can come. */
static const char *weight_text(struct hc_arena *arena, const struct hc_resource *want, double have)
{
	const char *text = want ? ((const struct hc_ceph_osd *)want->spec)->weight : NULL;
	char *digits = hc_printf(arena, "%.5f", have), *end = digits + strlen(digits) - 1;

	if (text && fabs(strtod(text, NULL) - have) < 0.0001)
		return text;
	while (*end == '0' && end[-1] != '.')
		*end-- = '\0';
	return digits;
}

/* What the cluster says of it. */
static void give_fact(struct hc_arena *arena, struct hc_resource *r, const struct osd_row *row)
{
	const struct fact_osd *fact = row->fact;

	if (row->uuid)
		give(r, osd_uuid, row->uuid);
	if (!fact)
		return;
	give(r, id, fact->id);
	if (*fact->device_class)
		give(r, device_class, fact->device_class);
	give(r, weight, weight_text(arena, row->want, fact->weight));
	give(r, in, fact->in);
	give(r, up, fact->up);
	give(r, used, fact->used);
	give(r, total, fact->total);
	give(r, pgs, fact->pgs);
}

/* How to use its disk is for the document to say; it cannot differ. Nor can, of an OSD that is
 * lost, what it was on. */
static void give_wishes(struct hc_resource *r, const struct osd_row *row)
{
	const struct hc_resource *want = row->want;
	const struct hc_ceph_osd *osd = want->spec;

	give(r, replace, osd->replace);
	give(r, wipe, osd->wipe);
	if (row->label)
		return;
	give(r, encrypted, osd->encrypted);
	if (osd->db_device)
		give(r, db_device, osd->db_device);
	if (osd->wal_device)
		give(r, wal_device, osd->wal_device);
	if (hc_has_field(want, struct hc_ceph_osd, db_size))
		give(r, db_size, osd->db_size);
}

static const struct volume *part_of(const struct reading *g, const struct osd_row *row,
				    enum volume_part part)
{
	for (size_t i = 0; i < g->scan->nvolume; i++) {
		const struct volume *volume = &g->scan->volumes[i];

		if (volume->part == part && volume->osd_uuid &&
		    !strcmp(volume->osd_uuid, row->uuid))
			return volume;
	}
	return NULL;
}

/* The disk of a volume, by the path that the document has for it. */
static const char *disk_of(const struct volume *volume, const char *wanted)
{
	struct stat st;

	return wanted && volume->real && !stat(wanted, &st) && st.st_rdev == volume->real
		       ? wanted
		       : volume->disk;
}

/* A volume is a whole number of extents; ceph-volume leaves off the rest. */
static uint64_t size_of(const struct volume *volume, const struct hc_ceph_osd *want)
{
	uint64_t more = want->db_size > volume->size ? want->db_size - volume->size
						     : volume->size - want->db_size;

	return more <= EXTENT ? want->db_size : volume->size;
}

static void give_parts(const struct reading *g, struct hc_resource *r, const struct osd_row *row)
{
	static const struct hc_ceph_osd nothing;
	const struct hc_ceph_osd *want = row->want ? row->want->spec : &nothing;
	const struct volume *db = part_of(g, row, VOLUME_DB), *wal = part_of(g, row, VOLUME_WAL);

	give(r, encrypted, row->label->volume && row->label->volume->encrypted);
	if (db) {
		give(r, db_device, disk_of(db, want->db_device));
		give(r, db_size, size_of(db, want));
	}
	if (wal)
		give(r, wal_device, disk_of(wal, want->wal_device));
}

/* The unit that opens its volumes at boot. */
static int is_opened_at_boot(const struct reading *g, const struct osd_row *row, bool *enabled)
{
	struct hc_unit unit;
	int e;

	*enabled = true;
	if (!row->label || !row->label->volume)
		return 0;
	e = hc_unit_read(g->look->call, osd_volume_unit(g->arena, row->fact->id, row->uuid), &unit);
	*enabled = unit.enabled;
	return e;
}

static int give_unit(const struct reading *g, struct hc_resource *r, const struct osd_row *row)
{
	const struct fact_osd *fact = row->fact;
	struct hc_unit unit;
	const char *word = "";
	bool opened = true;
	int e = hc_unit_read(g->look->call, osd_unit(g->arena, fact->id), &unit);

	if (!e)
		e = is_opened_at_boot(g, row, &opened);
	if (e)
		return e;
	if (unit.active)
		word = osd_word(g->arena, fact->id);
	give(r, enabled, unit.enabled && opened);
	give(r, active, unit.active);
	give(r, failed, unit.failed);
	give(r, up, fact->up && !strcmp(word, "active"));
	return 0;
}

/* LVM may have a disk and not tell of it; an OSD that is not on volumes cannot be on that one. */
static const struct label *unreadable(const struct reading *g, bool lvm)
{
	for (size_t i = 0; i < g->scan->nlabel; i++)
		if (g->scan->labels[i].unreadable || (lvm && g->scan->labels[i].hidden))
			return &g->scan->labels[i];
	return NULL;
}

const char *osd_not_lost(struct hc_arena *arena, const struct osd_sight *sight)
{
	if (sight->up)
		return "Ceph still has it up";
	if (sight->runs)
		return "its daemon runs";
	if (sight->device->content != HC_CEPH_BLANK)
		return hc_printf(arena, "no blank disk is in its place: %s: %s", sight->path,
				 sight->device->what);
	if (sight->broken)
		return hc_printf(arena, "%s cannot be read and may be it", sight->broken->path);
	return NULL;
}

static const char *why_not_lost(const struct reading *g, const struct osd_row *row, bool runs)
{
	const struct hc_ceph_osd *want = row->want->spec;
	struct hc_ceph_device device;
	const struct osd_sight sight = {
		.up = row->fact->up,
		.runs = runs,
		.path = want->device,
		.device = &device,
		.broken = unreadable(g, osd_needs_volumes(want)),
	};

	device_look(g->look, g->scan, row->want, want->device, &device);
	return osd_not_lost(g->arena, &sight);
}

static void give_data(const struct reading *g, struct hc_resource *r, const struct osd_row *row)
{
	const struct hc_ceph_osd *have = r->spec;
	const char *why;

	if (row->label) {
		give(r, data, HC_CEPH_OSD_PRESENT);
		return;
	}
	why = row->want ? why_not_lost(g, row, have->active && have->up)
			: "no document says where it is";
	give(r, data, why ? HC_CEPH_OSD_UNFOUND : HC_CEPH_OSD_LOST);
	give(r, data_why, why ? why : "Ceph has it down, and no disk of this node carries it");
}

/* Where its disk is now. A document that means it is right, by whatever path. */
static void give_device(const struct reading *g, struct hc_resource *r, const struct osd_row *row)
{
	const struct hc_ceph_osd *want = row->want ? row->want->spec : NULL;
	struct hc_ceph_device device;

	if (!want) {
		if (row->label)
			give(r, device, label_disk(row->label));
		return;
	}
	give(r, device, want->device);
	if (!row->label)
		return;
	device_look(g->look, g->scan, row->want, want->device, &device);
	if (!device.osd_uuid || strcmp(device.osd_uuid, row->uuid) != 0)
		give(r, device, label_disk(row->label));
}

static void give_gates(const struct reading *g, struct hc_resource *r, const struct osd_row *row)
{
	const struct hc_ceph_osd *have = r->spec;
	struct osd_gate gate;

	if (row->want && have->data != HC_CEPH_OSD_LOST)
		return;
	osd_gate(g->look->call, g->look->self, g->look->facts, row->fact, &gate);
	give(r, ok_to_stop, gate.ok_to_stop);
	give(r, safe_to_destroy, gate.safe_to_destroy);
	give(r, spare, gate.spare);
	give(r, space, gate.space);
	give(r, all_active, gate.all_active);
	give(r, settling, gate.settling);
}

static bool is_mine(const struct reading *g, const struct osd_row *row)
{
	return !strcmp(row->node, g->look->call->node);
}

/* Whether nobody but who plans here sees to it. */
static bool is_orphaned(const struct reading *g, const struct osd_row *row)
{
	return !hc_find(g->look->call->whole, &hc_node, NULL, row->node);
}

/* Whether it may come to doing without it here. */
static bool matters(const struct reading *g, const struct osd_row *row)
{
	return row->want ? is_mine(g, row)
			 : row->marked && (is_mine(g, row) || is_orphaned(g, row));
}

static int emit(const struct reading *g, const struct osd_row *row)
{
	struct hc_resource *r =
		hc_resource_new(&g->look->live->found, &hc_ceph_osd, row->node, row->name);
	int e = 0;

	r->made = row->marked;
	give_fact(g->arena, r, row);
	if (is_mine(g, row)) {
		if (row->want)
			give_wishes(r, row);
		if (row->fact)
			e = give_unit(g, r, row);
		if (row->label)
			give_parts(g, r, row);
		give_device(g, r, row);
		if (row->fact) {
			const char *path = ((const struct hc_ceph_osd *)r->spec)->device;

			give_data(g, r, row);
			give(r, linked,
			     path && osd_linked(g->look->call, g->look->facts, row->fact->id, path,
						row->label));
		}
	}
	if (row->fact && matters(g, row))
		give_gates(g, r, row);
	return e;
}

int osd_read(const struct look *look)
{
	struct scan scan;
	struct reading g = {.look = look, .arena = look->call->arena, .scan = &scan};
	struct osd_rows rows = {0};
	int r = scan_disks(look->call, &scan);

	if (r)
		return r;
	device_read(look, &scan);
	if (look->facts->why) {
		if (*look->past)
			hc_unknown(look->live, &hc_ceph_osd, "%s", look->facts->why);
		return 0;
	}
	osd_match(look, scan.labels, scan.nlabel, &rows);
	for (size_t i = 0; !r && i < rows.n; i++)
		r = emit(&g, &rows.v[i]);
	return r;
}
