/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The lease as its two sides share it: whoever asks (lease.c) and the thread (lease_thread.c). */

#include <pthread.h>

#include "lease.h"

/* What the thread needs to reach the pool. */
struct address {
	char *hosts, *fsid, *key; /* key: of client.hcstate */
};

struct lease {
	char *node;
	pthread_t thread;
	pthread_mutex_t lock; /* of all below; never held while RADOS is asked */
	pthread_cond_t changed;
	bool stop;
	struct address address; /* hosts NULL: there is no pool, or no key */
	unsigned version;       /* of the address */

	enum lease_state state; /* LEASE_OURS: only until `until` */
	char *holder;           /* "": not known */
	uint64_t epoch;
	uint64_t until; /* of lease_now() */
};

/* Microseconds that also count while the machine sleeps: RADOS does not sleep with it. */
uint64_t lease_now(void);
void *lease_run(void *lease);
