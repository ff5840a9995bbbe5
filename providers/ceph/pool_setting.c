/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a pool as it is and as it should be to the commands that lead there, in an order that Ceph
 * takes: setting the size also sets min_size to Ceph's own idea of it, and pg_num never is below
 * pg_num_min.
 */

#include "pool_setting.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

static void add(struct pool_settings *settings, enum pool_how how, const char *variable,
		const char *value)
{
	assert(settings->n < HC_COUNT(settings->v));
	settings->v[settings->n++] = (struct pool_setting){how, variable, value};
}

static void add_number(struct pool_settings *settings, enum pool_how how, const char *variable,
		       uint64_t value)
{
	add(settings, how, variable, hc_printf(settings->arena, "%" PRIu64, value));
}

#define HAS(want, member) hc_has_field(want, struct hc_ceph_pool, member)

bool pool_is_scaled(const struct hc_resource *want, const struct hc_resource *have)
{
	const struct hc_resource *one = want && HAS(want, pg_autoscale_mode) ? want : have;
	const struct hc_ceph_pool *pool = one ? one->spec : NULL;

	return one && HAS(one, pg_autoscale_mode) &&
	       pool->pg_autoscale_mode == HC_CEPH_AUTOSCALE_ON;
}

bool pool_same_ratio(const char *a, const char *b)
{
	return fabs(strtod(a, NULL) - strtod(b, NULL)) <= 1e-6;
}

static const char *mode_of(const struct hc_resource *want, const struct fact_pool *have)
{
	const struct hc_ceph_pool *pool = want->spec;

	return HAS(want, pg_autoscale_mode) ? hc_ceph_autoscale_words[pool->pg_autoscale_mode]
					    : have->autoscale;
}

/* The pg_num to be had: the one wanted where the autoscaler has no say, and never less than
 * pg_num_min. */
static uint32_t pg_num_of(const struct hc_resource *want, const struct fact_pool *have)
{
	const struct hc_ceph_pool *pool = want->spec;
	bool scaled = !strcmp(mode_of(want, have), "on");
	uint32_t pg_num = HAS(want, pg_num) && !scaled ? pool->pg_num : have->pg_num_target;

	if (HAS(want, pg_num_min) && pool->pg_num_min > pg_num)
		return pool->pg_num_min;
	return pg_num;
}

static void set_groups(struct pool_settings *settings, const struct hc_resource *want,
		       const struct fact_pool *have)
{
	const struct hc_ceph_pool *pool = want->spec;
	bool least = HAS(want, pg_num_min) && pool->pg_num_min != have->pg_num_min;
	uint32_t pg_num = pg_num_of(want, have);

	if (strcmp(mode_of(want, have), have->autoscale) != 0)
		add(settings, POOL_SET, "pg_autoscale_mode", mode_of(want, have));
	if (least && pool->pg_num_min < have->pg_num_min)
		add_number(settings, POOL_SET, "pg_num_min", pool->pg_num_min);
	if (pg_num != have->pg_num_target)
		add_number(settings, POOL_SET, "pg_num", pg_num);
	if (least && pool->pg_num_min > have->pg_num_min)
		add_number(settings, POOL_SET, "pg_num_min", pool->pg_num_min);
}

static void set_copies(struct pool_settings *settings, const struct hc_resource *want,
		       const struct fact_pool *have)
{
	const struct hc_ceph_pool *pool = want->spec;
	bool size = HAS(want, size) && pool->size != have->size;

	if (HAS(want, crush_rule) && strcmp(pool->crush_rule, have->rule) != 0)
		add(settings, POOL_SET, "crush_rule", pool->crush_rule);
	if (size)
		add_number(settings, POOL_SET, "size", pool->size);
	if (HAS(want, min_size) && (size || pool->min_size != have->min_size))
		add_number(settings, POOL_SET, "min_size", pool->min_size);
}

static void set_targets(struct pool_settings *settings, const struct hc_resource *want,
			const struct fact_pool *have)
{
	const struct hc_ceph_pool *pool = want->spec;

	if (HAS(want, target_size_ratio) &&
	    !pool_same_ratio(pool->target_size_ratio, have->target_size_ratio))
		add(settings, POOL_SET, "target_size_ratio", pool->target_size_ratio);
	if (HAS(want, target_size) && pool->target_size != have->target_size)
		add_number(settings, POOL_SET, "target_size_bytes", pool->target_size);
	if (HAS(want, quota_max_bytes) && pool->quota_max_bytes != have->quota_bytes)
		add_number(settings, POOL_QUOTA, "max_bytes", pool->quota_max_bytes);
	if (HAS(want, quota_max_objects) && pool->quota_max_objects != have->quota_objects)
		add_number(settings, POOL_QUOTA, "max_objects", pool->quota_max_objects);
}

static void set_word(struct pool_settings *settings, const char *variable, const char *want,
		     const char *have)
{
	if (strcmp(want, have) != 0)
		add(settings, POOL_SET, variable, want);
}

static void set_use(struct pool_settings *settings, const struct hc_resource *want,
		    const struct fact_pool *have)
{
	const struct hc_ceph_pool *pool = want->spec;

	if (HAS(want, compression_algorithm))
		set_word(settings, "compression_algorithm",
			 hc_ceph_compression_algorithm_words[pool->compression_algorithm],
			 have->compression_algorithm);
	if (HAS(want, compression_mode))
		set_word(settings, "compression_mode",
			 hc_ceph_compression_mode_words[pool->compression_mode],
			 have->compression_mode);
	if (!HAS(want, application) || !strcmp(pool->application, have->application))
		return;
	add(settings, POOL_APPLICATION, pool->application, "");
	if (*have->application)
		add(settings, POOL_NO_APPLICATION, have->application, "");
}

struct pool_settings pool_settings(struct hc_arena *arena, const struct hc_resource *want,
				   const struct fact_pool *have)
{
	struct pool_settings settings = {.arena = arena};

	set_groups(&settings, want, have);
	set_copies(&settings, want, have);
	set_targets(&settings, want, have);
	set_use(&settings, want, have);
	return settings;
}
