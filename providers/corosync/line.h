/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the group's thread (line.c) and those who ask it (group.c) share. */

#include <pthread.h>

#include "table.h"

struct group {
	pthread_t thread;
	int wake;  /* eventfd: the thread has something to do */
	int watch; /* eventfd: the loop should look again */
	char *node;

	pthread_mutex_t lock; /* of all below */
	pthread_cond_t changed;
	bool stop;
	bool joined, quorate;
	bool leaving;
	bool unsent;            /* there is something to tell */
	struct hc_arena *arena; /* of facts */
	struct hc_map facts;
	uint32_t nodeid, pid; /* as the group knows this process */
	struct table table;
};

/* With the lock held: those who wait and the loop should look. */
void group_announce(struct group *group);

/* The thread: stays connected until it is to stop. */
void *line_run(void *group);
