/* SPDX-License-Identifier: Apache-2.0 */
/* A child is named PARENT/KEY; the tables tell which kinds have such children. */

#include "family.h"

#include <string.h>

static bool holds(const struct hc_type *parent, const struct hc_type *child)
{
	for (size_t i = 0; i < parent->nfield; i++)
		if (parent->fields[i].item == child)
			return true;
	return false;
}

static bool may_be(const struct hc_change *change, const struct hc_type *parent)
{
	if (change->want && change->want->parent)
		return change->want->parent->type == parent;
	return holds(parent, change->type);
}

const char *family_parent(const struct hc_change *change, size_t *at, char name[FAMILY_NAME])
{
	const struct hc_type *const *types = hc_core_types();
	size_t size = strcspn(change->name, "/");

	if (change->type->from != HC_CHILD || size >= FAMILY_NAME)
		return NULL;
	memcpy(name, change->name, size);
	name[size] = '\0';
	while (types[*at]) {
		const struct hc_type *parent = types[(*at)++];

		if (may_be(change, parent))
			return parent->name;
	}
	return NULL;
}
