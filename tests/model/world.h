/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A small world to try the claims' protocol in: a RADOS object, a blocklist, watchers, a libvirtd
 * and an hcstate per node. All chance comes from one seed. Processes are coroutines that may be
 * switched, or end, at each step of theirs.
 */

#include <stdio.h>
#include <ucontext.h>

#include <providers/libvirt/protocol.h>

enum {
	NODES = 3,
	DISKS = 2,
	PROCESSES = NODES + 1, /* an hcstate per node, and the operator */
	LATE = 8,              /* writes that are on their way */
	STACK = 256 << 10,
	MOST_CLIENTS = 4096,
};

/* What is left out on purpose, to see that the model misses it. */
enum sabotage {
	SABOTAGE_NONE,
	SABOTAGE_RESUMED,    /* a guest is started running, not paused */
	SABOTAGE_NO_COMPARE, /* a write does not compare */
	SABOTAGE_NO_BLOCK,   /* nothing is put on the blocklist */
	SABOTAGE_BLIND,      /* a start does not see who has the disks open */
	SABOTAGE_NO_HOOK,    /* libvirt asks nobody before it starts a guest */
	SABOTAGES,
};

extern const char *const sabotage_words[];

/* A client of Ceph, by its number: the open image of one guest. */
struct client {
	bool watches; /* is listed as a watcher; for a while also when it is dead */
	bool dead;    /* its QEMU is gone */
	bool blocked;
	unsigned disk;
};

struct guest {
	enum protocol_guest state;
	unsigned clients[DISKS]; /* their numbers; 0: not open */
};

/* libvirt's migration away from a node. */
struct migration {
	enum {
		IDLE,
		PREPARING, /* the target has not been asked */
		OPENING,   /* it admitted it, and QEMU there opens the disks */
		COPYING,
		SWITCHED, /* it runs there; the source has not heard */
	} phase;
	unsigned target;
	bool may_switch;
};

struct late {
	bool there;
	uint64_t epoch;
	char nonce[CLAIM_NONCE];
	struct claim next;
};

struct process {
	unsigned number; /* also its node's; NODES: the operator */
	bool runs;
	uint64_t
		stalled; /* until this step it does nothing: a page that is not there, a debugger */
	ucontext_t context;
	char *stack;
	struct hc_arena *arena;
	struct hc_call call;
	struct protocol protocol;
	unsigned goal; /* the operator's: for whom it takes the claim; of HA: from whom */
};

struct world {
	uint64_t random;
	enum sabotage sabotage;
	bool faults;
	bool loud; /* tells what happens */
	struct hc_arena *arena;

	bool exists; /* the record */
	struct claim claim;
	struct late late[LATE];

	struct client client[MOST_CLIENTS];
	unsigned nclient; /* from 1 */
	struct guest guest[NODES];
	struct guest lost[NODES]; /* libvirtd has forgotten it, and it runs on */
	struct migration migration[NODES];
	bool on[NODES];

	unsigned wanted_node; /* of the manifests */
	bool wanted;
	bool ha; /* what is nobody's goes where it is wanted, and nodes that are lost are shut out
		  */

	struct process process[PROCESSES];
	struct process *current; /* NULL: none, the schedule runs */
	ucontext_t schedule;

	uint64_t step;
	const char *broken; /* what must never be was */
};

extern const char *const node_words[];

/* world.c */
unsigned world_random(struct world *world, unsigned below);
bool world_chance(struct world *world, unsigned percent); /* never without faults */
void world_say(struct world *world, const char *format, ...) HC_PRINTF(2, 3);
/* Whether no two guests can write; if not, says so in world->broken. */
void world_check(struct world *world);
void world_land(struct world *world, unsigned late); /* a write arrives */
void world_init(struct world *world, uint64_t seed, enum sabotage sabotage);
void world_fini(struct world *world);

/* guests.c */
unsigned guest_open(struct world *world, unsigned node, unsigned disk);
void guest_gone(struct world *world, unsigned node);
void guest_migrate_on(struct world *world, unsigned source);
void guest_migration_ends(struct world *world, unsigned source);
void guest_lost(struct world *world, unsigned node);     /* to its libvirtd */
void guest_no_power(struct world *world, unsigned node); /* nor anything else there */
bool guest_writes(const struct world *world, const struct guest *guest, unsigned disk);

/* ops.c */
extern const struct protocol_ops world_ops;
struct world *world_of(const struct protocol *p);

/* process.c */
void process_begin(struct world *world, unsigned number);
void process_end(struct world *world, unsigned number); /* where it stands */
void process_go(struct world *world, unsigned number);  /* to its next step */
void process_step(struct world *world);                 /* in one: lets the others go on */
/* An hcstate's loop, the operator's word. */
void process_node(struct world *world, struct process *process);
void process_operator(struct world *world, struct process *process);
