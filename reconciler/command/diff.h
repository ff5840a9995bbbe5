/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Two generations beside each other. */

#include "command.h"

/* One resource that is not the same in both. */
struct difference {
	const struct hc_resource *before, *after; /* at least one */
	const struct hc_resource *one;            /* the one after, where there is one */
	uint64_t differs;                         /* both: bit i: field i is not the same */
};

struct diff {
	struct hc_arena *arena;
	struct hc_generation *before, *after;
	struct difference *v; /* by kind, name and node */
	size_t n, room;
};

void diff_find(struct diff *diff);
void diff_print(const struct diff *diff, FILE *out);
void diff_print_json(const struct diff *diff);
