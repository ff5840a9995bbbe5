/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * High availability as a pure function: what is asked for, what is seen and what was decided before
 * give what is decided now. No I/O, no clock, no globals: the same function in the agent and in the
 * simulator.
 *
 * What is decided is an order per VM: where it is, what it is to do there, and a number that rises
 * with each new order. The ordinary cycle of each node carries out the orders of its own VMs and
 * answers with the number. Times are milliseconds of one clock, whose zero means nothing.
 */

#include <hcstate/ha.h>
#include <hcstate/resource.h>

/* ---- what is asked for: from the manifests, see ha_wants() */

struct ha_times {
	uint64_t interval, fence_delay, lease, self_fence, storage_delay;
};

struct ha_policy {
	struct ha_times times;
	enum hc_ha_shutdown shutdown;
	enum hc_ha_spread spread;
};

struct ha_member {
	const char *node;
	uint32_t priority;
};

struct ha_group {
	const char *name;
	struct ha_member *v;
	size_t n;
	bool restricted, nofailback;
};

/* A VM under HA. One that is ignored is not among them. */
struct ha_want {
	const char *vm;
	const struct ha_group *group; /* NULL: none */
	enum hc_ha_wish wish;         /* not ignored */
	uint32_t max_restart, max_relocate;
	uint64_t memory;    /* bytes; 0: not known */
	const char *pinned; /* why it cannot run elsewhere ("disk-0 is in local, on pve1 only");
			     * NULL: it can */
	const char *node;   /* where its own document creates it; NULL: not said */
};

struct ha_wants {
	struct ha_policy policy;
	struct ha_want *v; /* sorted by vm */
	size_t n;
	const char **nodes; /* all that the manifests name, sorted */
	size_t nnode;
};

/* ---- what is seen */

/* A node that goes down in an orderly way says so. */
enum ha_leaving {
	HA_STAYS,
	HA_REBOOTS,
	HA_POWERS_OFF,
};

struct ha_seen_node {
	const char *name;
	bool member;   /* of the quorate partition, with an agent that answers; one that the
			* manifests do not name: is heard of, and hears orders */
	bool storage;  /* its agent writes its heartbeat */
	bool apart;    /* it is no member, and may be well for all that: by its heartbeat it only
			* lacks corosync; one that the manifests do not name is not heard, or does
			* not hear, and by its heartbeat it runs, or only its hcstate was stopped */
	uint64_t lost; /* since when one of them is not so; 0: both are */
	bool shut_out; /* nothing that ran on it can write any more: proven */
	bool stopped;  /* its hcstate was ended in good order: what is there goes on, and nothing is
			* brought there, as nobody would do it */
	enum ha_leaving leaving;
	uint64_t room; /* bytes of memory that VMs can still be given; with spread: room and for
			* admission. 0: not known */
};

/* What a VM's node answered to its last order. */
enum ha_answer {
	HA_NO_ANSWER,
	HA_DONE,
	HA_FAILED,
	HA_NOT_HERE, /* the VM is on another node, which is `on` */
};

struct ha_seen_vm {
	const char *vm;
	const char *on; /* whose it is: its claim's node. NULL: nobody has it */
	uint64_t order; /* the order that is answered */
	enum ha_answer answer;
	const char *why;     /* failed: what was said; NULL: nothing */
	uint64_t unanswered; /* since when its node is heard of, and of the order nothing; 0: it
			      * has answered, or is not there */
};

/* A person's word, until it is taken; then it stands in no list any more. */
enum ha_word {
	HA_MIGRATE_TO,
	HA_RELOCATE_TO,
};

struct ha_asked {
	const char *vm;
	enum ha_word word;
	const char *node;
};

struct ha_seen {
	uint64_t now;
	struct ha_seen_node *nodes; /* sorted by name */
	size_t nnode;
	struct ha_seen_vm *vms; /* sorted by vm; one that is not in here: nothing is known of it */
	size_t nvm;
	struct ha_asked *asked; /* in the order in which they came */
	size_t nasked;
	struct hc_strings maintenance; /* nodes that are to be left alone, sorted */
	bool disarmed;                 /* nothing is fenced, recovered or moved */
};

