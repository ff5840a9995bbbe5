/* SPDX-License-Identifier: Apache-2.0 */
/* The answers about pools, erasure code profiles and file systems. */

#include "facts_take.h"

#include <string.h>

enum {
	ERASURE = 3,             /* a pool's type; 1 is replicated */
	STANDBY_REPLAY = 1 << 5, /* of a file system's flags */
};

static const char *rule_name(const struct facts *facts, uint32_t id)
{
	for (size_t i = 0; i < facts->nrule; i++)
		if (facts->rules[i].id == id)
			return facts->rules[i].name;
	return "";
}

static struct fact_pool *pool_of(const struct facts *facts, uint32_t id)
{
	for (size_t i = 0; i < facts->npool; i++)
		if (facts->pools[i].id == id)
			return &facts->pools[i];
	return NULL;
}

static const char *pool_name(const struct facts *facts, uint32_t id)
{
	const struct fact_pool *pool = pool_of(facts, id);

	return pool ? pool->name : "";
}

static const char *first_key(struct hc_arena *arena, struct json_object *object, const char *path)
{
	struct json_object *found = json_object_at(object, path);
	const char *first = "";
	struct json_object_iter it;

	if (!found)
		return first;
	json_object_object_foreachC(found, it)
	{
		first = hc_strdup(arena, it.key);
		break;
	}
	return first;
}

/* As a person would write it: 0.2, not 0.20000000000000001. */
static const char *ratio(struct hc_arena *arena, struct json_object *pool)
{
	double value = json_decimal(pool, "options.target_size_ratio", 0);

	return value > 0 ? hc_printf(arena, "%.10g", value) : "";
}

static void take_options(struct hc_arena *arena, struct json_object *pool, struct fact_pool *to)
{
	to->pg_num_min = take_u32(pool, "options.pg_num_min", 0);
	to->target_size_ratio = ratio(arena, pool);
	to->target_size = json_number(pool, "options.target_size_bytes", 0);
	to->compression_mode = take_text(arena, pool, "options.compression_mode");
	to->compression_algorithm = take_text(arena, pool, "options.compression_algorithm");
}

static void take_pool(struct hc_arena *arena, struct json_object *pool, const struct facts *facts,
		      struct fact_pool *to)
{
	*to = (struct fact_pool){
		.id = take_u32(pool, "pool", 0),
		.name = take_text(arena, pool, "pool_name"),
		.size = take_u32(pool, "size", 0),
		.min_size = take_u32(pool, "min_size", 0),
		.pg_num = take_u32(pool, "pg_num", 0),
		.autoscale = take_text(arena, pool, "pg_autoscale_mode"),
		.rule = rule_name(facts, take_u32(pool, "crush_rule", UINT32_MAX)),
		.erasure_profile = "",
		.application = first_key(arena, pool, "application_metadata"),
		.quota_bytes = json_number(pool, "quota_max_bytes", 0),
		.quota_objects = json_number(pool, "quota_max_objects", 0),
	};
	to->pg_num_target = take_u32(pool, "pg_num_target", to->pg_num);
	if (take_u32(pool, "type", 0) == ERASURE)
		to->erasure_profile = take_text(arena, pool, "erasure_code_profile");
	take_options(arena, pool, to);
}

static void take_profiles(struct hc_arena *arena, struct json_object *answer, struct facts *facts)
{
	struct json_object *profiles = json_object_at(answer, "erasure_code_profiles");
	struct json_object_iter it;

	if (!profiles)
		return;
	facts->profiles = hc_alloc(arena, (size_t)(json_object_object_length(profiles) + 1) *
						  sizeof(*facts->profiles));
	json_object_object_foreachC(profiles, it)
	{
		struct fact_profile *to = &facts->profiles[facts->nprofile++];

		to->name = hc_strdup(arena, it.key);
		to->values = json_map(arena, it.val, "");
	}
}

