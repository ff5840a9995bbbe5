/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Where claims are: in Ceph an object per VM, called by its uuid, in pool hcstate, namespace claim;
 * without Ceph a file per VM in /var/lib/hcstate/claims, where they bind this node only.
 */

#include <rados/librados.h>

#include "claim.h"

#define CLAIM_POOL "hcstate"
#define CLAIM_NAMESPACE "claim"

/* rados NULL: the files. */
struct claim_store {
	rados_t rados;
};

/* All of them, read at once. One that cannot be read is there with state fencing and its uuid, and
 * said in *why of it. 0 or a negative errno; no pool yet: none. */
int claim_store_list(const struct claim_store *store, struct hc_arena *arena, struct claim **v,
		     size_t *n);
/* -ENOENT: *claim has epoch 0. */
int claim_store_get(const struct claim_store *store, struct hc_arena *arena, const char *uuid,
		    struct claim *claim);
/*
 * Writes `next` (and its new nonce) if the record still has the epoch of `was` (0: if there is
 * none), nonce and all. -ECANCELED: it changed meanwhile. A write that timed out is settled by
 * reading again: 0 or -ECANCELED, else -ETIMEDOUT: not known, and to be looked at again.
 */
int claim_store_put(const struct claim_store *store, struct hc_arena *arena,
		    const struct claim *was, struct claim *next);
/* For a VM that is gone; compares likewise. */
int claim_store_remove(const struct claim_store *store, struct hc_arena *arena,
		       const struct claim *was);
