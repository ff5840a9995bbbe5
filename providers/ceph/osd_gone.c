/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Doing without an OSD. Every gate is asked again here, as what was read may be minutes old: a disk
 * may be back, another node may have gone.
 *
 * Before Ceph forgets it its mark says that it is gone, so a run that is killed in between neither
 * uses its UUID again nor loses sight of what is left of it. The mark itself goes last.
 */

#include "osd.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "daemon.h"
#include "disk.h"

static bool is_here(const struct hc_call *call, const struct hc_change *change)
{
	return !strcmp(change->node, call->node);
}

/* It, if the cluster still has it. */
static const struct fact_osd *old(const struct facts *facts, const struct hc_change *change)
{
	const struct hc_ceph_osd *have = change->have->spec;
	const struct fact_osd *fact = facts_osd(facts, have->id);

	if (!hc_has_field(change->have, struct hc_ceph_osd, id) || !fact || !have->osd_uuid)
		return NULL;
	return strcmp(fact->uuid, have->osd_uuid) ? NULL : fact;
}

/* All its data is elsewhere. Of one that is down the manager has no figures any more: then nothing
 * may be mapped to it, and every placement group be whole without it. */
static int emptied(struct hc_call *call, struct ceph *self, const struct facts *facts,
		   const struct fact_osd *fact, const char **why)
{
	struct osd_gate gate;
	struct osd_pgs pgs;
	int r = osd_pgs(call, self, &pgs);

	if (r)
		return r;
	osd_gate(call, self, facts, fact, &gate);
	*why = gate.safe_to_destroy;
	if (!fact->up && !fact->in && !fact->pgs && pgs.clean == pgs.all)
		*why = "";
	return 0;
}

static int wait_safe(struct hc_call *call, struct ceph *self, const struct facts *facts,
		     const struct fact_osd *fact)
{
	const char *why = "";
	int r = emptied(call, self, facts, fact, &why);

	if (r || !*why)
		return r;
	return hc_wait(call, "osd.%" PRIu32 " still has %" PRIu32 " placement groups; %s", fact->id,
		       fact->pgs, facts_recovery(call->arena, facts));
}

/* The daemon, and the unit that would open its volumes at boot. */
static int halt(struct hc_call *call, const struct fact_osd *fact)
{
	int r = daemon_stop(call, osd_unit(call->arena, fact->id));

	return r ? r : daemon_stop(call, osd_volume_unit(call->arena, fact->id, fact->uuid));
}

static int stop(struct hc_call *call, struct ceph *self, const struct facts *facts,
		const struct fact_osd *fact)
{
	const char *why = "";
	int r = emptied(call, self, facts, fact, &why);

	if (!r && *why)
		return hc_wait(call, "osd.%" PRIu32 ": %s", fact->id, why);
	return r ? r : halt(call, fact);
}

/* Its disk is not back. */
static int still_lost(struct hc_call *call, const struct fact_osd *fact)
{
	struct label *labels;
	size_t n;
	int r = label_scan(call, &labels, &n);

	for (size_t i = 0; !r && i < n; i++)
		if (labels[i].osd_uuid && labels[i].data && !strcmp(labels[i].osd_uuid, fact->uuid))
			r = hc_fail(call, EEXIST, NULL, "osd.%" PRIu32 " is not lost: it is on %s",
				    fact->id, labels[i].path);
	return r;
}

static int gates(struct hc_call *call, struct ceph *self, const struct facts *facts,
		 const struct hc_step *step, const struct fact_osd *fact)
{
	struct osd_gate gate;
	const char *why = "";
	int r;

	if (fact->up)
		return hc_wait(call, "osd.%" PRIu32 " is up", fact->id);
	if (step->op == OSD_REMOVE) {
		r = emptied(call, self, facts, fact, &why);
		return r || !*why ? r : hc_wait(call, "osd.%" PRIu32 ": %s", fact->id, why);
	}
	r = is_here(call, step->change) ? still_lost(call, fact) : 0;
	if (r)
		return r;
	osd_gate(call, self, facts, fact, &gate);
	why = osd_gate_lost(call->arena, gate.safe_to_destroy, gate.all_active);
	if (why && *gate.settling)
		why = gate.settling;
	return why ? hc_wait(call, "osd.%" PRIu32 ": %s", fact->id, why) : 0;
}

/* "osd purge" is the manager's, which asks whether it is safe and hands this on to the monitors. It
 * is safe, and the monitors do not hand the manager a command with an OSD's number (16.2: EINVAL).
 * They refuse by themselves when the OSD is up. */
static int ask_purge(struct hc_call *call, struct ceph *self, uint32_t id)
{
	struct ask question = {.command = command("osd purge-actual", NULL)};
	int r;

	json_object_object_add(question.command, "id", json_object_new_int64(id));
	json_object_object_add(question.command, "yes_i_really_mean_it",
			       json_object_new_boolean(true));
	r = ask(call, self->connection, &question);
	ask_done(&question);
	return r;
}

