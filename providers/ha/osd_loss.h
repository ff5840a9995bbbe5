/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which nodes were lost, by what corosync tells of its members, and when it is this node's turn to
 * do something about it. Pure.
 */

#include <hcstate/base.h>

enum {
	OSD_MEMBERS = 64, /* corosync takes fewer */
};

struct osd_members {
	uint32_t v[OSD_MEMBERS];
	size_t n;
};

struct osd_losses {
	struct osd_members last; /* of the last quorate partition that was seen */
	bool quorate;
	struct osd_loss {
		uint32_t id;
		uint64_t at; /* hc_now() when it was seen */
	} v[OSD_MEMBERS];    /* each until it is forgotten, or back */
	size_t n;
	struct osd_loss past[OSD_MEMBERS]; /* the newest overwrites the oldest */
	size_t npast;
};

/* The partition as it is now. Who was of the last quorate one, and is not of this quorate one, is
 * lost; who is in it, is not. Who comes and goes all the time is left to Ceph's own heartbeats: an
 * OSD that is marked down too often ends itself, for good. */
void osd_losses_see(struct osd_losses *losses, bool quorate, const uint32_t *ids, size_t n,
		    uint64_t now);
/* What was done about it, or is not any more. */
void osd_losses_forget(struct osd_losses *losses, uint32_t id);
bool osd_losses_have(const struct osd_losses *losses, uint32_t id);
/* corosync does not tell any more: what it says next is compared with nothing; how often who was
 * lost stays known. */
void osd_losses_clear(struct osd_losses *losses);

/* How many nodes come before `me`: members that run hcstate, as far as is known, by their id. */
size_t osd_turn(const struct osd_losses *losses, const struct osd_members *running, uint32_t me);
