/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Metadata servers: as many as the file systems have ranks are active, the others stand by. None
 * goes without which a rank would stay empty.
 */

#include <string.h>

#include "keyed.h"

static const char *role_of(struct hc_arena *arena, const struct facts *facts, const char *node)
{
	for (size_t i = 0; i < facts->nmds; i++) {
		const struct fact_mds *mds = &facts->mds[i];

		if (strcmp(mds->name, node) != 0)
			continue;
		return *mds->fs ? hc_printf(arena, "%s of %s", mds->state, mds->fs) : "standby";
	}
	return NULL;
}

static const char *name_at(const struct facts *facts, size_t i)
{
	return i < facts->nmds ? facts->mds[i].name : NULL;
}

static size_t needed(const struct hc_set *found)
{
	size_t n, ranks = 0;
	struct hc_resource *const *v = hc_of_type(found, &hc_ceph_fs, &n);

	for (size_t i = 0; i < n; i++)
		ranks += ((const struct hc_ceph_fs *)v[i]->spec)->max_mds;
	return ranks;
}

static size_t needed_now(const struct facts *facts)
{
	size_t ranks = 0;

	for (size_t i = 0; i < facts->nfs; i++)
		ranks += facts->fs[i].max_mds;
	return ranks;
}

static const char *const caps[] = {"mon",     "profile mds", "mgr",     "profile mds", "mds",
				   "allow *", "osd",         "allow *", NULL};

static const struct keyed server = {
	.type = &hc_ceph_mds,
	.kind = "mds",
	.word = "metadata server",
	.package = "ceph-mds",
	.caps = caps,
	.enabled = offsetof(struct hc_ceph_mds, enabled),
	.active = offsetof(struct hc_ceph_mds, active),
	.keyring = offsetof(struct hc_ceph_mds, keyring),
	.joined = offsetof(struct hc_ceph_mds, joined),
	.failed = offsetof(struct hc_ceph_mds, failed),
	.role = offsetof(struct hc_ceph_mds, role),
	.role_of = role_of,
	.name_at = name_at,
	.needed = needed,
	.needed_now = needed_now,
};

static int read_servers(const struct look *look)
{
	return keyed_read(look, &server);
}

static int adjust(struct hc_call *call, struct hc_change *change)
{
	return keyed_adjust(call, &server, change);
}

static int plan(struct hc_call *call, struct hc_change *change, struct hc_plan *to)
{
	return keyed_plan(call, &server, change, to);
}

static int apply(struct hc_call *call, struct ceph *self, const struct hc_step *step)
{
	return keyed_apply(call, self, &server, step);
}

const struct noun mds_noun = {
	.type = &hc_ceph_mds,
	.read = read_servers,
	.adjust = adjust,
	.plan = plan,
	.apply = apply,
};
