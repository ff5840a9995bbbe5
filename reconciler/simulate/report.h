/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What a simulation tells, for people or, with `jsonl`, for programs: an object per line. */

#include <stdio.h>

#include "simulate.h"

struct report {
	FILE *out;
	bool jsonl;
};

/* A sim_event_fn whose argument is a struct report. */
void report_event(void *arg, const struct sim_event *event);
/* How it ended, at that time (ms). */
void report_end(const struct report *report, uint64_t at, const struct ha_memory *memory);
