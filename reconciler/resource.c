/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resources and sets of them: made, marked, sorted, found. Sorted by type name, then name, then
 * node, which is also the order in which everything is printed.
 */

#include <hcstate/resource.h>

#include <assert.h>
#include <string.h>

int hc_field_index(const struct hc_type *type, const char *name)
{
	for (size_t i = 0; i < type->nfield; i++)
		if (!strcmp(type->fields[i].name, name))
			return (int)i;
	return -1;
}

uint64_t hc_field_bit(const struct hc_type *type, size_t offset)
{
	for (size_t i = 0; i < type->nfield; i++)
		if (type->fields[i].type != HC_CHILDREN && type->fields[i].offset == offset)
			return UINT64_C(1) << i;
	assert(!"no such field");
	return 0;
}

void hc_mark(struct hc_resource *resource, size_t offset)
{
	resource->set |= hc_field_bit(resource->type, offset);
}

bool hc_marked(const struct hc_resource *resource, size_t offset)
{
	return resource->set & hc_field_bit(resource->type, offset);
}

struct hc_resource *hc_resource_new(struct hc_set *set, const struct hc_type *type,
				    const char *node, const char *name)
{
	struct hc_resource *resource = hc_new(set->arena, struct hc_resource);

	resource->type = type;
	resource->name = hc_strdup(set->arena, name);
	resource->node = node ? hc_strdup(set->arena, node) : NULL;
	resource->spec = hc_alloc(set->arena, type->size);
	set->v = hc_grow(set->arena, set->v, set->n, &set->room, sizeof(*set->v));
	set->v[set->n++] = resource;
	return resource;
}

struct hc_place hc_field_place(const struct hc_resource *resource, int field)
{
	if (field >= 0 && resource->places && resource->places[field].line)
		return resource->places[field];
	return resource->place;
}

char *hc_resource_text(struct hc_arena *arena, const struct hc_resource *resource)
{
	return hc_printf(arena, "%s/%s%s%s", resource->type->name, resource->name,
			 resource->node ? "@" : "", resource->node ? resource->node : "");
}

int hc_resource_order(const struct hc_resource *a, const struct hc_resource *b)
{
	int order = a->type == b->type ? 0 : strcmp(a->type->name, b->type->name);

	if (!order)
		order = strcmp(a->name, b->name);
	if (!order)
		order = strcmp(a->node ? a->node : "", b->node ? b->node : "");
	return order;
}

static int order_of_pointers(const void *a, const void *b)
{
	return hc_resource_order(*(struct hc_resource *const *)a, *(struct hc_resource *const *)b);
}

void hc_set_sort(struct hc_set *set)
{
	if (set->n)
		qsort(set->v, set->n, sizeof(*set->v), order_of_pointers);
}

struct hc_resource *hc_find(const struct hc_set *set, const struct hc_type *type, const char *node,
			    const char *name)
{
	const struct hc_resource key = {.type = type, .name = name, .node = node};
	const struct hc_resource *wanted = &key;
	struct hc_resource **found =
		set->n ? bsearch(&wanted, set->v, set->n, sizeof(*set->v), order_of_pointers)
		       : NULL;

	return found ? *found : NULL;
}

/* The first place in the set whose type's name is not before that one, or is behind it. */
static size_t edge(const struct hc_set *set, const char *type, bool behind)
{
	size_t low = 0, high = set->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(set->v[middle]->type->name, type);

		if (order < 0 || (behind && order == 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct hc_resource *const *hc_of_type(const struct hc_set *set, const struct hc_type *type,
				      size_t *n)
{
	size_t first = edge(set, type->name, false);

	*n = edge(set, type->name, true) - first;
	return set->v ? set->v + first : NULL;
}

void hc_unknown(struct hc_state *state, const struct hc_type *type, const char *format, ...)
{
	va_list args;

	if (hc_why_unknown(state, type))
		return;
	state->unknown = hc_grow(state->found.arena, state->unknown, state->nunknown, &state->room,
				 sizeof(*state->unknown));
	va_start(args, format);
	state->unknown[state->nunknown++] = (struct hc_unknown){
		.type = type,
		.why = hc_vprintf(state->found.arena, format, args),
	};
	va_end(args);
}

const char *hc_why_unknown(const struct hc_state *state, const struct hc_type *type)
{
	for (size_t i = 0; i < state->nunknown; i++)
		if (state->unknown[i].type == type)
			return state->unknown[i].why;
	return NULL;
}
