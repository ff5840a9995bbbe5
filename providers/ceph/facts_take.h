/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Ceph's answers, taken into the facts: one pure function per answer. What is missing or of another
 * type stays empty; what is taken is copied. Call them in the order in which they stand here, as
 * later answers have numbers for what earlier ones name.
 */

#include "facts.h"
#include <ceph-client/json.h>

typedef void take_function(struct hc_arena *arena, struct json_object *answer, struct facts *facts);

take_function take_quorum; /* quorum_status */
take_function take_mgrs;   /* mgr dump */
take_function take_crush;  /* osd crush dump: rules, and what take_osds() does not say of OSDs */
take_function take_osds;   /* osd dump: OSDs, flags, profiles, pools */
take_function take_pools;
take_function take_fs;     /* fs dump */
take_function take_status; /* status */
take_function take_df;     /* df */
take_function take_config; /* config dump */
take_function take_marks;  /* config-key dump */
take_function take_keys;   /* auth ls */
take_function take_usage;  /* osd df, of the manager */

/* Of those that are more than 32 bits nothing is said. */
static inline uint32_t take_u32(struct json_object *object, const char *path, uint32_t otherwise)
{
	uint64_t value = json_number(object, path, otherwise);

	return value > UINT32_MAX ? otherwise : (uint32_t)value;
}

/* The text, in the arena; "" when there is none. */
static inline const char *take_text(struct hc_arena *arena, struct json_object *object,
				    const char *path)
{
	return json_text(arena, object, path, "");
}
