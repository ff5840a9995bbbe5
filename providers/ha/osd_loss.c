/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node is lost once: from the quorate partition that it was in to the next quorate one without
 * it. What happens between the two, when too few are there for a while, is nobody's matter.
 *
 * The lease says nothing here. It may lie behind the very disks that have to be marked down, so the
 * lowest node id does it; the next one looks whether that happened, a moment later.
 */

#include "osd_loss.h"

#include <string.h>

enum {
	OFTEN = 3, /* of Ceph's osd_max_markdown_count, 5: some are its own */
};
#define OFTEN_US (UINT64_C(600) * 1000000) /* osd_max_markdown_period */

static bool have(const struct osd_members *members, uint32_t id)
{
	for (size_t i = 0; i < members->n; i++)
		if (members->v[i] == id)
			return true;
	return false;
}

bool osd_losses_have(const struct osd_losses *losses, uint32_t id)
{
	for (size_t i = 0; i < losses->n; i++)
		if (losses->v[i].id == id)
			return true;
	return false;
}

void osd_losses_forget(struct osd_losses *losses, uint32_t id)
{
	for (size_t i = 0; i < losses->n; i++)
		if (losses->v[i].id == id) {
			losses->v[i] = losses->v[--losses->n];
			return;
		}
}

void osd_losses_clear(struct osd_losses *losses)
{
	losses->last.n = losses->n = 0;
	losses->quorate = false;
}

static bool is_often(const struct osd_losses *losses, uint32_t id, uint64_t now)
{
	size_t n = losses->npast < OSD_MEMBERS ? losses->npast : OSD_MEMBERS, times = 0;

	for (size_t i = 0; i < n; i++)
		times += losses->past[i].id == id && now - losses->past[i].at < OFTEN_US;
	return times >= OFTEN;
}

static void add_loss(struct osd_losses *losses, uint32_t id, uint64_t now)
{
	const struct osd_loss loss = {.id = id, .at = now};

	if (losses->n == OSD_MEMBERS || is_often(losses, id, now))
		return;
	losses->v[losses->n++] = loss;
	losses->past[losses->npast++ % OSD_MEMBERS] = loss;
}

void osd_losses_see(struct osd_losses *losses, bool quorate, const uint32_t *ids, size_t n,
		    uint64_t now)
{
	struct osd_members before = losses->last, *last = &losses->last;

	losses->quorate = quorate;
	if (!quorate)
		return;
	last->n = n < OSD_MEMBERS ? n : OSD_MEMBERS;
	memcpy(last->v, ids, last->n * sizeof(*ids));
	for (size_t i = 0; i < last->n; i++)
		osd_losses_forget(losses, last->v[i]);
	for (size_t i = 0; i < before.n; i++)
		if (!have(last, before.v[i]))
			add_loss(losses, before.v[i], now);
}

size_t osd_turn(const struct osd_losses *losses, const struct osd_members *running, uint32_t me)
{
	bool mine = have(running, me);
	size_t before = 0;

	for (size_t i = 0; i < losses->last.n; i++) {
		uint32_t id = losses->last.v[i];
		bool runs = have(running, id);

		if (id != me && (runs > mine || (runs == mine && id < me)))
			before++;
	}
	return before;
}
