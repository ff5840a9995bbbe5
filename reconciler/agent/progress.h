/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What apply says on stderr while it works, here or in the agent. */

#include <reconciler/engine.h>

/* What was last said of a step, or of a kind that cannot be read. */
struct said {
	const char *of, *line;
	uint64_t when;
};

struct progress {
	struct hc_arena *arena;
	struct said *said;
	size_t nsaid, saidroom;
	struct hc_map planned; /* by object: its change has been shown */
	struct hc_map kept;    /* by object: that it is kept has been shown */
	bool plan;             /* whether to show changes on stdout */
	bool looked;
	uint64_t begin;
	size_t running;
	bool terminal;
	FILE *out, *err;
	uint64_t (*clock)(void); /* hc_now; a test has its own */
};

void progress_begin(struct progress *progress, struct hc_arena *arena, bool plan);
/* The first look's plan, and of later ones what it did not have. */
void progress_looked(void *progress, const struct hc_cycle *cycle);
void progress_step(void *progress, const struct hc_step *step, enum hc_step_state state,
		   const char *why);
/* That a step goes on: every few seconds of silence, nobody should have to wonder. */
void progress_still(void *progress, const struct hc_step *step, uint64_t since);
void progress_end(struct progress *progress);
