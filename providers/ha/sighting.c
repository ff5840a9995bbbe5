/* SPDX-License-Identifier: Apache-2.0 */
/* What is remembered of corosync's memberships: who is there, and since when the others are not. */

#include "view.h"

static struct view_member *find(struct sighting *sighting, uint32_t id)
{
	for (size_t i = 0; i < sighting->n; i++)
		if (sighting->v[i].id == id)
			return &sighting->v[i];
	return NULL;
}

static bool has(const uint32_t *members, size_t n, uint32_t id)
{
	for (size_t i = 0; i < n; i++)
		if (members[i] == id)
			return true;
	return false;
}

bool sighting_take(struct sighting *sighting, bool quorate, const uint32_t *members, size_t n,
		   uint64_t now)
{
	bool news = sighting->quorate != quorate || !sighting->since;

	if (news)
		sighting->since = now;
	sighting->quorate = quorate;
	for (size_t i = 0; i < sighting->n; i++) {
		struct view_member *member = &sighting->v[i];
		bool is = has(members, n, member->id);

		news |= is == (member->gone != 0);
		member->gone = is ? 0 : member->gone ? member->gone : now;
	}
	for (size_t i = 0; i < n && sighting->n < VIEW_MAX; i++)
		if (!find(sighting, members[i])) {
			sighting->v[sighting->n++] = (struct view_member){.id = members[i]};
			news = true;
		}
	return news;
}

/* One that answers again has yet to find the others. */
bool sighting_part(struct sighting *sighting, bool apart)
{
	bool was = sighting->apart;

	sighting->apart = !sighting->quorate && (apart || was);
	return sighting->apart != was;
}

/* It is not counted as gone for the time in which this node was cut off itself. */
uint64_t view_gone(const struct sighting *sighting, uint32_t id)
{
	uint64_t since = sighting->since ? sighting->since : 1;

	for (size_t i = 0; i < sighting->n; i++)
		if (sighting->v[i].id == id && sighting->v[i].gone < since)
			return sighting->v[i].gone ? since : 0;
		else if (sighting->v[i].id == id)
			return sighting->v[i].gone;
	return since;
}
