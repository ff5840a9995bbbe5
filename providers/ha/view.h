/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Who belongs to this node's part of the cluster, and since when the others do not: from corosync's
 * quorum service, through a connection and a thread of its own, so that a change is known at once
 * whatever the rest of the process is about. The thread is also the clock that rings when a delay
 * has run out.
 */

#include <hcstate/base.h>

enum {
	VIEW_MAX = 512, /* nodes; corosync has at most a few dozen */
};

struct view_member {
	uint32_t id;
	uint64_t gone; /* hc_now() when it was seen to be gone; 0: it is there */
};

struct sighting {
	bool quorate;
	uint64_t since; /* hc_now() since when it is so */
	struct view_member v[VIEW_MAX];
	size_t n;
	/* There is no corosync here, or there was none and it has not become quorate yet. It is
	 * another matter than a corosync that is cut off. */
	bool apart;
};

struct view;

/* `ring`: an eventfd that is rung with each change and at the time that was asked for. */
struct view *view_new(int ring);
/* Takes NULL; false: it hangs in corosync, and the eventfd has to stay. */
bool view_free(struct view *view);
struct sighting view_see(struct view *view);
/* Who is told of each change, and now: by the view's thread, under its lock. NULL: nobody. */
void view_tell(struct view *view, void (*tell)(void *arg, bool apart), void *arg);
/* Rings at that time of hc_now(), if no other was asked for since; 0: not at all. */
void view_ring_at(struct view *view, uint64_t at);

/* hc_now() since when the node is not there; 0: it is. One never seen is gone since `since`. */
uint64_t view_gone(const struct sighting *sighting, uint32_t id);

/* What the thread does with what corosync says; pure. Gives whether it is news. */
bool sighting_take(struct sighting *sighting, bool quorate, const uint32_t *members, size_t n,
		   uint64_t now);
/* ... whether corosync does not answer; after that. Likewise. */
bool sighting_part(struct sighting *sighting, bool apart);
