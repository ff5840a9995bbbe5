/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What hcstate made, noted where all nodes see it and where it goes with the cluster: in the
 * monitors' config-key store. The note is there before the thing is, and goes after it: a kill in
 * between leaves a note of nothing, never a thing of ours that nobody knows to be ours.
 */

#include "ceph.h"

#include <string.h>

#define MADE MARKS "made/"

bool mark_has(const struct facts *facts, const struct hc_type *type, const char *name)
{
	const size_t made = strlen(MADE), kind = strlen(type->name);

	for (size_t i = 0; i < facts->marks.n; i++) {
		const char *key = facts->marks.v[i].key;

		if (!strncmp(key, MADE, made) && !strncmp(key + made, type->name, kind) &&
		    key[made + kind] == '/' && !strcmp(key + made + kind + 1, name))
			return true;
	}
	return false;
}

static const char *key_of(struct hc_arena *arena, const struct hc_type *type, const char *name)
{
	return hc_printf(arena, MADE "%s/%s", type->name, name);
}

int mark_set(struct hc_call *call, struct ceph *self, const struct hc_type *type, const char *name)
{
	return tell_mon(call, self->connection,
			command("config-key set", "key", key_of(call->arena, type, name), "val",
				call->node, NULL));
}

/* One that is not there is removed as well: Ceph says yes to that. */
int mark_remove(struct hc_call *call, struct ceph *self, const struct hc_type *type,
		const char *name)
{
	return tell_mon(call, self->connection,
			command("config-key rm", "key", key_of(call->arena, type, name), NULL));
}
