/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What only all resources together can show: two of one name, names that nothing answers to,
 * references in a circle, and what each kind checks by itself.
 *
 * When a document could not be read, what seems to be missing may stand in it. Then nothing is said
 * about what is missing, only about what is there.
 */

#include "decode.h"
#include "linker.h"

#include <string.h>

/* Whether the kind is among the words of a comma separated list. */
static bool lists(const char *kinds, const char *kind)
{
	size_t size = strlen(kind);

	for (const char *at = kinds; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (!strncmp(at, kind, size) && (!at[size] || at[size] == ','))
			return true;
	}
	return false;
}

/* The first resource that is not before the key. */
static size_t lower(const struct hc_set *set, const struct hc_resource *key)
{
	size_t low = 0, high = set->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (hc_resource_order(set->v[middle], key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static size_t find(const struct hc_linker *linker, const struct hc_resource *from,
		   const struct hc_type *type, const char *name)
{
	bool any = linker->any_node || type->scope == HC_CLUSTER;
	struct hc_resource key = {.type = type, .name = name, .node = any ? NULL : from->node};
	size_t at = lower(linker->set, &key);
	const struct hc_resource *found = at < linker->set->n ? linker->set->v[at] : NULL;

	if (!found || found->type != type || strcmp(found->name, name) != 0)
		return SIZE_MAX;
	return !key.node || !hc_resource_order(found, &key) ? at : SIZE_MAX;
}

size_t hc_link_find(const struct hc_linker *linker, const struct hc_resource *from,
		    const char *kinds, const char *name)
{
	size_t found = SIZE_MAX;

	for (size_t t = 0; t < linker->registry->ntype && found == SIZE_MAX; t++)
		if (lists(kinds, linker->registry->types[t]->name))
			found = find(linker, from, linker->registry->types[t], name);
	return found;
}

const char *const *hc_link_names(const struct hc_resource *resource, const struct hc_field *field,
				 size_t *n)
{
	const void *value = (const char *)resource->spec + field->offset;

	*n = 0;
	if (field->type == HC_STRING && *(const char *const *)value) {
		*n = 1;
		return value;
	}
	if (field->type == HC_STRINGS) {
		*n = ((const struct hc_strings *)value)->n;
		return ((const struct hc_strings *)value)->v;
	}
	return NULL;
}

/* The names that the field could have meant, NULL behind them. */
static const char **candidates(const struct hc_linker *linker, const struct hc_resource *from,
			       const char *kinds)
{
	const struct hc_set *set = linker->set;
	size_t n = 0, room = 0;
	const char **names = NULL;

	for (size_t i = 0; i <= set->n; i++) {
		const struct hc_resource *r = i < set->n ? set->v[i] : NULL;

		if (r && (!lists(kinds, r->type->name) ||
			  (r->node && from->node && strcmp(r->node, from->node) != 0)))
			continue;
		names = hc_grow(linker->diags->arena, names, n, &room, sizeof(*names));
		names[n++] = r ? r->name : NULL;
	}
	return names;
}

static void say_missing(const struct hc_linker *linker, const struct hc_resource *from, int field,
			const char *name)
{
	const struct hc_field *row = &from->type->fields[field];
	struct hc_diag *diag = hc_say(linker->diags, HC_ERROR, hc_field_place(from, field),
				      "%s: there is no %s %s%s%s", row->name, row->refers, name,
				      from->node ? " on " : "", from->node ? from->node : "");
	const char *near;

	if (!diag)
		return;
	near = hc_nearest(name, candidates(linker, from, row->refers));
	if (near)
		hc_hint(linker->diags, diag, "did you mean %s?", near);
}

static void check_references(const struct hc_linker *linker, const struct hc_resource *from)
{
	for (size_t i = 0; i < from->type->nfield; i++) {
		const struct hc_field *field = &from->type->fields[i];
		const char *const *names;
		size_t n;

		if (!field->refers || !(from->set & UINT64_C(1) << i))
			continue;
		names = hc_link_names(from, field, &n);
		for (size_t k = 0; k < n; k++)
			if (hc_link_find(linker, from, field->refers, names[k]) == SIZE_MAX)
				say_missing(linker, from, (int)i, names[k]);
	}
}

static bool is_before(struct hc_place a, struct hc_place b)
{
	int order = a.source == b.source ? 0 : strcmp(a.source->path, b.source->path);

	if (order)
		return order < 0;
	return a.line < b.line || (a.line == b.line && a.column < b.column);
}

/* Of two items in one parent, or two documents. Children of two such documents add nothing. */
static void say_twice(struct hc_diags *diags, const struct hc_resource *a,
		      const struct hc_resource *b)
{
	const struct hc_resource *first = is_before(b->place, a->place) ? b : a;
	const struct hc_resource *again = first == a ? b : a;
	bool shown = !a->parent && a->node && strcmp(a->node, HC_ANY_NODE) != 0;
	struct hc_diag *diag;

	if (a->parent != b->parent)
		return;
	diag = a->parent ? hc_say(diags, HC_ERROR, again->place, "%s is written twice in %s/%s",
				  a->name + strlen(a->parent->name) + 1, a->parent->type->name,
				  a->parent->name)
			 : hc_say(diags, HC_ERROR, again->place, "%s/%s is written twice",
				  a->type->name, a->name);
	hc_hint(diags, diag, "the other is at %s:%u:%u%s%s", first->place.source->path,
		first->place.line, first->place.column, shown ? "; both are on " : "",
		shown ? a->node : "");
}

/* One of each name stays, so that nothing else is said of what is there twice. */
static void check_names(struct hc_set *set, struct hc_diags *diags)
{
	size_t kept = 0;

	for (size_t i = 0; i < set->n; i++)
		if (kept && !hc_resource_order(set->v[kept - 1], set->v[i]))
			say_twice(diags, set->v[kept - 1], set->v[i]);
		else
			set->v[kept++] = set->v[i];
	set->n = kept;
}

static void check_types(const struct hc_registry *registry, const struct hc_generation *generation,
			struct hc_diags *diags)
{
	for (size_t i = 0; i < registry->ntype; i++)
		if (registry->types[i]->check)
			registry->types[i]->check(&generation->desired, diags);
}

/* Warnings mostly say that something is missing, which a partial set cannot know. */
static void check_types_of_part(const struct hc_registry *registry,
				struct hc_generation *generation)
{
	struct hc_diags all = {.arena = generation->arena};
	size_t kept = 0;

	check_types(registry, generation, &all);
	for (size_t i = 0; i < all.n; i++)
		if (all.v[i].severity == HC_ERROR)
			all.v[kept++] = all.v[i];
	all.n = kept;
	hc_diags_add(&generation->diags, &all);
}

void hc_resolve(const struct hc_registry *registry, struct hc_generation *generation)
{
	struct hc_linker linker = {
		.registry = registry,
		.set = &generation->desired,
		.diags = &generation->diags,
		.any_node = generation->nodes.n == 0,
	};

	hc_set_sort(&generation->desired);
	check_names(&generation->desired, &generation->diags);
	for (size_t i = 0; i < generation->desired.n && !generation->partial; i++)
		check_references(&linker, generation->desired.v[i]);
	hc_check_cycles(&linker);
	if (generation->partial)
		check_types_of_part(registry, generation);
	else
		check_types(registry, generation, &generation->diags);
}
