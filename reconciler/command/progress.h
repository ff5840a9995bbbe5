/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What apply says on stderr while it works. */

#include <reconciler/engine.h>

struct progress {
	struct hc_arena *arena;
	struct hc_map said;    /* by step: what was last said of it */
	struct hc_map planned; /* by object: its change has been shown */
	bool plan;             /* whether to show changes on stdout */
	bool looked;
	uint64_t begin;
	size_t running;
	bool terminal;
};

void progress_begin(struct progress *progress, struct hc_arena *arena, bool plan);
/* The first look's plan, and of later ones what it did not have. */
void progress_looked(void *progress, const struct hc_cycle *cycle);
void progress_step(void *progress, const struct hc_step *step, enum hc_step_state state,
		   const char *why);
void progress_end(struct progress *progress);
