/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From differences to steps. All of a node's OSDs come after what the node needs for them: its
 * ceph.conf and keys, and its own monitor, which may be one that the others wait for.
 */

#include "osd.h"

#include <inttypes.h>
#include <string.h>

#include "once.h"

enum {
	MKFS_US = 300 * 1000000, /* a large spinning disk takes its time */
};

static void after_the_node(struct hc_plan *plan, struct hc_change *change)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct hc_change *first = plan->change[i];

		if (first->node && !strcmp(first->node, plan->node) && first->action != HC_REMOVE &&
		    (first->type == &hc_ceph_node || first->type == &hc_ceph_monitor))
			hc_change_after(plan, change, first);
	}
}

#define differs(change, member) ((change)->have && hc_differs(change, struct hc_ceph_osd, member))

/* What can only be set once it is in the map and in CRUSH. */
static void plan_settings(struct hc_change *change, struct hc_plan *plan, bool new)
{
	const struct hc_ceph_osd *want = change->want->spec;

	if (want->device_class && (new || differs(change, device_class)))
		(void)hc_step(plan, change, OSD_CLASS, new ? HC_NONE : HC_DATA_MOVE, NULL,
			      "set its device class to %s", want->device_class);
	if (want->weight && (new || differs(change, weight)))
		(void)hc_step(plan, change, OSD_WEIGHT, new ? HC_NONE : HC_DATA_MOVE, NULL,
			      "set its CRUSH weight to %s", want->weight);
	if (new ? !want->in : differs(change, in))
		(void)hc_step(plan, change, OSD_IN, HC_DATA_MOVE, NULL, "mark it %s",
			      want->in ? "in" : "out");
}

static void plan_store(struct hc_change *change, struct hc_plan *plan)
{
	const struct hc_ceph_osd *want = change->want->spec;

	(void)hc_step(plan, change, OSD_NUMBER, HC_NONE, NULL, "get a number for it");
	hc_step(plan, change, OSD_STORE, HC_NONE, NULL, "make its store on %s", want->device)
		->deadline_us = MKFS_US;
}

/* Two at once would make two groups on a device that they share. */
static void one_by_one(struct hc_plan *plan, struct hc_step *step)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct hc_change *other = plan->change[i];

		for (size_t k = 0; other != step->change && k < other->nstep; k++)
			if (other->type == &hc_ceph_osd && other->steps[k]->op == OSD_VOLUME)
				hc_step_after(plan, step, other->steps[k]);
	}
}

static void plan_volumes(struct hc_change *change, struct hc_plan *plan)
{
	const struct hc_ceph_osd *want = change->want->spec;
	struct hc_step *step =
		hc_step(plan, change, OSD_VOLUME, HC_NONE, NULL,
			"make its volumes and store on %s%s%s%s%s%s", want->device,
			want->db_device ? ", " : "", want->db_device ? want->db_device : "",
			want->wal_device ? ", " : "", want->wal_device ? want->wal_device : "",
			want->encrypted ? ", encrypted" : "");

	step->deadline_us = MKFS_US;
	one_by_one(plan, step);
	hc_step(plan, change, OSD_LINK, HC_NONE, NULL, "open its volumes")->deadline_us = MKFS_US;
}

static void plan_make(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	const struct hc_ceph_osd *want = change->want->spec;
	const struct hc_resource *r =
		hc_find(&call->live->found, &hc_ceph_device, change->node, want->device);
	const struct hc_ceph_device *device = r ? r->spec : NULL;

	if (device && want->wipe && device->content != HC_CEPH_BLANK &&
	    device->content != HC_CEPH_BEGUN)
		(void)hc_step(plan, change, OSD_WIPE, HC_DATA_LOSS, device->what, "wipe %s (%s)",
			      want->device, device->what);
	if (osd_needs_volumes(want))
		plan_volumes(change, plan);
	else
		plan_store(change, plan);
	(void)hc_step(plan, change, OSD_ENABLE, HC_NONE, NULL, "enable");
	(void)hc_step(plan, change, OSD_START, HC_NONE, NULL, "start");
	(void)hc_step(plan, change, OSD_WAIT_UP, HC_NONE, NULL, "wait until it is up");
	plan_settings(change, plan, true);
	hc_step(plan, change, OSD_WAIT_RECOVERY, HC_DATA_MOVE, NULL, "wait until its data is there")
		->patient = true;
}

