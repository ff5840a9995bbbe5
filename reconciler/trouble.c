/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Troubles: few, so a list is enough. A trouble is over when a look finds nothing left to do about
 * its object; until then each failure doubles the pause before the next try.
 */

#include "trouble.h"

#include <string.h>

struct hc_trouble *hc_trouble_find(const struct hc_troubles *troubles, const char *object)
{
	for (size_t i = 0; i < troubles->n; i++)
		if (!strcmp(troubles->v[i].object, object))
			return &troubles->v[i];
	return NULL;
}

struct hc_trouble *hc_trouble_get(struct hc_troubles *troubles, const char *object)
{
	struct hc_trouble *trouble = hc_trouble_find(troubles, object);

	if (trouble)
		return trouble;
	if (!troubles->arena)
		troubles->arena = hc_arena_new();
	troubles->v = hc_grow(troubles->arena, troubles->v, troubles->n, &troubles->room,
			      sizeof(*troubles->v));
	trouble = &troubles->v[troubles->n++];
	*trouble = (struct hc_trouble){
		.object = hc_strdup(troubles->arena, object),
	};
	return trouble;
}

void hc_trouble_because(struct hc_troubles *troubles, struct hc_trouble *trouble, const char *why)
{
	if (!trouble->why || strcmp(trouble->why, why) != 0)
		trouble->why = hc_strdup(troubles->arena, why);
}

void hc_trouble_failed(struct hc_troubles *troubles, struct hc_trouble *trouble, const char *why,
		       uint64_t first, uint64_t longest)
{
	uint64_t pause = first;

	for (unsigned i = 0; i < trouble->count && pause < longest; i++)
		pause *= 2;
	hc_trouble_because(troubles, trouble, why);
	trouble->count++;
	trouble->settling = trouble->done = false;
	trouble->next = hc_now() + (pause < longest ? pause : longest);
}

/* Once may have been a moment's matter. */
bool hc_trouble_hopeless(const struct hc_trouble *trouble)
{
	return trouble && trouble->futile >= 2;
}

void hc_troubles_unsee(struct hc_troubles *troubles)
{
	for (size_t i = 0; i < troubles->n; i++)
		troubles->v[i].seen = false;
}

void hc_troubles_clear(struct hc_troubles *troubles)
{
	(void)hc_arena_free(troubles->arena);
	*troubles = (struct hc_troubles){NULL};
}

/* In an arena of their own, so that reasons of long ago do not pile up. */
void hc_trouble_forget_unseen(struct hc_troubles *troubles)
{
	struct hc_troubles kept = {NULL};

	for (size_t i = 0; i < troubles->n; i++) {
		const struct hc_trouble *one = &troubles->v[i];
		struct hc_trouble *copy;

		if (!one->seen)
			continue;
		copy = hc_trouble_get(&kept, one->object);
		copy->why = one->why ? hc_strdup(kept.arena, one->why) : NULL;
		copy->next = one->next;
		copy->count = one->count;
		copy->futile = one->futile;
		copy->left = one->left;
		copy->settling = one->settling;
		copy->done = one->done;
	}
	hc_troubles_clear(troubles);
	*troubles = kept;
}
