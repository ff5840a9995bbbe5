/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What belongs to one corosync.conf, gathered from a set and put in the file's order. The same
 * gathering serves the manifests and what was read, so the two can be rendered and compared alike.
 */

#include "parts.h"

#include <string.h>

static uint32_t rank(const struct hc_resource *r)
{
	if (r->type == &hc_node)
		return ((const struct hc_node *)r->spec)->id;
	return ((const struct hc_cluster_link *)r->spec)->number;
}

static int by_rank(const void *a, const void *b)
{
	const struct hc_resource *x = *(const struct hc_resource *const *)a;
	const struct hc_resource *y = *(const struct hc_resource *const *)b;

	if (rank(x) != rank(y))
		return rank(x) < rank(y) ? -1 : 1;
	return strcmp(x->name, y->name);
}

static const struct hc_resource **all_of(struct hc_arena *arena, const struct hc_set *set,
					 const struct hc_type *type, size_t *n)
{
	const struct hc_resource **v = hc_alloc(arena, (set->n + 1) * sizeof(struct hc_resource *));

	*n = 0;
	for (size_t i = 0; i < set->n; i++)
		if (set->v[i]->type == type)
			v[(*n)++] = set->v[i];
	qsort(v, *n, sizeof(*v), by_rank);
	return v;
}

struct parts parts_of(struct hc_arena *arena, const struct hc_set *set, const char *node)
{
	struct parts parts = {0};

	parts.nodes = all_of(arena, set, &hc_node, &parts.nnode);
	parts.links = all_of(arena, set, &hc_cluster_link, &parts.nlink);
	for (size_t i = 0; i < set->n; i++) {
		const struct hc_resource *r = set->v[i];

		if (r->type == &hc_cluster && !parts.cluster)
			parts.cluster = r;
		if (r->type == &hc_corosync && r->node && !strcmp(r->node, node))
			parts.corosync = r;
	}
	return parts;
}

const struct hc_cluster *parts_cluster(const struct parts *parts)
{
	return parts->cluster->spec;
}

const struct hc_node *parts_node(const struct parts *parts, size_t i)
{
	return parts->nodes[i]->spec;
}

const struct hc_node *parts_find(const struct parts *parts, const char *name)
{
	for (size_t i = 0; i < parts->nnode; i++)
		if (!strcmp(parts->nodes[i]->name, name))
			return parts->nodes[i]->spec;
	return NULL;
}
