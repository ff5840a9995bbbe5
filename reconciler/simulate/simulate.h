/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What would happen: the decision of reconciler/ha and a model of nodes, leases and the cycle,
 * under a clock of its own. A scenario says what happens to them; what comes of it is told event by
 * event.
 */

#include <reconciler/ha/ha.h>
#include <reconciler/load.h>

struct scenario;
struct world;

/* Reads a scenario; errors are said with file:line:col, and it is NULL then. Names that the
 * manifests do not have are errors. */
struct scenario *scenario_load(struct hc_arena *arena, const char *path, const struct hc_set *whole,
			       struct hc_diags *diags);

/* One thing that happened. */
enum sim_what {
	SIM_LEADER,   /* node */
	SIM_NODE,     /* node, word: its state */
	SIM_FENCE,    /* node: nothing of it can write any more */
	SIM_STATE,    /* vm, from, to: words of its states; node */
	SIM_START,    /* vm, node, ok */
	SIM_STOP,     /* vm, node, ok */
	SIM_MIGRATE,  /* vm, from, to: nodes; ok */
	SIM_RELOCATE, /* likewise */
	SIM_RECOVER,  /* vm, from, to: nodes */
	SIM_WARNING,  /* text; vm, node or neither */
};

struct sim_event {
	uint64_t at; /* ms */
	enum sim_what what;
	const char *vm, *node, *from, *to, *word, *text;
	bool ok;
};

typedef void sim_event_fn(void *arg, const struct sim_event *event);

/* Lives it through. Errors (manifests of an event that do not load) are said; negative errno. The
 * world at its end is *last, in the arena, for the line `final` and for tests that look inside. */
int simulate(struct hc_arena *arena, const struct scenario *scenario, sim_event_fn *told, void *arg,
	     struct hc_diags *diags, const struct ha_memory **last);
