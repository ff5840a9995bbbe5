/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telling Ceph what a pool shall be. One change of the OSD map may take a second, so as much as
 * possible is said with the first command, and afterwards only what did not become so by itself.
 */

#include "pool_make.h"

#include "pool_setting.h"

#define HAS(want, member) hc_has_field(want, struct hc_ceph_pool, member)

static void put(struct json_object *command, const char *key, uint32_t value)
{
	json_object_object_add(command, key, json_object_new_int64(value));
}

static void put_text(struct json_object *command, const char *key, const char *value)
{
	json_object_object_add(command, key, json_object_new_string(value));
}

static struct json_object *creation(const struct hc_resource *want)
{
	const struct hc_ceph_pool *pool = want->spec;
	struct json_object *made = command("osd pool create", "pool", want->name, NULL);

	if (HAS(want, pg_num)) {
		put(made, "pg_num", pool->pg_num);
		put(made, "pgp_num", pool->pg_num);
	}
	put_text(made, "pool_type", pool->erasure_profile ? "erasure" : "replicated");
	if (pool->erasure_profile)
		put_text(made, "erasure_code_profile", pool->erasure_profile);
	if (HAS(want, crush_rule))
		put_text(made, "rule", pool->crush_rule);
	if (HAS(want, size))
		put(made, "size", pool->size);
	if (HAS(want, pg_num_min))
		put(made, "pg_num_min", pool->pg_num_min);
	if (HAS(want, pg_autoscale_mode))
		put_text(made, "autoscale_mode", hc_ceph_autoscale_words[pool->pg_autoscale_mode]);
	return made;
}

static struct json_object *application(const char *prefix, const char *pool, const char *name)
{
	struct json_object *made = command(prefix, "pool", pool, "app", name, NULL);

	json_object_object_add(made, "yes_i_really_mean_it", json_object_new_boolean(true));
	return made;
}

static struct json_object *setting(const char *pool, const struct pool_setting *setting)
{
	switch (setting->how) {
	case POOL_SET:
		return command("osd pool set", "pool", pool, "var", setting->variable, "val",
			       setting->value, NULL);
	case POOL_QUOTA:
		return command("osd pool set-quota", "pool", pool, "field", setting->variable,
			       "val", setting->value, NULL);
	case POOL_APPLICATION:
		return application("osd pool application enable", pool, setting->variable);
	case POOL_NO_APPLICATION:
		return application("osd pool application disable", pool, setting->variable);
	}
	return NULL;
}

int pool_change(struct hc_call *call, struct ceph *self, const struct hc_resource *want,
		const struct fact_pool *have)
{
	struct pool_settings settings = pool_settings(call->arena, want, have);
	int r = 0;

	for (size_t i = 0; !r && i < settings.n; i++)
		r = tell_mon(call, self->connection, setting(want->name, &settings.v[i]));
	call->futile = r == -EINVAL;
	return r;
}

int pool_make(struct hc_call *call, struct ceph *self, const struct facts *facts,
	      const struct hc_resource *want)
{
	const struct fact_pool *have = facts_pool(facts, want->name);
	struct facts after;
	int r = 0;

	if (!have) {
		r = tell_mon(call, self->connection, creation(want));
		if (!r)
			r = facts_need(call, self, &after);
		if (r)
			return r;
		have = facts_pool(&after, want->name);
	}
	return have ? pool_change(call, self, want, have)
		    : hc_wait(call, "the pool does not show yet");
}
