/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Who is in the group and what each told last. */

#include <hcstate/provider.h>

#include "message.h"

/* One process. */
struct entry {
	uint32_t nodeid, pid;
	struct hc_arena *arena; /* of its message; NULL: it has told nothing yet */
	struct message message;
};

struct table {
	struct entry *v; /* by nodeid and pid */
	size_t n;
};

/* The group is these processes now; what those told who stay is kept. */
void table_members(struct table *table, const struct entry *members, size_t n);
void table_clear(struct table *table);

struct entry *table_find(const struct table *table, uint32_t nodeid, uint32_t pid); /* or NULL */
bool table_has_node(const struct table *table, uint32_t nodeid);

/* Takes up a message of a process that is in the table; false: there was nothing to take up. */
bool table_take(struct table *table, uint32_t nodeid, uint32_t pid, const void *data, size_t size);

/* A copy of what was told. */
void table_copy(const struct table *table, struct hc_arena *arena, struct hc_peers *peers);
