/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The order in which a claim, a guest and the clients of its disks change, so that at no moment,
 * whoever is killed or stopped wherever, two guests of a VM write. claim.h says which change of the
 * record is right; here is what has to happen before and after it. Nothing else starts a guest.
 *
 * What really happens goes through `ops`, so that a test can try all interleavings. Each function
 * begins by looking, believes nothing of the plan, and may be called again at any time.
 *
 * All return 0, or a negative errno, said: -EAGAIN: not yet, call again (hc_wait() said for what).
 */

#include <hcstate/provider.h>

#include "claim.h"

/* A guest as its node's libvirtd has it. */
enum protocol_guest {
	GUEST_GONE,     /* none, or one that is shut off or crashed: no QEMU */
	GUEST_PAUSED,   /* QEMU is there and stands still, not for a migration that comes in */
	GUEST_RUNS,     /* it runs, or did until an I/O error or a suspend to RAM */
	GUEST_ARRIVING, /* a migration comes in, or libvirt is launching QEMU: it has not run here
			 */
};

/* Who has the VM's RBD disks open, without those on the blocklist; not of its CD drive. */
struct protocol_clients {
	struct hc_strings open; /* "10.0.0.1:0/3571" */
	bool all;               /* each disk has one that is not in `except`; true without disks */
};

struct protocol_ops;

struct protocol {
	struct hc_call *call; /* for its arena and for what is said; a job's thread makes its own */
	const struct protocol_ops *ops;
	void *arg;        /* the ops' own */
	const char *node; /* this one */
	const char *vm, *uuid;
	const char *asked_node; /* `node` of the manifests; NULL: not said */
};

/* Each blocks until the call's deadline and says its errors, but for those that are named here. */
struct protocol_ops {
	/* claim_store_get(), claim_store_put(); errors are not said. */
	int (*get)(const struct protocol *p, struct claim *claim);
	int (*put)(const struct protocol *p, const struct claim *was, struct claim *next);
	int (*guest)(const struct protocol *p, enum protocol_guest *guest);
	/* On another node. -ENOTCONN, not said: its libvirtd does not answer. */
	int (*there)(const struct protocol *p, const char *node, enum protocol_guest *guest);
	/* Whether a migration of it away from here is under way in this libvirtd. */
	int (*moving)(const struct protocol *p, bool *moving);
	int (*clients)(const struct protocol *p, const struct hc_strings *except,
		       struct protocol_clients *clients);
	/* Blocklists them, waits for the map, then breaks their locks of the VM's disks. */
	int (*block)(const struct protocol *p, const struct hc_strings *addresses);
	/* Of what is defined. When it fails nothing is left, or guest() shows it. */
	int (*create_paused)(const struct protocol *p);
	int (*resume)(const struct protocol *p);  /* 0 also: it runs */
	int (*destroy)(const struct protocol *p); /* at once; 0 also: there is none */
};

/* Whether the claim is what it should be with this guest here; if not, protocol_settle() is due.
 * Pure. */
bool protocol_agrees(const struct claim *claim, const char *node, enum protocol_guest guest);

/*
 * Makes claim and guest agree without starting or stopping what is right: goes on where a start was
 * interrupted; ends a migration, at the source as at the target (-EAGAIN: it is under way, or
 * nobody can tell yet); destroys a guest here that was fenced, or that runs where the claim is too;
 * refuses one that runs here without a claim for other reasons. A guest that is gone here stays so.
 */
int protocol_settle(const struct protocol *p);

/* Starts it, or goes on where a start was interrupted, or resumes what is paused. Its own dead
 * clients are blocklisted first; clients that nobody knows are refused. 0: it runs. */
int protocol_start(const struct protocol *p);

/* The guest is gone, shut down or destroyed by the caller: the claim becomes free. -EAGAIN while it
 * is there. */
int protocol_stopped(const struct protocol *p);

/* Clients that came with a disk plugged in: into the claim. For a guest that runs here. */
int protocol_plugged(const struct protocol *p);

/* The claim says that it is on its way to `target`; the caller may begin to migrate, slowly. */
int protocol_migrate(const struct protocol *p, const char *target);
/* The target's clients into the claim; 0: they are, and the guest may switch; -EAGAIN: they are not
 * there yet; else the migration has to be aborted. */
int protocol_may_switch(const struct protocol *p);
/* How long the last one took, for those who look; after protocol_settle(). */
int protocol_moved(const struct protocol *p, uint64_t ms, uint64_t downtime_ms);

/* A guest that is gone, claim free, goes to `target`. The caller undefines it here afterwards. */
int protocol_move(const struct protocol *p, const char *target);
/* One that is nobody's, or another node's that does not run it, becomes this node's. Only where
 * somebody else decided that: HA. */
int protocol_take(const struct protocol *p);
/* The claim's asked_node becomes p->asked_node, if the VM is there. */
int protocol_ask(const struct protocol *p);

/* Takes it away from whoever has it, for `to`: nothing of it can write afterwards. It does not ask
 * whether that is right. */
int protocol_break(const struct protocol *p, const char *to);
/*
 * Takes it away from `node`, which is lost, for nobody: the claim is free then. 0 also: it is not
 * that node's any more. It does not hang on who has the disks open now, which cannot be seen while
 * Ceph is short of that node's OSDs: those that the record names are all there are.
 */
int protocol_take_over(const struct protocol *p, const char *node);
