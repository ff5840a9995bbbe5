/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What a scenario says, checked: every name in it is one of the manifests, or of those that an
 * event brings. Times are ms from its beginning. */

#include "asks.h"
#include "simulate.h"

enum scenario_what {
	SCENARIO_POWER,       /* node, on */
	SCENARIO_NETWORK,     /* node, on */
	SCENARIO_MAINTENANCE, /* node, on */
	SCENARIO_SHUTDOWN,    /* node */
	SCENARIO_REBOOT,      /* node */
	SCENARIO_WISH,        /* vm, wish: as if its HaResource said so */
	SCENARIO_MIGRATE,     /* vm, to */
	SCENARIO_RELOCATE,    /* vm, to */
	SCENARIO_DELETE,      /* vm: as if its HaResource were gone */
	SCENARIO_MANIFESTS,   /* asks */
};

struct scenario_event {
	uint64_t at;
	size_t number; /* in the file */
	enum scenario_what what;
	const char *node, *vm, *to;
	bool on;
	enum hc_ha_wish wish;
	const struct asks *asks;
};

struct scenario_node {
	const char *name;
	bool off; /* at the beginning */
	int is;   /* an enum ha_node_is that it begins with; -1: nothing was decided yet */
};

struct scenario_vm {
	const char *name;
	const char *placed; /* the node that it is assigned to at the beginning; NULL: by the rules
			     */
	int is;             /* an enum ha_is that it begins with; -1: by what is asked for */
	uint32_t start_fails, migrate_fails; /* so many fail before one does not */
	struct hc_strings fails_on;          /* nodes on which no start ever succeeds */
	bool stop_fails;
};

struct scenario {
	const struct asks *asks;     /* at the beginning */
	struct scenario_node *nodes; /* sorted by name; all that any of the manifests have */
	size_t nnode;
	struct scenario_vm *vms; /* likewise */
	size_t nvm;
	struct scenario_event *events; /* by time, and within an instant as they were written */
	size_t nevent;
	uint64_t until;
};

/* The same as scenario_load() from a text; `directory` is what its events' manifests are relative
 * to, NULL: they may bring none. */
struct scenario *scenario_read(struct hc_arena *arena, const struct hc_source *source,
			       const char *directory, const struct hc_set *whole,
			       struct hc_diags *diags);

struct scenario_node *scenario_node(const struct scenario *scenario, const char *name);
struct scenario_vm *scenario_vm(const struct scenario *scenario, const char *name);
