/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The provider ceph: a table of nouns. Reading asks the cluster once and lets every noun make its
 * live resources of the answer; all else goes to the noun of the change's kind.
 */

#include "ceph.h"

#include <stdlib.h>
#include <string.h>

#include "lease.h"
#include "past.h"

static const struct noun *const nouns[] = {
	&cluster_noun, &option_noun, &node_noun,   &monitor_noun, &manager_noun,
	&mds_noun,     &osd_noun,    &device_noun, &rule_noun,    &profile_noun,
	&pool_noun,    &fs_noun,     &key_noun,
};

static const struct noun *noun_of(const struct hc_type *type)
{
	for (size_t i = 0; i < HC_COUNT(nouns); i++)
		if (nouns[i]->type == type)
			return nouns[i];
	return NULL;
}

static int derive(struct hc_call *call, struct hc_set *desired)
{
	int r = cluster_derive(call, desired);

	if (!r)
		r = node_derive(call, desired);
	if (!r)
		r = daemon_derive(call, desired);
	return r ? r : osd_derive(call, desired);
}

static int open_provider(struct hc_call *call, void **self, int *watch)
{
	struct ceph *ceph = calloc(1, sizeof(*ceph));

	if (!ceph)
		abort(); /* memory has run out */
	ceph->connection = connection_new();
	*watch = connection_watch(ceph->connection);
	if (!call->dry)
		ceph->lease = lease_new(call->node);
	*self = ceph;
	return 0;
}

static void close_provider(void *self)
{
	struct ceph *ceph = self;

	if (!ceph)
		return;
	ceph->lease = lease_free(ceph->lease);
	ceph->connection = connection_free(ceph->connection);
	free(ceph);
}

/* Nobody answers. Where nothing speaks of an earlier life all of it is simply not there yet; and
 * making it is harmless, as every step asks the monitors. */
static bool is_unborn(const struct look *look)
{
	return look->facts->why && !*look->past;
}

/* Kinds of which only the cluster can tell. */
static bool is_told(const struct hc_type *type)
{
	return type != &hc_ceph_node && type != &hc_ceph_device;
}

static int read_nouns(const struct look *look)
{
	int r = 0;

	for (size_t i = 0; !r && i < HC_COUNT(nouns); i++) {
		if (look->facts->why && !is_unborn(look) && is_told(nouns[i]->type) &&
		    nouns[i]->type->scope == HC_CLUSTER)
			hc_unknown(look->live, nouns[i]->type, "%s", look->facts->why);
		else
			r = nouns[i]->read(look);
	}
	return r;
}

static int read_provider(struct hc_call *call, void *self, struct hc_state *live)
{
	struct wants wants = wants_of(call);
	struct facts facts = {0};
	struct look look = {
		.call = call,
		.self = self,
		.wants = &wants,
		.facts = &facts,
		.past = "",
		.live = live,
	};
	int r;

	if (!wants.resource)
		return 0;
	if (!wants.fsid)
		return hc_fail(call, ENOENT, wants.resource,
			       "CephCluster/%s has no fsid: hcstate secrets init makes one for a "
			       "new cluster, for one that exists write its own",
			       wants.resource->name);
	r = past_read(call, &wants, &look.past);
	if (r)
		return r;
	facts_read(call, self, &facts);
	past_tell(call, &wants, look.past);
	if (look.self->lease)
		lease_look(look.self->lease, call, look.self, &facts);
	return read_nouns(&look);
}

static int adjust(struct hc_call *call, struct hc_change *change)
{
	const struct noun *noun = noun_of(change->type);

	return noun->adjust ? noun->adjust(call, change) : 0;
}

static int plan(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	return noun_of(change->type)->plan(call, change, plan);
}

/* Monitors between two elections are nothing that failed. */
static int patient(struct hc_call *call, int r)
{
	return r == -ENOTCONN ? hc_wait(call, "%s", hc_said(call, "no monitor answers")) : r;
}

static int apply(struct hc_call *call, void *self, const struct hc_step *step)
{
	return patient(call, noun_of(step->change->type)->apply(call, self, step));
}

static int settled(struct hc_call *call, void *self, const struct hc_step *step)
{
	const struct noun *noun = noun_of(step->change->type);

	return noun->settled ? patient(call, noun->settled(call, self, step)) : 0;
}

static const struct hc_type *const types[] = {
	&hc_ceph_cluster, &hc_ceph_config,
	&hc_ceph_node,    &hc_ceph_monitor,
	&hc_ceph_manager, &hc_ceph_mds,
	&hc_ceph_osd,     &hc_ceph_device,
	&hc_ceph_rule,    &hc_ceph_profile,
	&hc_ceph_pool,    &hc_ceph_fs,
	&hc_ceph_key,     NULL,
};

static const char *const units[] = {"ceph-mon@*.service", "ceph-mgr@*.service",
				    "ceph-osd@*.service", "ceph-mds@*.service", NULL};

extern const struct hc_provider hcstate_provider;

__attribute__((visibility("default"))) const struct hc_provider hcstate_provider = {
	.abi = HC_ABI,
	.name = "ceph",
	.doc = "Ceph: monitors, managers, OSDs, metadata servers, pools, keys, configuration.",
	.types = types,
	.units = units,
	.parallel = 4,
	.derive = derive,
	.open = open_provider,
	.close = close_provider,
	.read = read_provider,
	.adjust = adjust,
	.plan = plan,
	.apply = apply,
	.settled = settled,
};
