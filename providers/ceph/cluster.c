/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CephCluster: what the cluster is and how it fares. Its networks are options of the monitors'
 * database, its release and flags are in the OSD map.
 *
 * The networks are there before the first OSD starts: one that does not find them listens on
 * whatever address comes first.
 */

#include <string.h>

#include "lease.h"
#include "once.h"
#include "option_name.h"
#include "pool_delete.h"

enum op {
	NETWORKS,
	RELEASE,
	FLAGS,
	POOL_DELETE,
	MARKS_SWEEP,
};

static void observe(const struct look *look, struct hc_resource *r)
{
	const struct facts *facts = look->facts;
	struct hc_ceph_cluster *cluster = r->spec;

	cluster->health = facts->health;
	cluster->checks = facts->checks;
	cluster->healthy = !strcmp(cluster->health, "HEALTH_OK");
	cluster->pgs = facts->pgs;
	cluster->pgs_clean = facts->pgs_clean;
	cluster->used = facts->used;
	cluster->total = facts->total;
	hc_set_field(r, struct hc_ceph_cluster, health);
	hc_set_field(r, struct hc_ceph_cluster, checks);
	hc_set_field(r, struct hc_ceph_cluster, healthy);
	hc_set_field(r, struct hc_ceph_cluster, pgs);
	hc_set_field(r, struct hc_ceph_cluster, pgs_clean);
	hc_set_field(r, struct hc_ceph_cluster, used);
	hc_set_field(r, struct hc_ceph_cluster, total);
}

static void observe_leader(const struct look *look, struct hc_resource *r)
{
	struct hc_ceph_cluster *cluster = r->spec;
	const char *holder = "";
	uint64_t epoch;

	if (look->self->lease)
		(void)lease_state(look->self->lease, look->call->arena, &holder, &epoch);
	if (!*holder)
		return;
	cluster->leader = holder;
	hc_set_field(r, struct hc_ceph_cluster, leader);
}

static void read_network(const struct look *look, struct hc_resource *r, const char *name)
{
	const char *text = facts_option(look->facts, "global", name);

	if (text)
		once_take(look->call->arena, r, name, text);
}

static int read_cluster(const struct look *look)
{
	const struct facts *facts = look->facts;
	struct hc_ceph_cluster *cluster;
	struct hc_resource *r;

	if (facts->why)
		return 0;
	r = hc_resource_new(&look->live->found, &hc_ceph_cluster, NULL,
			    look->wants->resource->name);
	cluster = r->spec;
	if (*facts->fsid) {
		cluster->fsid = facts->fsid;
		hc_set_field(r, struct hc_ceph_cluster, fsid);
	}
	once_take(look->call->arena, r, "release", facts->require_osd_release);
	read_network(look, r, "public_network");
	read_network(look, r, "cluster_network");
	cluster->flags = facts->flags;
	hc_set_field(r, struct hc_ceph_cluster, flags);
	cluster->pool_delete = pool_delete_left(facts);
	hc_set_field(r, struct hc_ceph_cluster, pool_delete);
	cluster->stale_marks = mark_stale(look->call, facts);
	hc_set_field(r, struct hc_ceph_cluster, stale_marks);
	observe(look, r);
	observe_leader(look, r);
	return 0;
}

static int adjust_cluster(struct hc_call *call, struct hc_change *change)
{
	const struct hc_ceph_cluster *want, *have;

	if (change->action == HC_REMOVE) {
		once_keep(call, change, true);
		return 0;
	}
	if (!change->have)
		return 0;
	want = change->want->spec;
	have = change->have->spec;
	if (!have->stale_marks.n) /* not known is none */
		hc_agree(change, struct hc_ceph_cluster, stale_marks);
	if (!hc_has_field(change->have, struct hc_ceph_cluster, release) ||
	    !hc_differs(change, struct hc_ceph_cluster, release))
		return 0;
	if (want->release < have->release)
		change->refused = hc_printf(call->arena, "Ceph never goes back, from %s to %s",
					    hc_ceph_release_words[have->release],
					    hc_ceph_release_words[want->release]);
	return 0;
}

static bool wanted(const struct hc_change *change, size_t offset)
{
	return hc_marked(change->want, offset) &&
	       (!change->have || hc_change_differs(change, offset));
}

#define WANTED(change, member) wanted(change, offsetof(struct hc_ceph_cluster, member))

