/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From manifests to the desired Corosync of this node, from differences to steps.
 *
 * All of corosync's changes hang together, as they are one file. Corosync/corosync@NODE is what
 * each node does for itself: write the file, start the service. Cluster/NAME is what takes a new
 * version up: the reload, done once for all, or a restart on each node; it comes after this node's
 * file and waits for everybody else's. Nodes and links have no steps of their own; they become true
 * with one of those two. So what refuses one refuses all.
 */

#include <inttypes.h>
#include <string.h>

#include "authkey.h"
#include "conf.h"
#include "corosync.h"
#include "rules.h"

static void want_even_pings(struct hc_set *desired)
{
	for (size_t i = 0; i < desired->n; i++)
		if (desired->v[i]->type == &hc_cluster)
			hc_set_field(desired->v[i], struct hc_cluster, pings_lag);
}

int corosync_derive(struct hc_call *call, struct hc_set *desired)
{
	struct parts parts = parts_of(call->arena, desired, call->node);
	struct hc_corosync *corosync;
	struct hc_resource *r;

	if (!parts.cluster || !parts_find(&parts, call->node))
		return 0;
	want_even_pings(desired);
	r = hc_resource_new(desired, &hc_corosync, call->node, "corosync");
	r->place = parts.cluster->place;
	corosync = r->spec;
	corosync->conf = conf_render(desired->arena, &parts, parts_cluster(&parts)->config_version,
				     call->node);
	hc_set_field(r, struct hc_corosync, conf);
	corosync->authkey = HC_AUTHKEY_RIGHT;
	if (authkey_used(parts_cluster(&parts)))
		hc_set_field(r, struct hc_corosync, authkey);
	corosync->enabled = corosync->active = corosync->quorate = true;
	hc_set_field(r, struct hc_corosync, enabled);
	hc_set_field(r, struct hc_corosync, active);
	hc_set_field(r, struct hc_corosync, quorate);
	return 0;
}

/* Nothing is written yet; the next look decides about that. */
static void join_as_it_was(struct hc_change *change)
{
	hc_agree(change, struct hc_corosync, conf);
	hc_agree(change, struct hc_corosync, authkey);
	change->reason = "whether the nodes that are to leave have left is seen together with the "
			 "others";
}

static void adjust_corosync(struct hc_call *call, const struct sides *sides,
			    struct hc_change *change)
{
	const struct hc_corosync *want, *have;

	if (change->action == HC_REMOVE) {
		change->reason = call->member ? "the manifests have no Cluster"
					      : hc_printf(call->arena, "%s is not in the manifests",
							  call->node);
		change->refused = rules_stay(call, sides);
		return;
	}
	if (rules_join_first(call->arena, sides))
		join_as_it_was(change);
	if (!change->have || hc_differs(change, struct hc_corosync, conf) ||
	    hc_differs(change, struct hc_corosync, authkey))
		change->refused = rules_refusal(call, sides);
	if (!change->have)
		return;
	want = change->want->spec;
	have = change->have->spec;
	if (!change->refused && hc_differs(change, struct hc_corosync, authkey) &&
	    have->authkey == HC_AUTHKEY_WRONG)
		change->refused = rules_key(call, sides);
	if (hc_differs(change, struct hc_corosync, conf))
		change->reason = hc_printf(call->arena, "corosync.conf %s",
					   conf_difference(call->arena, have->conf, want->conf));
	/* it cannot be quorate while it does not run: say the one, not both */
	if (!have->active)
		hc_agree(change, struct hc_corosync, quorate);
}

/* Where there is no cluster, neither written nor found, a Node only names a machine. */
static bool only_names(const struct hc_change *change, const struct sides *sides)
{
	return change->type == &hc_node && change->action == HC_CREATE && !sides->want.cluster &&
	       !sides->have.cluster && !sides->have.corosync;
}

int corosync_adjust(struct hc_call *call, struct hc_change *change)
{
	struct sides sides = sides_of(call);
	const char *restart;

	if (only_names(change, &sides)) {
		change->have = change->want; /* and nothing differs: it is as it should be */
		return 0;
	}
	if (change->type == &hc_corosync) {
		adjust_corosync(call, &sides, change);
		return 0;
	}
	/* the operator's word is asked for the node itself, not for what goes with it */
	if (change->type == &hc_node && change->action == HC_REMOVE &&
	    rules_unreachable(&sides, change->have)) {
		change->needs_approval = true;
		change->reason = "it is unreachable, and did not say that it leaves";
		if (hc_approved(call, hc_change_text(call->arena, change)))
			change->refused = rules_refusal(call, &sides);
		return 0;
	}
	if (!change->refused)
		change->refused = rules_refusal(call, &sides);
	if (change->type == &hc_cluster && change->have &&
	    change->differs == hc_field_bit(&hc_cluster, offsetof(struct hc_cluster, pings_lag)))
		change->reason = "the links are checked with the times of an earlier token";
	restart = change->type == &hc_cluster ? rules_restart(call->arena, &sides) : NULL;
	if (restart)
		change->reason = hc_printf(call->arena,
					   "%s, which corosync takes only with a "
					   "restart",
					   restart);
	return 0;
}

/* The first of the nodes that stay, for the plan's text: who really does it is seen then. */
static const char *first_member(const struct sides *sides, const char *fallback)
{
	for (size_t i = 0; i < sides->have.nnode; i++)
		if (parts_node(&sides->have, i)->member &&
		    parts_find(&sides->want, sides->have.nodes[i]->name))
			return sides->have.nodes[i]->name;
	return fallback;
}

