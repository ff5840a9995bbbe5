/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands that make, change and end a file system. Its first data pool holds something of
 * every file and has to be a replicated one; an erasure coded pool is to be told that parts of its
 * objects may be overwritten.
 */

#include "fs_make.h"

#include <string.h>

static bool is_erasure(const struct facts *facts, const char *name)
{
	const struct fact_pool *pool = facts_pool(facts, name);

	return pool && *pool->erasure_profile;
}

static const char *first_pool(const struct facts *facts, const struct hc_ceph_fs *fs)
{
	for (size_t i = 0; i < fs->data_pools.n; i++)
		if (!is_erasure(facts, fs->data_pools.v[i]))
			return fs->data_pools.v[i];
	return NULL;
}

static int set(struct hc_call *call, struct ceph *self, const char *name, const char *variable,
	       const char *value)
{
	return tell_mon(call, self->connection,
			command("fs set", "fs_name", name, "var", variable, "val", value, NULL));
}

static int add_pool(struct hc_call *call, struct ceph *self, const struct facts *facts,
		    const char *name, const char *pool)
{
	int r = 0;

	if (is_erasure(facts, pool))
		r = tell_mon(call, self->connection,
			     command("osd pool set", "pool", pool, "var", "allow_ec_overwrites",
				     "val", "true", NULL));
	return r ? r
		 : tell_mon(call, self->connection,
			    command("fs add_data_pool", "fs_name", name, "pool", pool, NULL));
}

static int add_pools(struct hc_call *call, struct ceph *self, const struct facts *facts,
		     const struct hc_resource *want, const struct hc_strings *have)
{
	const struct hc_ceph_fs *fs = want->spec;
	int r = 0;

	for (size_t i = 0; !r && i < fs->data_pools.n; i++)
		if (!hc_strings_have(have, fs->data_pools.v[i]))
			r = add_pool(call, self, facts, want->name, fs->data_pools.v[i]);
	return r;
}

int fs_change(struct hc_call *call, struct ceph *self, const struct facts *facts,
	      const struct hc_resource *want, const struct fact_fs *have)
{
	const struct hc_ceph_fs *fs = want->spec;
	int r = add_pools(call, self, facts, want, &have->data_pools);

	if (!r && fs->max_mds != have->max_mds)
		r = set(call, self, want->name, "max_mds",
			hc_printf(call->arena, "%u", fs->max_mds));
	if (!r && hc_has_field(want, struct hc_ceph_fs, standby_count_wanted) &&
	    fs->standby_count_wanted != have->standby_count_wanted)
		r = set(call, self, want->name, "standby_count_wanted",
			hc_printf(call->arena, "%u", fs->standby_count_wanted));
	if (!r && fs->allow_standby_replay != have->standby_replay)
		r = set(call, self, want->name, "allow_standby_replay",
			fs->allow_standby_replay ? "true" : "false");
	return r;
}

int fs_make(struct hc_call *call, struct ceph *self, const struct facts *facts,
	    const struct hc_resource *want)
{
	const struct hc_ceph_fs *fs = want->spec;
	const struct fact_fs *have = facts_fs(facts, want->name);
	const char *first = first_pool(facts, fs);
	struct facts after;
	int r;

	if (have)
		return fs_change(call, self, facts, want, have);
	if (!first)
		return hc_fail(call, EINVAL, want,
			       "all its data pools are erasure coded: the first has to be a "
			       "replicated one");
	r = tell_mon(call, self->connection,
		     command("fs new", "fs_name", want->name, "metadata", fs->metadata_pool, "data",
			     first, NULL));
	if (!r)
		r = facts_need(call, self, &after);
	have = r ? NULL : facts_fs(&after, want->name);
	if (r)
		return r;
	return have ? fs_change(call, self, &after, want, have)
		    : hc_wait(call, "the file system does not show yet");
}

int fs_delete(struct hc_call *call, struct ceph *self, const char *name)
{
	struct json_object *removal = command("fs rm", "fs_name", name, NULL);
	int r = tell_mon(call, self->connection, command("fs fail", "fs_name", name, NULL));

	json_object_object_add(removal, "yes_i_really_mean_it", json_object_new_boolean(true));
	if (!r)
		return tell_mon(call, self->connection, removal);
	json_object_put(removal);
	return r;
}