/* A pool that is being deleted may need what is reset here. */
static void after_pools(struct hc_plan *plan, struct hc_change *cluster)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->change[i]->type == &hc_ceph_pool && plan->change[i]->action == HC_REMOVE)
			hc_change_after(plan, cluster, plan->change[i]);
}

static int plan_cluster(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	if (change->action == HC_REMOVE)
		return 0;
	once_order(call, plan, change, false);
	if (WANTED(change, public_network) || WANTED(change, cluster_network)) {
		(void)once_step(plan, change, NETWORKS, HC_NONE, "set the networks");
		once_before_osds(plan, change);
	}
	if (WANTED(change, release))
		(void)once_step(plan, change, RELEASE, HC_NONE, "require the release");
	if (WANTED(change, flags))
		(void)once_step(plan, change, FLAGS, HC_NONE, "set the flags");
	if (change->have && WANTED(change, pool_delete)) {
		(void)once_step(plan, change, POOL_DELETE, HC_NONE,
				"set mon_allow_pool_delete back");
		after_pools(plan, change);
	}
	if (change->have && WANTED(change, stale_marks))
		(void)once_step(plan, change, MARKS_SWEEP, HC_NONE,
				"remove marks that a killed run left");
	return 0;
}

static int set_network(struct hc_call *call, struct ceph *self, const char *name,
		       const struct hc_address *network, const char *now)
{
	const char *text = hc_address_text(call->arena, network, true);

	if (now && !strcmp(now, text))
		return 0;
	return option_set(call, self, "global", name, text);
}

static int set_networks(struct hc_call *call, struct ceph *self, const struct facts *facts,
			const struct hc_resource *want)
{
	const struct hc_ceph_cluster *cluster = want->spec;
	int r = set_network(call, self, "public_network", &cluster->public_network,
			    facts_option(facts, "global", "public_network"));

	if (r || !hc_has_field(want, struct hc_ceph_cluster, cluster_network))
		return r;
	return set_network(call, self, "cluster_network", &cluster->cluster_network,
			   facts_option(facts, "global", "cluster_network"));
}

static bool any_up(const struct facts *facts)
{
	for (size_t i = 0; i < facts->nosd; i++)
		if (facts->osds[i].up)
			return true;
	return false;
}

/* A new cluster has its monitors' release from the start. Ceph changes it only while OSDs run, and
 * asks them. */
static int require_release(struct hc_call *call, struct ceph *self, const struct facts *facts,
			   const struct hc_change *change)
{
	const struct hc_ceph_cluster *cluster = change->want->spec;
	const char *word = hc_ceph_release_words[cluster->release];

	if (!strcmp(facts->require_osd_release, word))
		return 0;
	if (!any_up(facts) && !change->have)
		return 0;
	if (!any_up(facts))
		return hc_wait(call, "no OSD is up");
	return tell_mon(call, self->connection,
			command("osd require-osd-release", "release", word, NULL));
}

static int set_flags(struct hc_call *call, struct ceph *self, const struct hc_strings *want,
		     const struct hc_strings *have)
{
	int r = 0;

	for (size_t i = 0; !r && i < want->n; i++)
		if (!hc_strings_have(have, want->v[i]))
			r = tell_mon(call, self->connection,
				     command("osd set", "key", want->v[i], NULL));
	for (size_t i = 0; !r && i < have->n; i++)
		if (!hc_strings_have(want, have->v[i]))
			r = tell_mon(call, self->connection,
				     command("osd unset", "key", have->v[i], NULL));
	return r;
}

static int apply_cluster(struct hc_call *call, struct ceph *self, const struct hc_step *step)
{
	const struct hc_change *change = step->change;
	const struct hc_ceph_cluster *want = change->want->spec;
	struct facts facts;
	int r = once_begin(call, self, &facts);

	if (r)
		return r;
	switch ((enum op)step->op) {
	case NETWORKS:
		return set_networks(call, self, &facts, change->want);
	case RELEASE:
		return require_release(call, self, &facts, change);
	case FLAGS:
		return set_flags(call, self, &want->flags, &facts.flags);
	case POOL_DELETE:
		return pool_delete_reset(call, self, &facts);
	case MARKS_SWEEP:
		return mark_sweep(call, self, &facts);
	}
	return 0;
}

const struct noun cluster_noun = {
	.type = &hc_ceph_cluster,
	.read = read_cluster,
	.adjust = adjust_cluster,
	.plan = plan_cluster,
	.apply = apply_cluster,
};
