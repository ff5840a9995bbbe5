/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Who may run a VM. One record per VM, changed only by one atomic operation that compares its
 * epoch. Here is the record and which change of it is allowed: pure, so that a model can try all
 * interleavings. claim_store.h keeps it, fence.h guards the disks.
 *
 *	free --start--> starting --started--> running --stop--> free
 *	running --migrate--> migrating --arrived--> running (at the target)
 *	                               --stayed--> running (where it was)
 *	any --fence--> fencing --broken--> free
 *
 * A new epoch: start, migrate, recall, fence. `started`, `arrived` and `stayed` compare the epoch
 *they began with, so whoever was overtaken records nothing.
 */

#include <hcstate/value.h>
#include <hcstate/vm.h>

enum {
	CLAIM_NONCE = 33, /* bytes of a random text, its NUL too */
};
#define CLAIM_LAST_EPOCH ((uint64_t)INT64_MAX - 1)

struct claim {
	uint64_t epoch;          /* 0: there is none yet */
	char nonce[CLAIM_NONCE]; /* of the last write: tells whether one that timed out was done */
	const char *uuid, *vm;   /* whose it is */
	enum hc_claim_state state;
	const char *node, *target, *asked_node; /* as in hc_vm_claim; NULL: none */
	struct hc_strings addresses;
	struct hc_strings arriving; /* migrating: those of them that are the target's */
	bool may_switch; /* migrating: they are known; before that the guest must not switch */
	/* On the blocklist, since it was taken away or they died; each node takes off those that
	 * were its own. */
	struct hc_strings shut_out;
	const char *why; /* it cannot be read, and why; then it is fencing. NULL: it could */
	/* What other nodes show of it; decides nothing. */
	uint64_t since; /* Unix time, s: when it was started; 0: it does not run */
	struct {
		const char *from, *to; /* NULL: it never moved */
		uint64_t ms, downtime_ms;
	} migration;
};

/* Each writes what comes after `was` into *next (in the arena), or gives why it may not: a text.
 * NULL: it may. `was` may be one with epoch 0. */
const char *claim_start(struct hc_arena *arena, const struct claim *was, const char *node,
			struct claim *next);
const char *claim_started(struct hc_arena *arena, const struct claim *was, const char *node,
			  uint64_t epoch, const struct hc_strings *addresses, struct claim *next);
const char *claim_stop(struct hc_arena *arena, const struct claim *was, const char *node,
		       struct claim *next);
const char *claim_migrate(struct hc_arena *arena, const struct claim *was, const char *node,
			  const char *target, struct claim *next);
/* More clients: of a disk that was plugged in or, migrating, the target's before the switch. */
const char *claim_address(struct hc_arena *arena, const struct claim *was, uint64_t epoch,
			  const struct hc_strings *addresses, struct claim *next);
/* `node` is the target, which runs it. */
const char *claim_arrived(struct hc_arena *arena, const struct claim *was, const char *node,
			  const struct hc_strings *addresses, struct claim *next);
/* `node` is the source, which runs it still. */
const char *claim_stayed(struct hc_arena *arena, const struct claim *was, const char *node,
			 const struct hc_strings *addresses, struct claim *next);
/* Nobody can tell what the target does: it may not arrive any more, and `stayed` comes when its
 * clients have been shut out. Until then the record says that it migrates from node to node. */
const char *claim_recall(struct hc_arena *arena, const struct claim *was, const char *node,
			 struct claim *next);
/* A VM that does not run goes to another node: free, at `target`. */
const char *claim_move(struct hc_arena *arena, const struct claim *was, const char *node,
		       const char *target, struct claim *next);
/* One that does not run is given to `node`, whoever has its definition. */
const char *claim_assign(struct hc_arena *arena, const struct claim *was, const char *node,
			 struct claim *next);
const char *claim_fence(struct hc_arena *arena, const struct claim *was, struct claim *next);
/* `blocked`: whom that shut out. */
const char *claim_broken(struct hc_arena *arena, const struct claim *was, uint64_t epoch,
			 const struct hc_strings *blocked, struct claim *next);

/* Notes whom a change of it has shut out. */
void claim_note_blocked(struct hc_arena *arena, const struct hc_strings *blocked,
			struct claim *claim);

/* Whether a start (or, `incoming`, the arrival of a migration) on `node` is right now; NULL: yes;
 * else why not. What the hook asks. */
const char *claim_admits(struct hc_arena *arena, const struct claim *claim, const char *node,
			 bool incoming);

/* JSON of at most CLAIM_MAX bytes, and back: hostile until checked. NULL / -EBADMSG and why. */
enum {
	CLAIM_MAX = 65536,
};
char *claim_write(struct hc_arena *arena, const struct claim *claim);
int claim_read(struct hc_arena *arena, const char *text, size_t size, struct claim *claim,
	       const char **why);
