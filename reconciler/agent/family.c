/* SPDX-License-Identifier: Apache-2.0 */
/* A child is named PARENT/KEY; the tables tell which kinds have such children. */

#include "family.h"

#include <string.h>

#include <reconciler/planner.h>

static bool may_be(const struct hc_change *change, const struct hc_type *parent)
{
	if (change->want && change->want->parent)
		return change->want->parent->type == parent;
	return hc_holds(parent, change->type);
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
