/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CephFs: a file system over its pools. It takes further data pools and gives none back, as files
 * may be in them. Removing it loses what it names, so an operator has to approve; the pools stay
 * until they are approved themselves.
 */

#include <string.h>

#include "fs_make.h"
#include "once.h"

enum op {
	CREATE,
	SET,
	DELETE,
};

static int read_file_systems(const struct look *look)
{
	for (size_t i = 0; i < look->facts->nfs; i++) {
		const struct fact_fs *fact = &look->facts->fs[i];
		struct hc_resource *r =
			hc_resource_new(&look->live->found, &hc_ceph_fs, NULL, fact->name);
		struct hc_ceph_fs *fs = r->spec;

		*fs = (struct hc_ceph_fs){
			.metadata_pool = fact->metadata_pool,
			.data_pools = fact->data_pools,
			.max_mds = fact->max_mds,
			.standby_count_wanted = fact->standby_count_wanted,
			.allow_standby_replay = fact->standby_replay,
			.active = fact->active,
			.serving = fact->active > 0,
		};
		r->set = (UINT64_C(1) << hc_ceph_fs.nfield) - 1;
		r->made = mark_has(look->facts, &hc_ceph_fs, fact->name);
	}
	return 0;
}

static int adjust_fs(struct hc_call *call, struct hc_change *change)
{
	const struct hc_ceph_fs *want, *have;

	if (change->action == HC_REMOVE) {
		once_keep(call, change, true);
		return 0;
	}
	if (!change->have || !hc_differs(change, struct hc_ceph_fs, data_pools))
		return 0;
	want = change->want->spec;
	have = change->have->spec;
	for (size_t i = 0; i < have->data_pools.n; i++)
		if (!hc_strings_have(&want->data_pools, have->data_pools.v[i]))
			change->refused =
				hc_printf(call->arena,
					  "it has the data pool %s and does not give it back",
					  have->data_pools.v[i]);
	return 0;
}

static int plan_fs(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	bool fewer = change->have && hc_differs(change, struct hc_ceph_fs, max_mds);

	switch (change->action) {
	case HC_CREATE:
		once_order(call, plan, change, true);
		(void)once_step(plan, change, CREATE, HC_NONE, "make the file system");
		break;
	case HC_UPDATE:
	case HC_REPLACE: /* no field costs that */
		(void)once_step(plan, change, SET, fewer ? HC_BLIP : HC_NONE,
				"set it up as asked for");
		break;
	case HC_REMOVE:
		(void)once_step(plan, change, DELETE, HC_DATA_LOSS,
				"end the file system and forget its files");
		break;
	}
	return 0;
}

static int create(struct hc_call *call, struct ceph *self, const struct facts *facts,
		  const struct hc_change *change)
{
	int r = once_claim(call, self, facts, change, facts_fs(facts, change->name));

	return r > 0 ? fs_make(call, self, facts, change->want) : r;
}

static int apply_fs(struct hc_call *call, struct ceph *self, const struct hc_step *step)
{
	const struct hc_change *change = step->change;
	const struct fact_fs *have;
	struct facts facts;
	int r = once_begin(call, self, &facts);

	if (r)
		return r;
	have = facts_fs(&facts, change->name);
	switch ((enum op)step->op) {
	case CREATE:
		return create(call, self, &facts, change);
	case SET:
		return have ? fs_change(call, self, &facts, change->want, have) : 0;
	case DELETE:
		r = have ? fs_delete(call, self, change->name) : 0;
		return r ? r : mark_remove(call, self, &hc_ceph_fs, change->name);
	}
	return 0;
}

/* Where no metadata server runs at all there is nothing to wait for. */
static int settled(struct hc_call *call, struct ceph *self, const struct hc_step *step)
{
	struct facts facts;
	const struct fact_fs *fs;
	int r;

	if (step->op != CREATE)
		return 0;
	r = facts_need(call, self, &facts);
	fs = r ? NULL : facts_fs(&facts, step->change->name);
	if (fs && facts.nmds && !fs->active)
		return hc_wait(call, "no metadata server of it is active yet");
	return r;
}

const struct noun fs_noun = {
	.type = &hc_ceph_fs,
	.read = read_file_systems,
	.adjust = adjust_fs,
	.plan = plan_fs,
	.apply = apply_fs,
	.settled = settled,
};