/* ---- what is decided, and kept for the next round and the next leader */

enum ha_node_is {
	HA_ONLINE,
	HA_UNKNOWN, /* not a member now */
	HA_FENCE,   /* being fenced; stays so until that is proven, also if it shows up again */
	HA_MAINTENANCE,
	HA_GONE, /* the manifests do not name it any more */
};

enum ha_is {
	HA_IS_STOPPED,
	HA_IS_REQUEST_STOP,
	HA_IS_STARTED, /* runs, or is to be started where it is */
	HA_IS_MIGRATE,
	HA_IS_RELOCATE,
	HA_IS_FENCE,
	HA_IS_RECOVERY,
	HA_IS_FREEZE,
	HA_IS_ERROR,
};

extern const char *const ha_node_words[]; /* online ... gone */
extern const char *const ha_words[];      /* stopped, request_stop, ... error */

struct ha_node {
	const char *name;
	enum ha_node_is is;
	uint64_t since;
	uint64_t lost; /* when it was last seen to be there, if it is not; 0: it is */
};

struct ha_vm {
	const char *vm;
	enum ha_is is;
	const char *node;         /* whose order it is */
	const char *target;       /* migrate, relocate: where to; else NULL */
	uint64_t since;           /* when it became so */
	uint64_t order;           /* raised with each new thing that its node is to do */
	uint32_t restarts;        /* tries on this node since the last success */
	struct hc_strings failed; /* nodes on which it failed since the last success, in order of
				   * time, one as often as it did: no set */
	const char *home;         /* maintenance: where it goes back to; NULL: nowhere */
	uint64_t stays; /* until then no rule moves it, as its last migration failed; 0: none did */
	/* The last failover; 0: there was none. */
	const char *fled;                       /* the node that it was recovered from */
	uint64_t lost, fenced, recovered, runs; /* the moments of its phases; 0: not yet */
};

struct ha_memory {
	struct ha_node *nodes; /* sorted by name */
	size_t nnode;
	struct ha_vm *vms; /* sorted by vm */
	size_t nvm;
};

/* What is worth a line to a person: "no node fit to recover it". Each as long as it is so. */
struct ha_warning {
	const char *vm, *node; /* NULL: not of one */
	const char *text;
	uint64_t since; /* 0: not said */
};

struct ha_decision {
	struct ha_memory memory;
	struct ha_warning *warnings;
	size_t nwarning;
	bool taken[64]; /* seen.asked[i] was taken or cannot be, so it ends (the first 64) */
};

/* The whole decision of one round. Everything of *decision is new or lent by its arguments, in the
 * arena. A round in which nothing changes gives the memory it was given. */
void ha_decide(struct hc_arena *arena, const struct ha_wants *wants, const struct ha_seen *seen,
	       const struct ha_memory *was, struct ha_decision *decision);

enum {
	/* A start that is not answered for so many rounds is told: an agent that is well begins it
	 * within one, and libvirt makes a guest of it within a few seconds. */
	HA_PATIENCE = 10,
	/* ms. A guest that shuts down, or whose memory is copied, takes minutes and is well. */
	HA_LONG_PATIENCE = 15 * 60 * 1000,
};

/* Whether an order that has not been answered since then should have been by now; 0: it was. */
bool ha_is_overdue(const struct ha_times *times, enum ha_is is, uint64_t unanswered, uint64_t now);

/* What could not be carried by the others if one node died: a warning each. Called by ha_decide().
 */
void ha_admission(struct hc_arena *arena, const struct ha_wants *wants, const struct ha_seen *seen,
		  const struct ha_memory *memory, struct ha_decision *decision);

/* The manifests' part of it, from a sorted set; the profile's times filled in. */
void ha_wants(struct hc_arena *arena, const struct hc_set *whole, struct ha_wants *wants);

/* In the sorted lists, or NULL. */
struct ha_vm *ha_find_vm(const struct ha_memory *memory, const char *vm);
struct ha_node *ha_find_node(const struct ha_memory *memory, const char *node);
const struct ha_want *ha_find_want(const struct ha_wants *wants, const char *vm);
bool ha_same_memory(const struct ha_memory *a, const struct ha_memory *b);
