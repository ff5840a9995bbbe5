/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* How each resource is doing, and since when. Kept in the state directory between runs. */

#include <json-c/json_types.h>

#include "engine.h"

enum hc_condition {
	HC_CONVERGED,
	HC_DRIFTED,   /* not as wanted; nobody has tried yet, or it was undone */
	HC_WAITING,   /* for what `reason` says */
	HC_FAILED,    /* the last try failed, or it is refused */
	HC_FOREIGN,   /* unmanaged: there, but not ours */
	HC_UNCERTAIN, /* unknown */
	HC_STAYS,     /* kept: no manifest asks for it, and it stays for what `reason` says */
};

extern const char *const hc_condition_words[]; /* converged ... kept; NULL ends them */

struct hc_status_line {
	const struct hc_finding *finding;
	const char *object;
	enum hc_condition condition;
	const char *reason; /* or NULL */
	uint64_t since;     /* seconds of CLOCK_REALTIME; 0: not known */
};

struct hc_status {
	struct hc_arena *arena;
	struct hc_status_line *v;
	size_t n;
	const struct hc_resource **others; /* what was seen on the other nodes */
	size_t nother;
};

/* Of a look; what earlier runs recorded in the state directory tells what failed and since when. */
void hc_status(struct hc_engine *engine, const struct hc_cycle *cycle, struct hc_arena *arena,
	       struct hc_status *status);
struct json_object *hc_status_json(const struct hc_status *status, const char *node,
				   const char *generation);
/* For the next run. */
int hc_status_save(const struct hc_status *status, const struct hc_engine *engine);
