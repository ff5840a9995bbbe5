/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What follows from a CephCluster document: its fsid where CephFsid has it, and a place in Ceph for
 * what hcstate processes decide together, the pool hcstate and the key to it. A document of that
 * name goes before what is made here.
 */

#include <string.h>

#include "ceph.h"

#define OWN "hcstate"
#define OWN_KEY "client.hcstate"

enum {
	OWN_PGS = 8, /* it holds a few small objects */
};

static void fill_in(const struct hc_set *desired, struct hc_resource *r)
{
	struct hc_ceph_cluster *cluster = r->spec;
	const struct hc_resource *made = hc_find(desired, &hc_ceph_fsid, NULL, r->name);
	const struct hc_ceph_fsid *fsid = made ? made->spec : NULL;

	if (!cluster->fsid && fsid && fsid->fsid) {
		cluster->fsid = fsid->fsid;
		hc_set_field(r, struct hc_ceph_cluster, fsid);
	}
	hc_set_field(r, struct hc_ceph_cluster, pool_delete);
	hc_set_field(r, struct hc_ceph_cluster, stale_marks);
}

/* The autoscaler would make more of 8 and warns of them: this pool is none of its. */
static void add_pool(struct hc_set *desired, const struct hc_resource *cluster)
{
	struct hc_resource *r = hc_resource_new(desired, &hc_ceph_pool, NULL, OWN);
	struct hc_ceph_pool *pool = r->spec;

	r->place = cluster->place;
	pool->size = 3;
	pool->min_size = 2;
	pool->pg_num = OWN_PGS;
	pool->pg_autoscale_mode = HC_CEPH_AUTOSCALE_OFF;
	pool->application = OWN;
	hc_set_field(r, struct hc_ceph_pool, size);
	hc_set_field(r, struct hc_ceph_pool, min_size);
	hc_set_field(r, struct hc_ceph_pool, pg_num);
	hc_set_field(r, struct hc_ceph_pool, pg_autoscale_mode);
	hc_set_field(r, struct hc_ceph_pool, application);
}

static void add_key(struct hc_set *desired, const struct hc_resource *cluster)
{
	struct hc_resource *r = hc_resource_new(desired, &hc_ceph_key, NULL, OWN_KEY);
	struct hc_ceph_key *key = r->spec;

	r->place = cluster->place;
	hc_map_put(desired->arena, &key->caps, "mon", "allow r, allow command \"osd blocklist\"");
	hc_map_put(desired->arena, &key->caps, "osd", "allow rwx pool=" OWN);
	hc_set_field(r, struct hc_ceph_key, caps);
}

/* Whether Ceph's key is the sealed one is asked wherever a document names a sealed one. */
static void want_right_keys(struct hc_set *desired)
{
	for (size_t i = 0; i < desired->n; i++) {
		struct hc_resource *r = desired->v[i];
		struct hc_ceph_key *key = r->spec;

		if (r->type != &hc_ceph_key || !key->key)
			continue;
		key->match = HC_KEYRING_RIGHT;
		hc_set_field(r, struct hc_ceph_key, match);
	}
}

int cluster_derive(struct hc_call *call, struct hc_set *desired)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(desired, &hc_ceph_cluster, &n);
	struct hc_resource *cluster = n ? v[0] : NULL;
	bool pool = hc_find(desired, &hc_ceph_pool, NULL, OWN);
	bool key = hc_find(desired, &hc_ceph_key, NULL, OWN_KEY);

	(void)call;
	want_right_keys(desired);
	if (!cluster)
		return 0;
	fill_in(desired, cluster);
	if (!pool)
		add_pool(desired, cluster);
	if (!key)
		add_key(desired, cluster);
	hc_set_sort(desired); /* those that derive after us search it */
	return 0;
}
