/* SPDX-License-Identifier: Apache-2.0 */
/*
 * References in a circle: a bridge that is a port of a port of its own can neither be made nor be
 * removed in any order. What a child refers to counts for the resource that it is nested in.
 *
 * Looks along the references depth first, without recursion because manifests say how long a chain
 * is. A reference to a resource that is still on the way to here closes a circle.
 */

#include "linker.h"

#include <string.h>

struct edge {
	size_t from, to; /* numbers in the sorted set */
	struct hc_place place;
};

struct graph {
	struct edge *edges; /* sorted by from */
	size_t n, room;
	size_t *first;  /* of each resource: the number of its first edge */
	size_t *path;   /* the way to here */
	size_t *cursor; /* of each step on the way: the next edge to follow */
	size_t depth;
	enum { UNSEEN, ON_THE_WAY, DONE } * state;
};

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

static void graph_done(struct graph *graph)
{
	free(graph->edges);
	free(graph->first);
	free(graph->path);
	free(graph->cursor);
	free(graph->state);
}

static void add_edge(struct graph *graph, size_t from, size_t to, struct hc_place place)
{
	if (graph->n == graph->room) {
		graph->room = graph->room ? 2 * graph->room : 64;
		graph->edges = must(reallocarray(graph->edges, graph->room, sizeof(*graph->edges)));
	}
	graph->edges[graph->n++] = (struct edge){from, to, place};
}

/* The number of the resource that this one is nested in, or of itself. */
static size_t root_of(const struct hc_linker *linker, size_t i)
{
	const struct hc_resource *r = linker->set->v[i];
	size_t low = 0, high = linker->set->n;

	if (!r->parent)
		return i;
	while (r->parent)
		r = r->parent;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (hc_resource_order(linker->set->v[middle], r) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void add_field(const struct hc_linker *linker, struct graph *graph, size_t i, size_t field)
{
	const struct hc_resource *from = linker->set->v[i];
	const struct hc_field *row = &from->type->fields[field];
	const char *kinds[] = {row->refers, row->prefers};
	const char *const *names;
	size_t n;

	/* What a kind fills in itself, such as its parent's name, is no choice of the author. */
	if (!(from->set & UINT64_C(1) << field) || !from->places || !from->places[field].line)
		return;
	names = hc_link_names(from, row, &n);
	for (size_t k = 0; k < n; k++)
		for (size_t j = 0; j < HC_COUNT(kinds); j++) {
			size_t to = kinds[j] ? hc_link_find(linker, from, kinds[j], names[k])
					     : SIZE_MAX;

			if (to != SIZE_MAX)
				add_edge(graph, root_of(linker, i), root_of(linker, to),
					 from->places[field]);
		}
}

static int by_from(const void *one, const void *other)
{
	const struct edge *a = one, *b = other;

	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	return a->to < b->to ? -1 : a->to > b->to;
}

static void find_edges(const struct hc_linker *linker, struct graph *graph)
{
	for (size_t i = 0; i < linker->set->n; i++) {
		const struct hc_type *type = linker->set->v[i]->type;

		for (size_t field = 0; field < type->nfield; field++)
			if (type->fields[field].refers || type->fields[field].prefers)
				add_field(linker, graph, i, field);
	}
	if (graph->n)
		qsort(graph->edges, graph->n, sizeof(*graph->edges), by_from);
}

/* The circle in words, from `to` along the way to here and back. */
static void say_circle(const struct hc_linker *linker, const struct graph *graph,
		       const struct edge *last)
{
	enum { LONGEST = 8 };
	struct hc_arena *arena = linker->diags->arena;
	const char *text = "", *end = linker->set->v[last->to]->name;
	size_t at = graph->depth;

	while (graph->path[at - 1] != last->to)
		at--;
	for (size_t i = at - 1; i < graph->depth && i < at - 1 + LONGEST; i++)
		text = hc_printf(arena, "%s%s -> ", text, linker->set->v[graph->path[i]]->name);
	hc_say(linker->diags, HC_ERROR, last->place, "this leads in a circle: %s%s%s", text,
	       graph->depth - at + 1 > LONGEST ? "... -> " : "", end);
}

static void enter(struct graph *graph, size_t i)
{
	graph->state[i] = ON_THE_WAY;
	graph->path[graph->depth] = i;
	graph->cursor[graph->depth++] = graph->first[i];
}

static void walk(const struct hc_linker *linker, struct graph *graph, size_t start)
{
	enter(graph, start);
	while (graph->depth) {
		size_t here = graph->path[graph->depth - 1];
		size_t *next = &graph->cursor[graph->depth - 1];
		const struct edge *edge = &graph->edges[*next];

		if (*next == graph->first[here + 1]) {
			graph->state[here] = DONE;
			graph->depth--;
			continue;
		}
		++*next;
		if (graph->state[edge->to] == ON_THE_WAY)
			say_circle(linker, graph, edge);
		else if (graph->state[edge->to] == UNSEEN)
			enter(graph, edge->to);
	}
}

static void find_circles(const struct hc_linker *linker, struct graph *graph)
{
	size_t n = linker->set->n, at = 0;

	graph->first = must(calloc(n + 1, sizeof(*graph->first)));
	graph->path = must(calloc(n, sizeof(*graph->path)));
	graph->cursor = must(calloc(n, sizeof(*graph->cursor)));
	graph->state = must(calloc(n, sizeof(*graph->state)));
	for (size_t i = 0; i <= n; i++) {
		while (at < graph->n && graph->edges[at].from < i)
			at++;
		graph->first[i] = at;
	}
	for (size_t i = 0; i < n; i++)
		if (graph->state[i] == UNSEEN)
			walk(linker, graph, i);
}

void hc_check_cycles(const struct hc_linker *linker)
{
	struct graph graph = {NULL};

	find_edges(linker, &graph);
	if (graph.n)
		find_circles(linker, &graph);
	graph_done(&graph);
}
