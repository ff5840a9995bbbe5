/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The model: nodes with an agent each, VMs that run somewhere, and what all of them share in the
 * cluster's storage (what was decided, who leads, whose a VM is). Internal to simulate/ and to
 * tests that look at the truth behind the events.
 */

#include "scenario.h"

enum {
	WORLD_NOBODY = -1,
};

/* Where and how a VM is on one node. */
struct world_guest {
	bool there;
	bool blocked; /* shut out of the storage: it can write no more, whatever it does */
};

/* An agent has a round each `interval`, not all at once. */
struct world_node {
	const char *name;
	bool on, network; /* network: a cable that is out cuts it off the storage, too */
	uint64_t next;    /* its agent's next round */
	uint64_t contact; /* when it last had a round in contact with the quorum */
	uint64_t joined;  /* since when it has been in contact; it cannot know of earlier times */
	bool in_contact;  /* in the last look at everybody's contact */
	bool holds;       /* VMs under HA may run here: it has not let go of them */
	bool told_fenced, told_suspended;
	enum ha_leaving leaving;
	bool said;             /* ... and somebody could hear it */
	uint64_t leaves;       /* when it said so */
	uint64_t leaves_round; /* rounds of leaders until then */
	uint64_t boots;        /* a reboot is over; 0: it is not in one */
};

struct world_vm {
	const char *name;
	const struct scenario_vm *manner;
	uint32_t starts_failed, migrations_failed;
	int claim;                  /* the node whose it is, or WORLD_NOBODY */
	struct world_guest *guests; /* one per node */
	struct ha_seen_vm answer;   /* its node's to its last order */
	bool gone;                  /* its HaResource was deleted */
	int wish;                   /* an enum hc_ha_wish by an event, -1: the manifests' */
};

/* All names in it are the scenario's. */
struct world {
	struct hc_arena *arena; /* as long as the world */
	const struct scenario *scenario;
	sim_event_fn *told;
	void *arg;

	uint64_t now; /* begins at WORLD_BEGIN: 0 means never */
	struct world_node *nodes;
	size_t nnode;
	struct world_vm *vms;
	size_t nvm;
	size_t happened; /* events of the scenario */

	/* in the storage */
	const struct asks *asks;
	struct ha_wants wants; /* asks, and what events said of single VMs */
	struct hc_arena *memory_arena;
	struct ha_memory memory;
	int leader;      /* or WORLD_NOBODY */
	uint64_t led;    /* when it last said so */
	uint64_t rounds; /* of leaders, so far */
	struct ha_asked *asked;
	size_t nasked, asked_room;
	struct hc_strings maintenance;
	struct hc_strings warned; /* what is being warned of */
	struct hc_arena *warned_arena;
};

#define WORLD_BEGIN UINT64_C(1000000000)

struct world *world_new(struct hc_arena *arena, const struct scenario *scenario, sim_event_fn *told,
			void *arg);
void world_free(struct world *world);
/* The next thing: an event, or a node's round. False: the time is over. */
bool world_step(struct world *world);

int world_find_node(const struct world *world, const char *name); /* WORLD_NOBODY: none */
struct world_vm *world_find_vm(const struct world *world, const char *name);
/* On, connected, and in the partition that has the majority. */
bool world_in_contact(const struct world *world, size_t node);
bool world_quorate(const struct world *world);
/* Whether it runs there, neither suspended nor without power. */
bool world_runs(const struct world *world, const struct world_vm *vm, size_t node);
/* Everybody's contact, after something that may have changed it. */
void world_look_at_contact(struct world *world);
void world_take_wants(struct world *world);
void world_no_power(struct world *world, size_t node);
void world_power(struct world *world, size_t node);

/* happen.c: an event of the scenario */
void world_happens(struct world *world, const struct scenario_event *event);
/* begin.c: how it is at the beginning */
void world_begin(struct world *world);
/* agent.c: a node's round */
void world_agent(struct world *world, size_t node);
/* leave.c: a node that goes down in an orderly way; true: it is down */
bool world_leaves(struct world *world, size_t node);
/* lead.c: a leader's round */
void world_lead(struct world *world, size_t node);
/* Whether its VMs are being brought elsewhere, so that it has to let go of them. */
bool world_is_shut(const struct world *world, size_t node);
/* keep.c: takes what was decided as what is kept, if it is another */
void world_keep(struct world *world, const struct ha_memory *memory);

/* tell.c */
void world_tell(struct world *world, struct sim_event event);
void world_warn(struct world *world, const char *vm, const char *node, const char *text);
/* What a decision changed. */
void world_tell_decision(struct world *world, const struct ha_memory *now);
