/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The object that the lease is: `leader` in pool hcstate, namespace lease. It carries the lock and
 * two attributes, `epoch`, a number that rises with each new holder, and `node`, who that is.
 */

#include <hcstate/base.h>
#include <rados/librados.h>

#define HOLD_POOL "hcstate"

enum {
	HOLD_S = 5,       /* how long the lock is ours when it is not renewed */
	HOLD_NODE = 256,  /* bytes of a node's name, its NUL too */
	HOLD_COOKIE = 33, /* bytes of a random text, likewise */
};

struct hold {
	rados_ioctx_t io;
	const char *node;
	char cookie[HOLD_COOKIE]; /* tells this process from another one of this client */
};

int hold_open(struct hold *hold, rados_t cluster, const char *node);
void hold_close(struct hold *hold);

/* Who has it and in which epoch, as far as that is written there; "" and 0: nobody had it yet. */
int hold_see(struct hold *hold, char node[HOLD_NODE], uint64_t *epoch);
/* Takes the lock or renews it: 0, ours for HOLD_S from before the call on; -EBUSY: another's. */
int hold_take(struct hold *hold);
/* Raises the epoch that was seen before the lock was taken. -ECANCELED: somebody else did. */
int hold_raise(struct hold *hold, uint64_t seen);
void hold_give(struct hold *hold);
