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

#include <hcstate/unit.h>

#include "device.h"

struct reading {
	const struct look *look;
	struct hc_arena *arena;
	const struct label *labels;
	size_t nlabel;
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

/* How to use its disk is for the document to say; it cannot differ. */
static void give_wishes(struct hc_resource *r, const struct hc_resource *want)
{
	const struct hc_ceph_osd *osd = want->spec;

	give(r, replace, osd->replace);
	give(r, wipe, osd->wipe);
	give(r, encrypted, false);
}

static int give_unit(const struct reading *g, struct hc_resource *r, const struct fact_osd *fact)
{
	struct hc_unit unit;
	const char *word = "";
	int e = hc_unit_read(g->look->call, osd_unit(g->arena, fact->id), &unit);

	if (e)
		return e;
	if (unit.active)
		word = osd_word(g->arena, fact->id);
	give(r, enabled, unit.enabled);
	give(r, active, unit.active);
	give(r, failed, unit.failed);
	give(r, up, fact->up && !strcmp(word, "active"));
	return 0;
}

static const struct label *unreadable(const struct reading *g)
{
	for (size_t i = 0; i < g->nlabel; i++)
		if (g->labels[i].unreadable)
			return &g->labels[i];
	return NULL;
}

/* Why one that no disk carries is not lost; NULL: it is. */
static const char *why_not_lost(const struct reading *g, const struct osd_row *row, bool runs)
{
	const struct hc_ceph_osd *want = row->want->spec;
	const struct label *broken = unreadable(g);
	struct hc_ceph_device device;

	if (row->fact->up)
		return "Ceph still has it up";
	if (runs)
		return "its daemon runs";
	device_look(g->look, row->want, want->device, &device);
	if (device.content != HC_CEPH_BLANK)
		return hc_printf(g->arena, "no blank disk is in its place: %s: %s", want->device,
				 device.what);
	if (broken)
		return hc_printf(g->arena, "%s cannot be read and may be it", broken->path);
	return NULL;
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
			give(r, device, row->label->path);
		return;
	}
	give(r, device, want->device);
	if (!row->label)
		return;
	device_look(g->look, row->want, want->device, &device);
	if (!device.osd_uuid || strcmp(device.osd_uuid, row->uuid) != 0)
		give(r, device, row->label->path);
}

static void give_gates(const struct reading *g, struct hc_resource *r, const struct osd_row *row)
{
	const struct hc_ceph_osd *have = r->spec;
	struct osd_gate gate = {0};
	struct hc_call quiet = *g->look->call;

	if (row->want && have->data != HC_CEPH_OSD_LOST)
		return;
	quiet.diags = (struct hc_diags){.arena = g->arena};
	if (osd_gate(&quiet, g->look->self, g->look->facts, row->fact, &gate)) {
		const char *why = quiet.diags.n ? quiet.diags.v[0].text : "Ceph does not answer";

		gate = (struct osd_gate){why, why, why, why, false};
	}
	give(r, ok_to_stop, gate.ok_to_stop);
	give(r, safe_to_destroy, gate.safe_to_destroy);
	give(r, spare, gate.spare);
	give(r, space, gate.space);
	give(r, all_active, gate.all_active);
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
			give_wishes(r, row->want);
		if (row->fact)
			e = give_unit(g, r, row->fact);
		give_device(g, r, row);
		if (row->fact) {
			const char *path = ((const struct hc_ceph_osd *)r->spec)->device;

			give_data(g, r, row);
			give(r, linked,
			     path && osd_linked(g->look->call, g->look->facts, row->fact->id,
						path));
		}
	}
	if (row->fact && matters(g, row))
		give_gates(g, r, row);
	return e;
}

int osd_read(const struct look *look)
{
	struct reading g = {.look = look, .arena = look->call->arena};
	struct osd_rows rows = {0};
	struct label *labels;
	int r;

	if (look->facts->why) {
		if (*look->past)
			hc_unknown(look->live, &hc_ceph_osd, "%s", look->facts->why);
		return 0;
	}
	r = label_scan(look->call, &labels, &g.nlabel);
	g.labels = labels;
	if (!r)
		osd_match(look, labels, g.nlabel, &rows);
	for (size_t i = 0; !r && i < rows.n; i++)
		r = emit(&g, &rows.v[i]);
	return r;
}
