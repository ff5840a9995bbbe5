/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is left of a pool's copies without one node, by the manifests: where a rule parts copies by
 * host (or by more) each object has one on it at most; where it parts them by OSD they may all be
 * there, and the worst is told.
 */

#include "fail.h"

#include <string.h>

#include <hcstate/ceph_osd.h>
#include <hcstate/ceph_pool.h>

enum {
	USUAL_SIZE = 3, /* what Ceph gives a pool that nothing is said of */
};

static const void *spec_of(const struct hc_set *whole, const struct hc_type *type, const char *name)
{
	const struct hc_resource *r = name ? hc_find(whole, type, NULL, name) : NULL;

	return r ? r->spec : NULL;
}

/* Nodes with OSDs, and how many this one has. */
static void count_osds(struct hc_arena *arena, const struct hc_set *whole, const char *node,
		       uint32_t *hosts, uint32_t *here)
{
	struct hc_strings names = {0};
	size_t n;
	struct hc_resource *const *v = hc_of_type(whole, &hc_ceph_osd, &n);

	*here = 0;
	for (size_t i = 0; i < n; i++) {
		if (!v[i]->node)
			continue;
		hc_strings_add(arena, &names, v[i]->node);
		*here += !strcmp(v[i]->node, node);
	}
	*hosts = (uint32_t)names.n;
}

static const char *domain_of(const struct hc_set *whole, const struct hc_ceph_pool *pool)
{
	const struct hc_ceph_profile *profile =
		spec_of(whole, &hc_ceph_profile, pool->erasure_profile);
	const struct hc_ceph_rule *rule = spec_of(whole, &hc_ceph_rule, pool->crush_rule);
	const char *domain = rule ? rule->failure_domain : profile ? profile->failure_domain : NULL;

	return domain ? domain : "host";
}

static struct fail_pool pool_of(const struct hc_set *whole, const struct hc_resource *r,
				uint32_t hosts, uint32_t osds)
{
	const struct hc_ceph_pool *pool = r->spec;
	const struct hc_ceph_profile *profile =
		spec_of(whole, &hc_ceph_profile, pool->erasure_profile);
	uint32_t size = profile ? profile->k + profile->m : pool->size ? pool->size : USUAL_SIZE;
	bool by_osd = !strcmp(domain_of(whole, pool), "osd");
	uint32_t lost = by_osd ? osds : 1, copies;
	struct fail_pool found = {
		.name = r->name,
		.size = size,
		.min_size = pool->min_size ? pool->min_size
			    : profile      ? profile->k + 1
					   : size - size / 2,
	};

	copies = by_osd || hosts > found.size ? found.size : hosts;
	found.left = copies > lost ? copies - lost : 0;
	found.serves = found.left && found.left >= found.min_size;
	return found;
}

void fail_pools(struct hc_arena *arena, const struct hc_set *whole, const char *node,
		struct fail *fail)
{
	uint32_t hosts, osds;
	size_t n;
	struct hc_resource *const *v = hc_of_type(whole, &hc_ceph_pool, &n);

	count_osds(arena, whole, node, &hosts, &osds);
	fail->pools = hc_alloc(arena, n * sizeof(*fail->pools));
	for (size_t i = 0; i < n && osds; i++)
		fail->pools[fail->npool++] = pool_of(whole, v[i], hosts, osds);
}