void take_pools(struct hc_arena *arena, struct json_object *answer, struct facts *facts)
{
	size_t n;
	struct json_object *pools = json_list(answer, "pools", &n);

	take_profiles(arena, answer, facts);
	facts->pools = hc_alloc(arena, (n + 1) * sizeof(*facts->pools));
	for (size_t i = 0; i < n; i++) {
		struct fact_pool *to = &facts->pools[facts->npool];

		take_pool(arena, json_object_array_get_idx(pools, i), facts, to);
		facts->npool += *to->name != '\0';
	}
}

void take_df(struct hc_arena *arena, struct json_object *answer, struct facts *facts)
{
	size_t n;
	struct json_object *pools = json_list(answer, "pools", &n);

	(void)arena;
	for (size_t i = 0; i < n; i++) {
		struct json_object *pool = json_object_array_get_idx(pools, i);
		struct fact_pool *to = pool_of(facts, take_u32(pool, "id", UINT32_MAX));

		if (!to)
			continue;
		to->used = json_number(pool, "stats.bytes_used", 0);
		to->available = json_number(pool, "stats.max_avail", 0);
		to->objects = json_number(pool, "stats.objects", 0);
	}
}

/* Room for all MDS that the answer names. */
static size_t count_mds(struct json_object *answer)
{
	size_t n, nfs;
	struct json_object *list = json_list(answer, "filesystems", &nfs);

	(void)json_list(answer, "standbys", &n);
	for (size_t i = 0; i < nfs; i++) {
		struct json_object *info =
			json_object_at(json_object_array_get_idx(list, i), "mdsmap.info");

		n += info ? (size_t)json_object_object_length(info) : 0;
	}
	return n;
}

static bool take_one(struct hc_arena *arena, struct json_object *from, const char *fs,
		     struct facts *facts)
{
	struct fact_mds mds = {
		.name = take_text(arena, from, "name"),
		.state = take_text(arena, from, "state"),
		.fs = fs,
	};

	if (!*mds.name)
		return false;
	facts->mds[facts->nmds++] = mds;
	return !strcmp(mds.state, "up:active");
}

static struct hc_strings data_pools(struct hc_arena *arena, struct json_object *map,
				    const struct facts *facts)
{
	size_t n;
	struct json_object *list = json_list(map, "data_pools", &n);
	struct hc_strings names = {0};

	for (size_t i = 0; i < n; i++) {
		const char *name = pool_name(facts, take_u32(json_object_array_get_idx(list, i), "",
							     UINT32_MAX));

		if (*name)
			hc_strings_add(arena, &names, name);
	}
	return names;
}

static void take_one_fs(struct hc_arena *arena, struct json_object *from, struct facts *facts)
{
	struct json_object *map = json_object_at(from, "mdsmap");
	struct json_object *info = json_object_at(map, "info");
	struct fact_fs *fs = &facts->fs[facts->nfs];
	struct json_object_iter it;

	*fs = (struct fact_fs){
		.name = take_text(arena, map, "fs_name"),
		.metadata_pool = pool_name(facts, take_u32(map, "metadata_pool", UINT32_MAX)),
		.data_pools = data_pools(arena, map, facts),
		.max_mds = take_u32(map, "max_mds", 0),
		.standby_count_wanted = take_u32(map, "standby_count_wanted", 0),
		.standby_replay = json_flag(map, "flags_state.allow_standby_replay",
					    take_u32(map, "flags", 0) & STANDBY_REPLAY),
	};
	if (!*fs->name)
		return;
	facts->nfs++;
	if (info)
		json_object_object_foreachC(info, it)
		{
			fs->active += take_one(arena, it.val, fs->name, facts);
		}
}

void take_fs(struct hc_arena *arena, struct json_object *answer, struct facts *facts)
{
	size_t n, nfs;
	struct json_object *standbys = json_list(answer, "standbys", &n);
	struct json_object *list = json_list(answer, "filesystems", &nfs);

	facts->mds = hc_alloc(arena, (count_mds(answer) + 1) * sizeof(*facts->mds));
	facts->fs = hc_alloc(arena, (nfs + 1) * sizeof(*facts->fs));
	for (size_t i = 0; i < nfs; i++)
		take_one_fs(arena, json_object_array_get_idx(list, i), facts);
	for (size_t i = 0; i < n; i++)
		(void)take_one(arena, json_object_array_get_idx(standbys, i), "", facts);
}
