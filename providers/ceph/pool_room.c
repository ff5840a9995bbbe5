/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether there is room for all copies of a pool. Made too early, a pool would be placed on the
 * first OSDs that are up and move with each further one, or Ceph would refuse it for too many
 * placement groups per OSD. So it waits for OSDs that are still to come; not for those that were up
 * once and are down now, as nobody knows for how long.
 */

#include <string.h>

#include "pool_make.h"

enum {
	USUAL_SIZE = 3, /* osd_pool_default_size */
};

static const struct fact_profile *profile_of(const struct facts *facts,
					     const struct hc_ceph_pool *pool)
{
	return pool->erasure_profile ? facts_profile(facts, pool->erasure_profile) : NULL;
}

static uint32_t copies_of(const struct facts *facts, const struct hc_ceph_pool *pool)
{
	const struct fact_profile *profile = profile_of(facts, pool);

	if (profile)
		return facts_number(profile, "k") + facts_number(profile, "m");
	return pool->size ? pool->size : USUAL_SIZE;
}

/* "host" where nothing else is said. */
static const char *domain_of(const struct facts *facts, const struct hc_ceph_pool *pool)
{
	const struct fact_profile *profile = profile_of(facts, pool);
	const struct fact_rule *rule =
		pool->crush_rule ? facts_rule(facts, pool->crush_rule) : NULL;
	const char *domain = profile ? hc_map_get(&profile->values, "crush-failure-domain") : NULL;

	if (rule)
		domain = rule->failure_domain;
	return domain ? domain : "host";
}

static void count(struct hc_arena *arena, struct hc_strings *places, const struct fact_osd *osd,
		  bool by_host)
{
	hc_strings_add(arena, places, by_host ? osd->host : hc_printf(arena, "%u", osd->id));
}

/* How many of the places that take one copy each have an OSD that is up. */
static size_t places_up(struct hc_arena *arena, const struct facts *facts,
			const struct hc_ceph_pool *pool)
{
	bool by_host = strcmp(domain_of(facts, pool), "osd") != 0;
	struct hc_strings places = {0};

	for (size_t i = 0; i < facts->nosd; i++)
		if (facts->osds[i].up)
			count(arena, &places, &facts->osds[i], by_host);
	return places.n;
}

static bool ever_up(const struct facts *facts, const char *node)
{
	for (size_t i = 0; i < facts->nosd; i++)
		if (facts->osds[i].up_from && !strcmp(facts->osds[i].host, node))
			return true;
	return false;
}

/* The nodes that are to have OSDs; *missing: of how many none was ever up. */
static size_t nodes_asked(struct hc_call *call, const struct facts *facts, size_t *missing)
{
	struct hc_strings nodes = {0};
	size_t n;
	struct hc_resource *const *v = hc_of_type(call->whole, &hc_ceph_osd, &n);

	for (size_t i = 0; i < n; i++)
		if (v[i]->node)
			hc_strings_add(call->arena, &nodes, v[i]->node);
	*missing = 0;
	for (size_t i = 0; i < nodes.n; i++)
		*missing += !ever_up(facts, nodes.v[i]);
	return nodes.n;
}

int pool_waits(struct hc_call *call, const struct facts *facts, const struct hc_resource *want)
{
	const struct hc_ceph_pool *pool = want->spec;
	size_t missing, nodes = nodes_asked(call, facts, &missing);

	if (!missing || places_up(call->arena, facts, pool) >= copies_of(facts, pool))
		return 0;
	return hc_wait(call, "%zu of %zu nodes have had an OSD up", nodes - missing, nodes);
}

static uint32_t groups_of(const struct facts *facts)
{
	uint32_t n = 0;

	for (size_t i = 0; i < facts->npool; i++)
		n += facts->pools[i].pg_num;
	return n;
}

/* A new pool has nothing to copy: what is not clean while objects are copied is another's. */
int pool_settled(struct hc_call *call, const struct facts *facts, const struct hc_resource *want)
{
	bool copying = facts->objects_degraded || facts->objects_misplaced;
	uint32_t groups = groups_of(facts);

	if (places_up(call->arena, facts, want->spec) < copies_of(facts, want->spec))
		return 0;        /* it never will be clean; the health says so */
	if (facts->pgs < groups) /* the manager has not counted all of them yet */
		return hc_wait(call, "%u of %u placement groups are active+clean", facts->pgs_clean,
			       groups);
	if (facts->pgs_active < facts->pgs || (facts->pgs_clean < facts->pgs && !copying))
		return hc_wait(call, "%s", facts_recovery(call->arena, facts));
	return 0;
}