static int purge(struct hc_call *call, struct ceph *self, const struct facts *facts,
		 const struct hc_step *step, const struct fact_osd *fact)
{
	const struct hc_change *change = step->change;
	const struct osd_mark gone = {.uuid = fact->uuid,
				      .node = change->node,
				      .name = change->name,
				      .gone = true};
	int r = gates(call, self, facts, step, fact);

	if (!r && is_here(call, change))
		r = halt(call, fact);
	if (!r && fact->exists)
		r = osd_mark_set(call, self, &gone);
	return r ? r : ask_purge(call, self, fact->id);
}

/* The disk is blank then, and may become an OSD again. */
static int clear_label(struct hc_call *call, const struct label *label)
{
	_cleanup_(hc_closep) int fd = disk_open(label->path, O_RDWR | O_EXCL, NULL);
	struct label now = {0};
	int r = fd < 0 ? fd : disk_lock(fd);

	if (!r)
		r = label_read(call->arena, fd, &now);
	if (!r && now.osd_uuid && !strcmp(now.osd_uuid, label->osd_uuid))
		r = disk_zero_ends(fd);
	if (r == -EBUSY || r == -EWOULDBLOCK)
		return hc_wait(call, "%s is in use", label->path);
	return r ? hc_fail(call, -r, NULL, "%s: %s", label->path, strerror(-r)) : 0;
}

/* Nobody has what is on those volumes open. */
static int is_idle(struct hc_call *call, const struct label *label)
{
	_cleanup_(hc_closep) int fd = -1;

	if (!label || !label->volume || label->closed)
		return 0;
	fd = disk_open(label->path, O_RDWR | O_EXCL, NULL);
	if (fd < 0 || disk_lock(fd))
		return hc_wait(call, "%s is in use", label->path);
	return 0;
}

/* Volumes are destroyed, which leaves no label of theirs; a whole disk loses its own. */
static int clear_labels(struct hc_call *call, const char *uuid)
{
	struct scan scan;
	int r = scan_disks(call, &scan);

	if (!r)
		r = is_idle(call, scan_label(&scan, uuid));
	if (!r)
		r = osd_volume_destroy(call, &scan, uuid);
	if (!r)
		r = scan_disks(call, &scan);
	for (size_t i = 0; !r && i < scan.nlabel; i++)
		if (scan.labels[i].osd_uuid && !strcmp(scan.labels[i].osd_uuid, uuid))
			r = clear_label(call, &scan.labels[i]);
	return r;
}

/* ceph-volume's destroying unmounts the directory, and only it closes what is encrypted. */
static int clear_here(struct hc_call *call, const struct hc_change *change)
{
	const struct hc_ceph_osd *have = change->have->spec;
	int r = clear_labels(call, have->osd_uuid);

	if (r || !hc_has_field(change->have, struct hc_ceph_osd, id))
		return r;
	r = osd_unmount(call, have->id);
	return r ? r : osd_unlink(call, have->id);
}

static int clean(struct hc_call *call, struct ceph *self, const struct facts *facts,
		 const struct hc_change *change)
{
	const struct hc_ceph_osd *have = change->have->spec;
	int r = 0;

	if (!have->osd_uuid)
		return 0;
	if (old(facts, change))
		return hc_wait(call, "the cluster still has it");
	if (is_here(call, change))
		r = clear_here(call, change);
	return r ? r : osd_mark_remove(call, self, have->osd_uuid);
}

static int mark_out(struct hc_call *call, struct ceph *self, uint32_t id)
{
	struct json_object *out = command("osd out", NULL), *ids = json_object_new_array();

	json_object_array_add(ids, json_object_new_string(hc_printf(call->arena, "%" PRIu32, id)));
	json_object_object_add(out, "ids", ids);
	return tell_mon(call, self->connection, out);
}

int osd_gone(struct hc_call *call, struct ceph *self, const struct hc_step *step)
{
	const struct hc_change *change = step->change;
	const struct fact_osd *fact;
	struct facts facts;
	int r = is_here(call, change) ? 0 : ceph_must_lead(call, self);

	if (!r)
		r = facts_need(call, self, &facts);
	if (r)
		return r;
	fact = old(&facts, change);
	if (step->op == OSD_CLEAN)
		return clean(call, self, &facts, change);
	if (!fact) /* it was purged already */
		return 0;
	if (step->op == OSD_OUT)
		return mark_out(call, self, fact->id);
	if (step->op == OSD_WAIT_SAFE)
		return wait_safe(call, self, &facts, fact);
	if (step->op == OSD_STOP)
		return stop(call, self, &facts, fact);
	return purge(call, self, &facts, step, fact);
}
