/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Random scenarios, and what must hold in each of them whatever happens. */

#include <reconciler/simulate/world.h>

/* Always the same numbers after the same seed. */
struct chance {
	uint64_t state;
};

uint32_t chance_below(struct chance *chance, uint32_t n);

/* A scenario and its manifests, as the YAML that somebody else can run. */
struct chaos_story {
	char *manifests, *scenario;
};

/* generate.c */
void chaos_generate(struct hc_arena *arena, uint64_t seed, struct chaos_story *story);

/* What is remembered of a VM beside the world. */
struct chaos_vm {
	uint64_t began[8];  /* the number of the event with which it last began on that node */
	bool may_move;      /* its last move had a reason that needs no look at its target */
	const char *may_go; /* ... or has one for this target */
};

/* Looks at each event of a world and at the world after each step. */
struct chaos_watch {
	struct hc_arena *arena;
	struct world *world;
	uint64_t number;    /* of events so far */
	uint64_t fenced[8]; /* the number of the event that told it, of each node */
	struct chaos_vm *vms;
	bool contact[8];   /* of each node */
	size_t happened;   /* of the scenario's events */
	uint64_t changed;  /* when one of these last did */
	const char *wrong; /* the first thing that was not as it must be */
};

/* watch.c */
void chaos_event(void *watch, const struct sim_event *event);
void chaos_look(struct chaos_watch *watch);
/* lost.c: whether somebody waits for ever for a node that is gone */
void chaos_look_for_lost(struct chaos_watch *watch);
/* rest.c: when nothing has happened for long */
void chaos_rest(struct chaos_watch *watch);
void chaos_wrong(struct chaos_watch *watch, const char *format, ...) HC_PRINTF(2, 3);
/* The priority of the node for the VM; -2: it may not run there. */
int64_t chaos_priority(const struct ha_want *want, const char *node);

/* What is broken on purpose, to see that it is noticed. */
enum chaos_sabotage {
	SABOTAGE_NONE,
	SABOTAGE_SHUT_OUT, /* a node that is not there counts as shut out */
	SABOTAGE_GROUPS,   /* priorities are not looked at */
	SABOTAGE_RESTLESS, /* VMs move without a reason */
	SABOTAGE_LOST,     /* nobody is ever taken for lost */
	SABOTAGES,
};
