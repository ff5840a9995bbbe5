/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Monitors. A node reads its own from its disk, its systemd and the monitors' map, those of others
 * from the map alone. What follows from another difference is not shown beside it: a monitor that
 * does not run is not in the quorum either, and one without a database cannot run.
 *
 * A monitor leaves only by the operator's word for it, or for its node when the manifests do not
 * name that any more, and only through the gate (monitor_step.c).
 */

#include "monitor.h"

#include <string.h>

#include <hcstate/cluster.h>
#include <hcstate/net.h>

#include "daemon.h"
#include "store.h"

/* Put down what is known of it wherever this runs. */
static void put_fact(struct hc_resource *r, const struct fact_mon *fact)
{
	struct hc_ceph_monitor *mon = r->spec;

	mon->joined = fact;
	hc_set_field(r, struct hc_ceph_monitor, joined);
	if (!fact)
		return;
	mon->address = fact->address;
	hc_set_field(r, struct hc_ceph_monitor, address);
	mon->quorate = fact->quorate;
	mon->leader = fact->leader;
	hc_set_field(r, struct hc_ceph_monitor, leader);
}

static bool named(const struct hc_call *call, const char *node)
{
	return hc_find(call->whole, &hc_node, NULL, node);
}

/* Of one that may be asked to go, and whose going would be this node's to see to. */
static int put_gate(const struct look *look, struct hc_resource *r)
{
	struct hc_ceph_monitor *mon = r->spec;
	int err;

	if (look->facts->why || daemon_wanted(look->call, &hc_ceph_monitor, r->node) ||
	    (strcmp(r->node, look->call->node) != 0 && named(look->call, r->node)))
		return 0;
	err = monitor_gate(look->call, look->self, look->facts, r->node, &mon->gate);
	if (!err)
		hc_set_field(r, struct hc_ceph_monitor, gate);
	return err;
}

static void put_unit(struct hc_resource *r, const struct hc_unit *unit, bool store)
{
	struct hc_ceph_monitor *mon = r->spec;

	mon->store = store;
	hc_set_field(r, struct hc_ceph_monitor, store);
	mon->enabled = unit->enabled;
	hc_set_field(r, struct hc_ceph_monitor, enabled);
	mon->active = unit->active;
	hc_set_field(r, struct hc_ceph_monitor, active);
	mon->failed = unit->failed;
	hc_set_field(r, struct hc_ceph_monitor, failed);
}

static int read_own(const struct look *look)
{
	struct hc_call *call = look->call;
	const struct fact_mon *fact = look->facts->why ? NULL : facts_mon(look->facts, call->node);
	bool store = store_there(call->arena, store_path(call->arena, call->node));
	struct hc_resource *r;
	struct hc_unit unit;
	int err = hc_unit_read(call, daemon_unit(call->arena, "mon", call->node), &unit);

	if (err)
		return err;
	if (!unit.found && daemon_wanted(call, &hc_ceph_monitor, call->node)) {
		hc_unknown(look->live, &hc_ceph_monitor, "package ceph-mon is not installed");
		return 0;
	}
	if (!fact && !store && !unit.enabled && !unit.active)
		return 0;
	r = daemon_found(look, &hc_ceph_monitor, call->node);
	put_unit(r, &unit, store);
	if (!look->facts->why)
		put_fact(r, fact);
	/* when nobody answers, that one does not either */
	hc_set_field(r, struct hc_ceph_monitor, quorate);
	return put_gate(look, r);
}

static int read_monitors(const struct look *look)
{
	int err = read_own(look);

	for (size_t i = 0; !err && !look->facts->why && i < look->facts->nmon; i++) {
		const struct fact_mon *fact = &look->facts->mons[i];
		struct hc_resource *r;

		if (!strcmp(fact->name, look->call->node))
			continue;
		r = daemon_found(look, &hc_ceph_monitor, fact->name);
		put_fact(r, fact);
		hc_set_field(r, struct hc_ceph_monitor, quorate);
		err = put_gate(look, r);
	}
	return err;
}

static void adjust_removal(struct hc_call *call, struct hc_change *change)
{
	const struct hc_ceph_monitor *have = change->have->spec;

	if (!daemon_leaves(call, change))
		return;
	change->reason = "no manifest asks for it any more, and its going is approved";
	if (!hc_has_field(change->have, struct hc_ceph_monitor, gate))
		change->refused = "no majority of the monitors answers: whether it may go cannot "
				  "be told";
	else if (*have->gate)
		change->refused = have->gate;
}

