/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the two sides of it share: the provider (osd_down.c) and the thread (osd_down_thread.c). */

#include <pthread.h>
#include <rados/librados.h>

#include "osd_down.h"
#include "osd_find.h"
#include "osd_loss.h"

struct links;

struct osds_down {
	pthread_t thread;
	int wake; /* the provider's eventfd, a copy */
	int stir; /* an eventfd: something changed */
	struct links *links;

	pthread_mutex_t lock; /* of all below; never held while anybody is asked */
	bool stop;
	struct hc_arena *arena; /* the nodes live in it */
	struct osd_nodes nodes;
	struct osd_members running; /* hcstate runs on them */
	uint32_t me;                /* this node's id; 0: not known */
	rados_t rados;              /* NULL: there is no connection */
	bool busy;                  /* the thread uses it */
	bool failed;                /* nobody answered through it */
	struct osd_word {
		uint64_t at; /* hc_now() */
		char *text;  /* malloced */
	} words[16];         /* the newest overwrites the oldest */
	size_t nword;
};

void *osds_down_run(void *down);