static bool is_spare(const struct hc_ceph_osd *have)
{
	return have->spare && !*have->spare && !(have->safe_to_destroy && !*have->safe_to_destroy);
}

/* First all its data to others, where they have the places for that. */
static void plan_drain(struct hc_change *change, struct hc_plan *plan, bool wait)
{
	const struct hc_ceph_osd *have = change->have->spec;

	if (!hc_has_field(change->have, struct hc_ceph_osd, in) || have->in || wait)
		(void)hc_step(plan, change, OSD_OUT, HC_DATA_MOVE, NULL, "mark osd.%" PRIu32 " out",
			      have->id);
	if (wait)
		hc_step(plan, change, OSD_WAIT_SAFE, HC_DATA_MOVE, NULL,
			"wait until its data is elsewhere")
			->patient = true;
}

static void plan_replace(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	const struct hc_ceph_osd *have = change->have->spec;

	if (is_spare(have))
		plan_drain(change, plan, true);
	(void)hc_step(plan, change, OSD_PURGE, HC_DATA_MOVE, NULL, "purge osd.%" PRIu32, have->id);
	plan_make(call, change, plan);
}

static void plan_update(struct hc_change *change, struct hc_plan *plan)
{
	const struct hc_ceph_osd *have = change->have->spec;
	bool start = !have->active;

	if (differs(change, linked))
		hc_step(plan, change, OSD_LINK, HC_NONE, NULL,
			"set up the directory of osd.%" PRIu32, have->id)
			->deadline_us = MKFS_US;
	if (differs(change, enabled))
		(void)hc_step(plan, change, OSD_ENABLE, HC_NONE, NULL, "enable");
	if (start && (differs(change, active) || differs(change, linked)))
		(void)hc_step(plan, change, OSD_START, HC_NONE, NULL, "start");
	if (start || differs(change, up))
		(void)hc_step(plan, change, OSD_WAIT_UP, HC_NONE, NULL, "wait until it is up");
	plan_settings(change, plan, false);
}

/* Of another node, which is gone: the cluster forgets it. */
static void plan_orphan(struct hc_change *change, struct hc_plan *plan)
{
	const struct hc_ceph_osd *have = change->have->spec;

	if (is_spare(have)) {
		(void)once_step(plan, change, OSD_OUT, HC_DATA_MOVE, "mark it out");
		once_step(plan, change, OSD_WAIT_SAFE, HC_DATA_MOVE,
			  "wait until its data is elsewhere")
			->patient = true;
	}
	(void)once_step(plan, change, OSD_PURGE, HC_DATA_MOVE, "purge it");
	(void)once_step(plan, change, OSD_CLEAN, HC_NONE, "forget it");
}

static void plan_removal(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	const struct hc_ceph_osd *have = change->have->spec;
	bool known = hc_has_field(change->have, struct hc_ceph_osd, id);

	if (strcmp(change->node, call->node) != 0) {
		plan_orphan(change, plan);
		return;
	}
	if (known && (have->data == HC_CEPH_OSD_PRESENT || have->up)) {
		plan_drain(change, plan, !have->safe_to_destroy || *have->safe_to_destroy);
		(void)hc_step(plan, change, OSD_STOP, HC_NONE, NULL, "stop and disable");
		(void)hc_step(plan, change, OSD_REMOVE, HC_NONE, NULL, "purge osd.%" PRIu32,
			      have->id);
	} else if (known) {
		if (is_spare(have))
			plan_drain(change, plan, true);
		(void)hc_step(plan, change, OSD_PURGE, HC_DATA_MOVE, NULL, "purge osd.%" PRIu32,
			      have->id);
	}
	hc_step(plan, change, OSD_CLEAN, HC_NONE, NULL, "remove its directory and its label")
		->deadline_us = MKFS_US;
}

int osd_plan(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	if (change->action == HC_REMOVE) {
		plan_removal(call, change, plan);
		return 0;
	}
	after_the_node(plan, change);
	if (!change->have)
		plan_make(call, change, plan);
	else if (differs(change, data))
		plan_replace(call, change, plan);
	else
		plan_update(change, plan);
	return 0;
}
