/* SPDX-License-Identifier: Apache-2.0 */
/* CephOsd: what its documents imply, and its steps, each of them harmless to take again. */

#include "osd.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include <hcstate/unit.h>

#include "daemon.h"
#include "device.h"
#include "disk.h"

#define want_field(r, member, value)                                                               \
	(((struct hc_ceph_osd *)(r)->spec)->member = (value),                                      \
	 hc_set_field(r, struct hc_ceph_osd, member))

int osd_derive(struct hc_call *call, struct hc_set *desired)
{
	for (size_t i = 0; i < desired->n; i++) {
		struct hc_resource *r = desired->v[i];

		if (r->type != &hc_ceph_osd || !r->node || strcmp(r->node, call->node) != 0)
			continue;
		want_field(r, data, HC_CEPH_OSD_PRESENT);
		want_field(r, enabled, true);
		want_field(r, active, true);
		want_field(r, up, true);
		want_field(r, linked, true);
	}
	return 0;
}

/* Only what the plan said is destroyed, and nothing that is in use. */
static int wipe(struct hc_call *call, struct ceph *self, const struct hc_step *step)
{
	const struct hc_ceph_osd *want = step->change->want->spec;
	_cleanup_(hc_closep) int fd = disk_open(want->device, O_RDWR | O_EXCL, NULL);
	struct hc_ceph_device device = {.id = UINT32_MAX};
	struct facts facts;
	struct scan scan;
	int r = facts_need(call, self, &facts);

	if (!r)
		r = scan_disks(call, &scan);
	if (r)
		return r;
	if (fd == -EBUSY || (fd >= 0 && disk_lock(fd)))
		return hc_wait(call, "%s is in use", want->device);
	if (fd < 0)
		return hc_fail(call, -fd, step->change->want, "%s: %s", want->device,
			       strerror(-fd));
	device_content(call->arena, &facts, step->change->want, &scan, fd, &device);
	if (device.content == HC_CEPH_BLANK || device.content == HC_CEPH_BEGUN)
		return 0;
	if (device.content == HC_CEPH_OURS || strcmp(device.what, step->arg) != 0)
		return hc_fail(call, EEXIST, step->change->want,
			       "%s holds %s, which is not what was to be wiped", want->device,
			       device.what);
	r = disk_wipe(fd);
	return r ? hc_fail(call, -r, step->change->want, "%s: %s", want->device, strerror(-r)) : 0;
}

static int link_directory(struct hc_call *call, struct ceph *self, const struct hc_change *change)
{
	const struct hc_ceph_osd *want = change->want->spec;
	const struct fact_osd *fact;
	struct osd_here here;
	struct facts facts;
	int r = osd_here(call, change, &here);

	if (!r && here.label && here.label->volume)
		return osd_volume_open(call, here.id, here.uuid);
	r = r ? r : facts_need(call, self, &facts);
	if (r)
		return r;
	fact = osd_of(call, &facts, change);
	if (!fact)
		return hc_wait(call, "it is not in the OSD map");
	return osd_link(call, self, &facts, fact->id, fact->uuid, want->device);
}

static struct json_object *with_ids(struct json_object *ask, const char *id)
{
	struct json_object *ids = json_object_new_array();

	json_object_array_add(ids, json_object_new_string(id));
	json_object_object_add(ask, "ids", ids);
	return ask;
}

/* Ceph gives another class only to one that has none. */
static int set_class(struct hc_call *call, struct ceph *self, const struct fact_osd *fact,
		     const struct hc_ceph_osd *want)
{
	const char *name = hc_printf(call->arena, "osd.%" PRIu32, fact->id);
	int r = 0;

	if (!strcmp(fact->device_class, want->device_class))
		return 0;
	if (*fact->device_class)
		r = tell_mon(call, self->connection,
			     with_ids(command("osd crush rm-device-class", NULL), name));
	return r ? r
		 : tell_mon(call, self->connection,
			    with_ids(command("osd crush set-device-class", "class",
					     want->device_class, NULL),
				     name));
}

static int set_weight(struct hc_call *call, struct ceph *self, const struct fact_osd *fact,
		      const struct hc_ceph_osd *want)
{
	struct json_object *ask = command("osd crush reweight", "name",
					  hc_printf(call->arena, "osd.%" PRIu32, fact->id), NULL);

	json_object_object_add(ask, "weight", json_object_new_double(strtod(want->weight, NULL)));
	return tell_mon(call, self->connection, ask);
}

static int set_in(struct hc_call *call, struct ceph *self, const struct fact_osd *fact,
		  const struct hc_ceph_osd *want)
{
	return tell_mon(call, self->connection,
			with_ids(command(want->in ? "osd in" : "osd out", NULL),
				 hc_printf(call->arena, "%" PRIu32, fact->id)));
}

