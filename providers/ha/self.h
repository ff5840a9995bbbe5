/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The provider ha: what lives as long as it is open, and what one reading saw.
 *
 * What was seen travels from read() to adjust(), plan() and apply() as evidence among the live
 * resources: HaSight, which only this provider knows. What is decided from it depends on the claims
 * too, which another provider reads, and so it is decided in adjust(), once for all changes.
 */

#include <pthread.h>
#include <stdatomic.h>

#include <hcstate/provider.h>

#include <ceph-client/link.h>
#include <reconciler/ha/ha.h>
#include <reconciler/ha/words.h>

#include "beats.h"
#include "record.h"
#include "view.h"

struct awaits;
struct beat;
struct guard;
struct osds_down;
struct watchdog;

struct self {
	char *node;
	int watch; /* an eventfd */
	struct links *links;
	/* NULL in a process that only looks: */
	struct view *view;
	struct beat *beat;
	struct guard *guard;
	bool guarded; /* it was told by a memory whom to guard */
	struct awaits *awaits;
	struct osds_down *osds_down;
	struct watchdog *watchdog;    /* NULL also in one that has no loop */
	const struct hc_pulse *pulse; /* NULL with it */

	atomic_uint_fast64_t sights; /* how many there were */
	pthread_mutex_t writing;     /* held while a decision is written */
	uint64_t tried;              /* of which sight it was */
	int result;                  /* ... and what came of it */
};

/* What came of deciding. */
struct verdict {
	bool claims; /* it was known who has which VM */
	size_t nclaim;
	struct ha_decision decision;
	bool changes; /* there is something to write */
};

struct sight {
	struct hc_arena *arena; /* the reading's */
	uint64_t number;        /* self->sights */
	uint64_t now;           /* ms of the wall clock */
	uint64_t began;         /* hc_now() then */
	struct ha_wants wants;
	struct record state, words; /* as they were read */
	struct ha_memory memory;
	struct ha_said said;
	/* In a process that only looks: what is there is as it was when it was decided last. */
	bool dry;
	struct sighting view;
	struct beats beats;
	enum ha_leaving leaving;     /* this node's */
	struct ha_seen_vm *answers;  /* by wants.v: what the nodes answered */
	struct hc_map room;          /* node -> MiB */
	const char *leader;          /* NULL: none */
	const char *waits;           /* why nothing is decided now; NULL: it is */
	struct hc_ha_policy *policy; /* the live one: gets the warnings of the decision */
	struct hc_strings warnings;  /* what there is beside */
	struct verdict *verdict;     /* NULL: not decided yet */
};

/* The resource's spec. */
struct evidence {
	struct sight *sight;
};
extern const struct hc_type ha_sight;
/* NULL: nothing is known, or nothing is under HA. */
struct sight *sight_of(const struct hc_state *live);

/* derive.c */
int ha_derive(struct hc_call *call, struct hc_set *desired);
/* read.c */
int ha_read(struct hc_call *call, void *self, struct hc_state *live);
/* Who is there, by what the threads know at this moment; into the sight's arena. */
void ha_see_others(struct hc_call *call, struct self *self, struct sight *sight);
/* watchdog_tend.c: by what was read; not `known`: it could not be. `watchdog` may be NULL. */
void ha_tend_watchdog(struct hc_call *call, struct watchdog *watchdog, struct sight *sight,
		      bool known);
/* Whether a VM runs here that others could have, or may. */
bool ha_holds_vms(const struct hc_call *call, const struct sight *sight);
/* show.c: the live resources of what was decided */
void ha_show(struct hc_call *call, struct sight *sight, struct hc_state *live);
/* "2026-01-31T03:00:00Z" */
const char *ha_moment(struct hc_arena *arena, uint64_t ms);
/* seen.c: what a decision goes by; `claims`: VmClaims, or NULL: they are not known. */
void ha_see(struct hc_arena *arena, const struct hc_call *call, const struct sight *sight,
	    const struct ha_memory *memory, const struct ha_said *said, uint64_t now,
	    const struct hc_state *claims, struct ha_seen *seen);
/* Of the facts of all: what was answered to the orders of the memory. */
void ha_hear_answers(struct hc_call *call, struct sight *sight);
/* A moment of hc_now(), not after the sight, in ms of the wall clock. */
uint64_t ha_wall(const struct sight *sight, uint64_t at);
/* Whether something of a VM may be on this node. `memory` NULL: it is not known. */
bool ha_may_be_here(const struct hc_call *call, const struct ha_memory *memory, const char *vm);
/* ... or of one whose node was lost: where it was on its way to is not kept. */
bool ha_is_to_be_guarded(const struct hc_call *call, const struct ha_memory *memory,
			 const char *vm);
/* Whether a node is there and hears of its orders. */
bool ha_is_there(const struct hc_call *call, const struct sight *sight, const char *name);
/* The first node of the memory that came, went, or lost its corosync between the two; or NULL. */
const char *ha_changed(const struct hc_call *call, const struct sight *was, const struct sight *now,
		       const struct ha_memory *memory);
/* When a delay runs out that something waits for, in ms after `now`; 0: none does. */
uint64_t ha_due(const struct sight *sight);
/* leader.c */
/* A cluster of one has no corosync, and nobody to lose. */
bool ha_is_alone(const struct hc_call *call);
/* Who decides; NULL: nobody. */
const char *ha_leader(const struct hc_call *call, const struct beats *beats);
/* verdict.c: decides, once. NULL: nothing is decided now. */
const struct verdict *ha_verdict(const struct hc_call *call, struct sight *sight);
/* While nobody can tell where VMs are none is newly taken in: it might be taken for elsewhere. */
void ha_only_known(struct hc_arena *arena, struct ha_wants *wants, const struct ha_memory *memory);
/* plan.c */
int ha_adjust(struct hc_call *call, struct hc_change *change);
int ha_plan(struct hc_call *call, struct hc_change *change, struct hc_plan *plan);
/* step.c */
int ha_apply(struct hc_call *call, void *self, const struct hc_step *step);
/* Who is there at the moment at which it is asked: `now`, as a sight of it. */
struct ha_witness {
	void (*look)(void *arg, struct hc_call *call, struct sight *now);
	void *arg;
};
/* ... with records kept elsewhere. Whom the witness sees may be others than those in the sight that
 * it is decided by. */
int ha_write(struct hc_call *call, const struct sight *sight, const struct ha_witness *witness,
	     const struct record_store *store);

/* The key of the fact by which a decision wakes the others. */
#define FACT_EPOCH "ha-epoch"
/* Told by libvirt's provider, in MiB; "0" also where libvirtd does not answer. */
#define ROOM "libvirt.free"
/* "ha.VM": what a VM's node answers, "ORDER done", "ORDER failed WHY", "ORDER elsewhere NODE". */
#define FACT_ANSWER "ha."
