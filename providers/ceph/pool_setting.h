/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What has to be said to Ceph so that a pool becomes as wanted. Pure. */

#include "ceph.h"

enum pool_how {
	POOL_SET,
	POOL_QUOTA,
	POOL_APPLICATION,
	POOL_NO_APPLICATION,
};

struct pool_setting {
	enum pool_how how;
	const char *variable; /* size; max_bytes; the application's name */
	const char *value;
};

struct pool_settings {
	struct hc_arena *arena;
	struct pool_setting v[20]; /* in the order in which Ceph takes them */
	size_t n;
};

struct pool_settings pool_settings(struct hc_arena *arena, const struct hc_resource *want,
				   const struct fact_pool *have);
/* Whether the autoscaler rules over pg_num, once the pool is as wanted (want may be NULL). */
bool pool_is_scaled(const struct hc_resource *want, const struct hc_resource *have);
/* Whether two decimal numbers are the same. */
bool pool_same_ratio(const char *a, const char *b);