/* What needs nobody's answer. */
static int on_unit(struct hc_call *call, const struct hc_step *step)
{
	struct osd_here here;
	int r = osd_here(call, step->change, &here);

	if (r)
		return r;
	if (step->op == OSD_START)
		return daemon_start(call, osd_unit(call->arena, here.id));
	if (here.label && here.label->volume)
		r = hc_unit_enable(call, osd_volume_unit(call->arena, here.id, here.uuid));
	return r ? r : hc_unit_enable(call, osd_unit(call->arena, here.id));
}

/* Steps of an OSD that is in the map. */
static int on_osd(struct hc_call *call, struct ceph *self, const struct hc_step *step)
{
	const struct hc_ceph_osd *want = step->change->want->spec;
	const struct fact_osd *fact;
	struct facts facts;
	int r = facts_need(call, self, &facts);

	if (r)
		return r;
	fact = osd_of(call, &facts, step->change);
	if (!fact)
		return hc_wait(call, "it is not in the OSD map");
	if (step->op == OSD_CLASS)
		return set_class(call, self, fact, want);
	if (step->op == OSD_WEIGHT)
		return set_weight(call, self, fact, want);
	return set_in(call, self, fact, want);
}

int osd_apply(struct hc_call *call, struct ceph *self, const struct hc_step *step)
{
	switch ((enum osd_op)step->op) {
	case OSD_WIPE:
		return wipe(call, self, step);
	case OSD_NUMBER:
		return osd_number(call, self, step->change);
	case OSD_STORE:
		return osd_store(call, self, step->change);
	case OSD_VOLUME:
		return osd_volume_make(call, self, step->change);
	case OSD_LINK:
		return link_directory(call, self, step->change);
	case OSD_ENABLE:
	case OSD_START:
		return on_unit(call, step);
	case OSD_CLASS:
	case OSD_WEIGHT:
	case OSD_IN:
		return on_osd(call, self, step);
	case OSD_WAIT_UP:
	case OSD_WAIT_RECOVERY:
		return 0; /* settled() waits */
	case OSD_OUT:
	case OSD_WAIT_SAFE:
	case OSD_STOP:
	case OSD_PURGE:
	case OSD_REMOVE:
	case OSD_CLEAN:
		return osd_gone(call, self, step);
	}
	return -EINVAL;
}

static int wait_up(struct hc_call *call, const struct fact_osd *fact)
{
	/* one that the map does not have is still starting, and logs every question as an error */
	const char *word = fact->up ? osd_word(call->arena, fact->id) : "";
	struct hc_unit unit;
	int r;

	if (fact->up && !strcmp(word, "active"))
		return 0;
	r = hc_unit_read(call, osd_unit(call->arena, fact->id), &unit);
	if (r)
		return r;
	if (unit.failed)
		return hc_fail(call, EIO, NULL, "osd.%" PRIu32 " ended (%s); see journalctl -u %s",
			       fact->id, unit.result, osd_unit(call->arena, fact->id));
	return hc_wait(call, "osd.%" PRIu32 " is %s", fact->id,
		       *word         ? word
		       : unit.active ? "starting"
				     : hc_printf(call->arena, "%s", unit.state));
}

static bool all_run(const struct facts *facts)
{
	for (size_t i = 0; i < facts->nosd; i++)
		if (facts->osds[i].exists && (!facts->osds[i].up || !facts->osds[i].in))
			return false;
	return true;
}

/* Until nothing moves any more. While others are missing some of it may have no place to go. */
static int wait_recovery(struct hc_call *call, struct ceph *self, const struct facts *facts)
{
	struct osd_pgs pgs;
	int r;

	if (!facts->objects)
		return 0;
	r = osd_pgs(call, self, &pgs);
	if (r || pgs.clean >= pgs.all)
		return r;
	if (!pgs.moving && (!all_run(facts) || *osd_no_place(call->arena, facts)))
		return 0;
	return hc_wait(call, "%s", facts_recovery(call->arena, facts));
}

int osd_settled(struct hc_call *call, struct ceph *self, const struct hc_step *step)
{
	const struct fact_osd *fact;
	struct facts facts;
	int r;

	if (step->op != OSD_WAIT_UP && step->op != OSD_WAIT_RECOVERY)
		return 0;
	r = facts_need(call, self, &facts);
	if (r)
		return r;
	fact = osd_of(call, &facts, step->change);
	if (!fact)
		return hc_wait(call, "it is not in the OSD map");
	return step->op == OSD_WAIT_UP ? wait_up(call, fact) : wait_recovery(call, self, &facts);
}

const struct noun osd_noun = {
	.type = &hc_ceph_osd,
	.read = osd_read,
	.adjust = osd_adjust,
	.plan = osd_plan,
	.apply = osd_apply,
	.settled = osd_settled,
};
