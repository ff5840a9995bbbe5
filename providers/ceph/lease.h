/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The lease: who does what is done once for the cluster. It is an exclusive RADOS lock of 5 s on
 * the object `leader` in pool hcstate, namespace lease, renewed by a thread of its own; each new
 * holder raises the epoch that the object carries. Who cannot renew stops at once.
 */

#include "ceph.h"

/* Told by each process: LEASE_HELD by who holds it. One that RADOS does not answer, and who leads
 * the group, learns by it that somebody else does. */
#define FACT_LEASE "ceph.lease"
#define LEASE_HELD "held"

struct lease *lease_new(const char *node);
struct lease *lease_free(struct lease *lease); /* takes NULL; gives the lock back */
/* Called with each read: once the pool and client.hcstate are there, it begins. Does not block. */
void lease_look(struct lease *lease, struct hc_call *call, struct ceph *self,
		const struct facts *facts);

enum lease_state {
	LEASE_NONE,   /* no pool, or it does not answer: the corosync group decides */
	LEASE_OTHERS, /* somebody else holds it */
	LEASE_OURS,
};
/* *holder is the node that holds it, in the arena; "" when unknown. */
enum lease_state lease_state(struct lease *lease, struct hc_arena *arena, const char **holder,
			     uint64_t *epoch);