/* What is told by another difference, or not known, is not one of its own. */
static void tell_once(struct hc_change *change)
{
	const struct hc_ceph_monitor *have = change->have->spec;
	bool known = hc_has_field(change->have, struct hc_ceph_monitor, joined);
	bool down = !have->store || !have->active;

	if (!hc_has_field(change->have, struct hc_ceph_monitor, address))
		hc_agree(change, struct hc_ceph_monitor, address);
	if (!have->store)
		hc_agree(change, struct hc_ceph_monitor, active);
	if (down || !known)
		hc_agree(change, struct hc_ceph_monitor, joined);
	if (down || (known && !have->joined))
		hc_agree(change, struct hc_ceph_monitor, quorate);
}

static void explain(struct hc_call *call, struct hc_change *change)
{
	const struct hc_ceph_monitor *have = change->have->spec;

	if (!have->store && have->joined)
		change->reason = "its database is gone: it is made again from the map of the "
				 "others, and filled by them";
	else if (!have->active && have->failed)
		change->reason = hc_printf(call->arena,
					   "its unit ended with an error: journalctl "
					   "-u %s says more",
					   daemon_unit(call->arena, "mon", change->node));
}

static int adjust(struct hc_call *call, struct hc_change *change)
{
	const struct hc_ceph_monitor *want;

	if (change->action == HC_REMOVE) {
		adjust_removal(call, change);
		return 0;
	}
	want = change->want->spec;
	change->refused = daemon_refusal(call);
	if (!change->refused && !want->address.family)
		change->refused = hc_printf(call->arena,
					    "no address of %s is in the public network: give it "
					    "one, or write the monitor's address",
					    change->node);
	if (change->have) {
		if (!change->refused &&
		    hc_has_field(change->have, struct hc_ceph_monitor, address) &&
		    hc_differs(change, struct hc_ceph_monitor, address))
			change->refused = "a monitor cannot change its address: let it go, with "
					  "approval, and bring it back";
		tell_once(change);
		explain(call, change);
	}
	return 0;
}

/* It listens on an address that may be about to be made. */
static void after_addresses(struct hc_change *change, struct hc_plan *plan)
{
	const struct hc_ceph_monitor *want = change->want->spec;

	for (size_t i = 0; i < plan->n; i++) {
		const struct hc_resource *other = plan->change[i]->want;
		struct hc_address address;

		if (!other || other->type != &hc_net_address)
			continue;
		address = ((const struct hc_net_address *)other->spec)->address;
		address.prefix = want->address.prefix;
		if (hc_address_same(&address, &want->address))
			hc_change_after(plan, change, plan->change[i]);
	}
}

static void plan_removal(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	const struct hc_ceph_monitor *have = change->have->spec;
	bool own = !strcmp(change->node, call->node);

	if (have->joined)
		hc_step(plan, change, MONITOR_LEAVE, HC_NONE, NULL,
			"take it from the monitors' map")
			->node = own ? call->node : NULL;
	if (!own)
		return;
	(void)hc_step(plan, change, MONITOR_STOP, HC_NONE, NULL, "stop");
	(void)hc_step(plan, change, MONITOR_CLEAR, HC_NONE, NULL, "remove its database");
}

static int plan_monitor(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	static const struct hc_ceph_monitor nothing;
	const struct hc_ceph_monitor *have;

	if (!change->want) {
		plan_removal(call, change, plan);
		return 0;
	}
	have = change->have ? change->have->spec : &nothing;
	after_addresses(change, plan);
	if (!have->store)
		(void)hc_step(plan, change, MONITOR_MAKE, HC_NONE, NULL, "make its database");
	if (!have->enabled)
		(void)hc_step(plan, change, MONITOR_ENABLE, HC_NONE, NULL, "enable");
	if (!have->active || !have->store)
		(void)hc_step(plan, change, MONITOR_START, HC_NONE, NULL, "start");
	if (!have->active || !have->store || !have->quorate || !have->joined)
		(void)hc_step(plan, change, MONITOR_AWAIT, HC_NONE, NULL,
			      "wait until it is in the quorum");
	return 0;
}

const struct noun monitor_noun = {
	.type = &hc_ceph_monitor,
	.read = read_monitors,
	.adjust = adjust,
	.plan = plan_monitor,
	.apply = monitor_apply,
};