static struct corosync_target *target_of(struct hc_call *call, struct hc_arena *arena,
					 const struct sides *sides)
{
	struct corosync_target *target = hc_new(arena, struct corosync_target);
	uint64_t version = parts_cluster(&sides->want)->config_version;
	const char *text = conf_render(call->arena, &sides->want, version, NULL);

	target->config_version = version;
	target->digest = conf_digest(arena, text);
	target->uses_key = authkey_used(parts_cluster(&sides->want));
	target->needs_quorum = rules_votes_change(sides);
	for (size_t i = 0; i < sides->have.nnode; i++) {
		const struct hc_resource *r = sides->have.nodes[i];

		if (!parts_find(&sides->want, r->name))
			hc_strings_add(arena, &target->leaving, hc_strdup(arena, r->name));
	}
	return target;
}

/* Whether what runs has to take up a new file. */
static bool is_behind(const struct sides *sides)
{
	return sides->running && sides->want.cluster && sides->have.cluster &&
	       parts_cluster(&sides->want)->config_version >
		       parts_cluster(&sides->have)->config_version;
}

/* Both wait, and while they do their node's file is already right: so they belong to this change,
 * which is there until the new version runs. */
static void plan_cluster(struct hc_call *call, const struct sides *sides, struct hc_change *change,
			 struct hc_plan *plan)
{
	struct corosync_target *target;

	hc_change_after(plan, change, hc_plan_find(plan, &hc_corosync, call->node, "corosync"));
	if (!is_behind(sides) &&
	    !(change->have && hc_differs(change, struct hc_cluster, pings_lag)))
		return;
	target = target_of(call, plan->arena, sides);
	if (is_behind(sides) && rules_restart(call->arena, sides))
		(void)hc_step(plan, change, RESTART, HC_RESTART, target, "restart corosync");
	else
		hc_step(plan, change, RELOAD, HC_NONE, target, "reload")->node =
			first_member(sides, call->node);
	hc_strings_add(plan->arena, &change->waits_for,
		       target->uses_key ? "every member's corosync.conf and authkey"
					: "every member's corosync.conf");
	for (size_t i = 0; i < target->leaving.n; i++) {
		const struct hc_node *node = parts_find(&sides->have, target->leaving.v[i]);

		if (node && node->member)
			hc_strings_add(plan->arena, &change->waits_for,
				       hc_printf(plan->arena, "%s to leave", target->leaving.v[i]));
	}
}

/* What runs without corosync saying that it is active may still have to be stopped. */
static void plan_leave(struct hc_change *change, struct hc_plan *plan)
{
	const struct hc_corosync *have = change->have->spec;

	(void)hc_step(plan, change, LEAVE, HC_NONE, NULL, have->active ? "leave and stop" : "stop");
	if (have->enabled)
		(void)hc_step(plan, change, DISABLE, HC_NONE, NULL, "disable");
	(void)hc_step(plan, change, REMOVE_FILES, HC_NONE, NULL,
		      "remove corosync.conf and authkey");
}

/* What takes a new file up may also be what brings the majority together: it goes first, and what
 * is still missing then is waited for the next time. */
static void plan_service(const struct sides *sides, struct hc_change *change, struct hc_plan *plan)
{
	bool reload_first = is_behind(sides) && !rules_join_first(plan->arena, sides);
	bool start = !change->have || hc_differs(change, struct hc_corosync, active);

	if (!change->have || hc_differs(change, struct hc_corosync, enabled))
		(void)hc_step(plan, change, ENABLE, HC_NONE, NULL, "enable");
	if (start)
		(void)hc_step(plan, change, START, HC_NONE, NULL, "start");
	if (start || (hc_differs(change, struct hc_corosync, quorate) && !reload_first))
		(void)hc_step(plan, change, WAIT_QUORATE, HC_NONE, NULL, "wait for quorum");
}

static void plan_corosync(const struct sides *sides, struct hc_change *change, struct hc_plan *plan)
{
	const struct hc_corosync *want;

	if (change->action == HC_REMOVE) {
		plan_leave(change, plan);
		return;
	}
	want = change->want->spec;
	if (hc_has_field(change->want, struct hc_corosync, authkey) &&
	    (!change->have || hc_differs(change, struct hc_corosync, authkey)))
		(void)hc_step(plan, change, WRITE_AUTHKEY, HC_NONE, NULL, "write authkey");
	if (!change->have || hc_differs(change, struct hc_corosync, conf))
		(void)hc_step(plan, change, WRITE_CONF, HC_NONE, want->conf, "write corosync.conf");
	plan_service(sides, change, plan);
}

int corosync_plan(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	struct sides sides = sides_of(call);
	const struct hc_resource *cluster = sides.want.cluster;

	if (change->type == &hc_corosync) {
		plan_corosync(&sides, change, plan);
	} else if (change->type == &hc_cluster) {
		plan_cluster(call, &sides, change, plan);
	} else {
		hc_change_after(plan, change,
				hc_plan_find(plan, &hc_corosync, call->node, "corosync"));
		if (cluster)
			hc_change_after(plan, change,
					hc_plan_find(plan, &hc_cluster, NULL, cluster->name));
	}
	return 0;
}
