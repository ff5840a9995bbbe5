/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * For Prometheus, by node_exporter's textfile collector: text of the exposition format 0.0.4,
 * written beside and renamed, so nobody reads half of it.
 */

#include <reconciler/status.h>

#include "source.h"

/* What is counted since the agent began. */
struct metrics {
	uint64_t cycles, changed, failed; /* cycles in all; that changed something; with failures */
	uint64_t runs;                    /* how often steps were run */
	uint64_t steps_done, steps_failed;
	uint64_t look_us, run_us;         /* sums of durations */
	uint64_t last_look, last_success; /* seconds of CLOCK_REALTIME: a look that found all
					     converged */
	/* How long it took from noticing a difference to the first mending step. */
	uint64_t repair_us_sum, repair_count;
	const struct hc_engine *engine; /* which counts its providers' reads; NULL: there is none */
};

/* The text, in the arena. `status` may be NULL: there was no look yet. */
const char *metrics_text(struct hc_arena *arena, const struct metrics *metrics, const char *node,
			 const struct hc_generation *generation, const struct hc_status *status,
			 const struct source_state *source);
/* 0644. 0 or a negative errno: -ENOENT when its directory is not there. */
int metrics_write(const char *path, const char *text);
