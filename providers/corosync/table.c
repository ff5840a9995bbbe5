/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes of the group by node id and process id. A process that leaves takes what it told with
 * it; one that came and has told nothing yet is in the table, but not among the peers.
 */

#include "table.h"

#include <string.h>

static int by_id(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->nodeid != y->nodeid)
		return x->nodeid < y->nodeid ? -1 : 1;
	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

struct entry *table_find(const struct table *table, uint32_t nodeid, uint32_t pid)
{
	const struct entry key = {.nodeid = nodeid, .pid = pid};

	return table->n ? bsearch(&key, table->v, table->n, sizeof(*table->v), by_id) : NULL;
}

bool table_has_node(const struct table *table, uint32_t nodeid)
{
	for (size_t i = 0; i < table->n; i++)
		if (table->v[i].nodeid == nodeid && table->v[i].arena)
			return true;
	return false;
}

static void forget(struct entry *entry)
{
	entry->arena = hc_arena_free(entry->arena);
	entry->message = (struct message){0};
}

void table_clear(struct table *table)
{
	for (size_t i = 0; i < table->n; i++)
		forget(&table->v[i]);
	free(table->v);
	*table = (struct table){0};
}

void table_members(struct table *table, const struct entry *members, size_t n)
{
	struct table next = {.v = calloc(n + 1, sizeof(*members)), .n = n};

	if (!next.v)
		abort(); /* memory has run out */
	for (size_t i = 0; i < n; i++) {
		struct entry *old = table_find(table, members[i].nodeid, members[i].pid);

		next.v[i].nodeid = members[i].nodeid;
		next.v[i].pid = members[i].pid;
		if (!old)
			continue;
		next.v[i] = *old;
		old->arena = NULL; /* it has moved */
	}
	qsort(next.v, n, sizeof(*next.v), by_id);
	table_clear(table);
	*table = next;
}

bool table_take(struct table *table, uint32_t nodeid, uint32_t pid, const void *data, size_t size)
{
	struct entry *entry = table_find(table, nodeid, pid);
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct message message;

	if (!entry || !message_read(arena, data, size, &message))
		return false;
	forget(entry);
	entry->arena = hc_steal(&arena);
	entry->message = message;
	return true;
}

static struct hc_peer copy(struct hc_arena *arena, const struct entry *entry)
{
	struct hc_peer peer = {
		.node = hc_strdup(arena, entry->message.node),
		.nodeid = entry->nodeid,
		.pid = entry->pid,
	};

	for (size_t i = 0; i < entry->message.facts.n; i++)
		hc_map_put(arena, &peer.facts, entry->message.facts.v[i].key,
			   entry->message.facts.v[i].value);
	return peer;
}

void table_copy(const struct table *table, struct hc_arena *arena, struct hc_peers *peers)
{
	peers->v = hc_alloc(arena, (table->n + 1) * sizeof(*peers->v));
	peers->n = 0;
	for (size_t i = 0; i < table->n; i++)
		if (table->v[i].arena)
			peers->v[peers->n++] = copy(arena, &table->v[i]);
}
