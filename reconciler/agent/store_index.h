/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* index.json beside the kept texts: what else there is to a generation. */

#include <reconciler/load.h>

enum { STORE_DIGEST = 64 }; /* hex digits */

struct store_index {
	const char *id, *root;
	const char *texts; /* digest of the texts' file, which is also its name */
	const struct hc_commit *commit;
	struct hc_source **sources; /* without their texts */
	size_t n;
};

/* Its text, in the arena. */
const char *store_index_text(struct hc_arena *arena, const struct hc_generation *generation,
			     const char *texts);
/* Believes nothing. NULL: all is well; else what is wrong, and `index` is not to be used. */
const char *store_index_read(struct hc_arena *arena, const char *text, size_t size,
			     struct store_index *index);
