/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A node that is cut off from the others suspends its VMs that may come back elsewhere: they would
 * only answer on the network for a while, as their disks are shut to them. It is a thread that
 * needs nothing of the rest of the process: what it has to know is copied to it by each read.
 * Nothing is resumed here: that is for who can read the claims.
 */

#include <hcstate/value.h>

/* What is known of this node's contact to the others; hc_now(). */
struct guard_contact {
	bool quorate;
	uint64_t since; /* ... or not, since */
	uint64_t beat;  /* when it could last write to the storage */
};

/* How long there may be none (us): without quorum; without a beat, which is more, as the storage
 * stands still for a while whenever a node is lost, for all the others too. */
struct guard_limits {
	uint64_t quorum, beat;
};

enum guard_verdict {
	GUARD_CALM,  /* there is contact */
	GUARD_WAITS, /* there is none, but not for long */
	GUARD_ALONE,
};
enum guard_verdict guard_judge(const struct guard_contact *contact,
			       const struct guard_limits *limits, uint64_t now); /* pure */

struct guard;

/* What it asks and does, so that tests have others. */
struct guard_use {
	struct guard_contact (*contact)(void *arg);
	/* Begins to suspend the VM if it runs here; does not block for long. 0; -EAGAIN: it cannot
	 * be begun now; it is tried again. */
	int (*suspend)(void *arg, const char *uuid, const char *name);
	void *arg;
};

struct guard *guard_new(const struct guard_use *use);
/* Takes NULL; false: it hangs, and what it uses has to stay. */
bool guard_free(struct guard *guard);
/* The VMs (uuid -> name), and after how long without contact they are suspended. Those that were
 * named before are guarded until there has been contact for a while. */
void guard_set(struct guard *guard, const struct hc_map *vms, const struct guard_limits *limits);
/* What it did and has not got over yet, in words. */
void guard_said(struct guard *guard, struct hc_arena *arena, struct hc_strings *said);
