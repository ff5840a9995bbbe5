/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which OSD is which. Every OSD of the map becomes one row, and every one that hcstate began and
 * the map does not have any more. One that was never up and whose store was not finished has no
 * row while a document asks for it: it is still to be made, under the same mark.
 */

#include "osd.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>

struct matching {
	const struct look *look;
	struct hc_arena *arena;
	const struct label *labels;
	size_t nlabel;
	struct osd_mark *marks;
	size_t nmark;
	struct hc_resource *const *wants; /* this node's documents */
	size_t nwant;
	struct hc_strings named; /* their names that have an OSD */
	bool *taken;             /* by index of facts->osds */
	struct osd_rows *rows;
};

const char *osd_block(struct hc_arena *arena, uint32_t id)
{
	char target[PATH_MAX];
	ssize_t n = readlink(hc_printf(arena, OSD_DATA "/block", id), target, sizeof(target));

	return n > 0 && (size_t)n < sizeof(target) ? hc_strndup(arena, target, (size_t)n) : NULL;
}

static const char *device_of(const struct hc_resource *want)
{
	return ((const struct hc_ceph_osd *)want->spec)->device;
}

static bool is_here(const struct matching *m, const char *node)
{
	return !strcmp(node, m->look->call->node);
}

/* It never took part. */
static bool is_unborn(const struct fact_osd *fact)
{
	return fact->exists && !fact->up && !fact->up_from;
}

static const struct label *label_on(const struct matching *m, const char *path)
{
	struct stat st;

	if (!path || stat(path, &st) < 0 || !S_ISBLK(st.st_mode))
		return NULL;
	for (size_t i = 0; i < m->nlabel; i++)
		if (m->labels[i].disk == st.st_rdev && m->labels[i].osd_uuid && m->labels[i].data)
			return &m->labels[i];
	return NULL;
}

static bool is_ours(const struct matching *m, const struct label *label)
{
	return label->osd_uuid && label->data && m->look->facts->fsid &&
	       !strcmp(label->fsid, m->look->facts->fsid);
}

static const struct label *label_of(const struct matching *m, const char *uuid)
{
	for (size_t i = 0; uuid && i < m->nlabel; i++)
		if (is_ours(m, &m->labels[i]) && !strcmp(m->labels[i].osd_uuid, uuid))
			return &m->labels[i];
	return NULL;
}

static bool is_taken(const struct matching *m, const struct fact_osd *fact)
{
	return m->taken[fact - m->look->facts->osds];
}

static void add(struct matching *m, const struct hc_resource *want, const char *name,
		const char *node, const struct fact_osd *fact, const char *uuid,
		const struct label *label)
{
	struct osd_rows *rows = m->rows;

	if (fact)
		m->taken[fact - m->look->facts->osds] = true;
	if (want)
		hc_strings_add(m->arena, &m->named, want->name);
	rows->v = hc_grow(m->arena, rows->v, rows->n, &rows->room, sizeof(*rows->v));
	rows->v[rows->n++] = (struct osd_row){
		.name = name,
		.node = node,
		.want = want,
		.fact = fact,
		.uuid = uuid,
		.label = label,
		.marked = osd_mark_of(m->marks, m->nmark, uuid),
	};
}

static void by_label(struct matching *m, const struct hc_resource *want)
{
	const struct label *label = label_on(m, device_of(want));
	const struct fact_osd *fact;

	if (!label || !is_ours(m, label))
		return;
	fact = facts_osd_uuid(m->look->facts, label->osd_uuid);
	if (fact && fact->exists && !is_taken(m, fact) &&
	    (label->ready || (label->closed && !is_unborn(fact))))
		add(m, want, want->name, want->node, fact, label->osd_uuid, label);
}

static void by_mark(struct matching *m, const struct hc_resource *want)
{
	for (size_t i = 0; i < m->nmark; i++) {
		const struct osd_mark *mark = &m->marks[i];
		const struct fact_osd *fact = facts_osd_uuid(m->look->facts, mark->uuid);
		const struct label *label = label_of(m, mark->uuid);

		if (!is_here(m, mark->node) || strcmp(mark->name, want->name) != 0 || !fact ||
		    is_taken(m, fact))
			continue;
		if (!mark->gone && is_unborn(fact) && !(label && label->ready)) {
			m->taken[fact - m->look->facts->osds] = true; /* still to be made */
			return;
		}
		add(m, want, want->name, want->node, fact, mark->uuid, label);
		return;
	}
}

static void by_directory(struct matching *m, const struct hc_resource *want)
{
	const struct facts *facts = m->look->facts;

	for (size_t i = 0; i < facts->nosd; i++) {
		const struct fact_osd *fact = &facts->osds[i];
		const char *block;

		if (m->taken[i] || !is_here(m, fact->host))
			continue;
		block = osd_block(m->arena, fact->id);
		if (!block || strcmp(block, device_of(want)) != 0)
			continue;
		add(m, want, want->name, want->node, fact, fact->uuid, label_of(m, fact->uuid));
		return;
	}
}

/* What no document of this node asks for. The mark's name, if no other OSD has it. */
static void by_itself(struct matching *m, const struct fact_osd *fact)
{
	const struct osd_mark *mark = osd_mark_of(m->marks, m->nmark, fact->uuid);
	const char *node = *fact->host ? fact->host : mark ? mark->node : "";
	const char *name = mark ? mark->name : hc_printf(m->arena, "osd.%u", fact->id);

	if (mark && is_here(m, node) && hc_strings_have(&m->named, name))
		name = hc_printf(m->arena, "osd.%u", fact->id);
	if (*node)
		add(m, NULL, name, node, fact, fact->uuid,
		    is_here(m, node) ? label_of(m, fact->uuid) : NULL);
}

static bool is_wanted(const struct matching *m, const char *name)
{
	for (size_t i = 0; i < m->nwant; i++)
		if (!strcmp(m->wants[i]->name, name))
			return true;
	return false;
}

/* What a removal that was cut short left on this node. */
static void remains(struct matching *m)
{
	for (size_t i = 0; i < m->nmark; i++) {
		const struct osd_mark *mark = &m->marks[i];

		if (is_here(m, mark->node) && !facts_osd_uuid(m->look->facts, mark->uuid) &&
		    !is_wanted(m, mark->name))
			add(m, NULL, mark->name, mark->node, NULL, mark->uuid,
			    label_of(m, mark->uuid));
	}
}

static void each_want(struct matching *m, void (*by)(struct matching *, const struct hc_resource *))
{
	for (size_t i = 0; i < m->nwant; i++)
		if (!hc_strings_have(&m->named, m->wants[i]->name) && device_of(m->wants[i]))
			by(m, m->wants[i]);
}

void osd_match(const struct look *look, const struct label *labels, size_t nlabel,
	       struct osd_rows *rows)
{
	struct matching m = {
		.look = look,
		.arena = look->call->arena,
		.labels = labels,
		.nlabel = nlabel,
		.rows = rows,
	};

	m.nmark = osd_marks(m.arena, look->facts, &m.marks);
	m.wants = hc_of_type(look->call->desired, &hc_ceph_osd, &m.nwant);
	m.taken = hc_alloc(m.arena, look->facts->nosd + 1);
	each_want(&m, by_label);
	each_want(&m, by_mark);
	each_want(&m, by_directory);
	for (size_t i = 0; i < look->facts->nosd; i++)
		if (!m.taken[i])
			by_itself(&m, &look->facts->osds[i]);
	remains(&m);
}
