/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child is named PARENT/KEY. Of what goes there is no manifest any more that it was nested in, so
 * the parent's kind is found by the tables.
 */

#include "family.h"

#include <string.h>

static bool holds(const struct hc_type *parent, const struct hc_type *child)
{
	for (size_t i = 0; i < parent->nfield; i++)
		if (parent->fields[i].item == child)
			return true;
	return false;
}

const char *family_parent(const struct hc_change *change, char name[FAMILY_NAME])
{
	size_t size = strcspn(change->name, "/");

	if (change->type->from != HC_CHILD || size >= FAMILY_NAME)
		return NULL;
	memcpy(name, change->name, size);
	name[size] = '\0';
	for (const struct hc_type *const *t = hc_core_types(); *t; t++)
		if (holds(*t, change->type))
			return (*t)->name;
	return NULL;
}
