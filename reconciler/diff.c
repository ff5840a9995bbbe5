/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The comparison. Desired and live resources are the same struct and both sets are sorted alike, so
 * one merge finds what is missing, what is too much, and what is there on both sides; of those a
 * walk over the kind's table gives a bit for each field that is not as wanted.
 *
 * Two rules stand above all others here. Unknown is not absent: of a kind that could not be read
 * nothing is said to be missing or different. And only what hcstate made is ever too much:
 * everything else that nobody asked for is unmanaged, which is reported and left alone.
 *
 * What was seen on another node that the manifests name is not compared, as what is wanted there is
 * that node's to know. On a node that nobody names any more there is no one else to see to it.
 *
 * What a step of an earlier look still works on is different, however it looks by now.
 */

#include "diff.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "inventory.h"
#include "registry.h"

static const void *value(const struct hc_resource *resource, const struct hc_field *field)
{
	return (const char *)resource->spec + field->offset;
}

static bool field_agrees(const struct hc_resource *want, const struct hc_resource *have, size_t i)
{
	const struct hc_field *field = &want->type->fields[i];

	if (field->type == HC_CHILDREN || field->origin == HC_OBSERVED || !(want->set >> i & 1))
		return true;
	if (!(have->set >> i & 1))
		return false;
	return hc_value_same(field, value(want, field), value(have, field));
}

static uint64_t compare_fields(const struct hc_resource *want, const struct hc_resource *have)
{
	uint64_t differs = 0;

	for (size_t i = 0; i < want->type->nfield; i++)
		if (!field_agrees(want, have, i))
			differs |= UINT64_C(1) << i;
	return differs;
}

static const char *why_unreadable(const struct hc_type *type, const struct hc_state *live,
				  const struct hc_registry *registry)
{
	if (!hc_registry_provider(registry, type))
		return "its provider is not installed";
	return hc_why_unknown(live, type);
}

/* The place behind all that is found of the resource at `k`: what a read tells twice is one thing,
 * and the second telling is not one too much. */
static size_t behind(const struct hc_set *found, size_t k)
{
	size_t next = k + 1;

	while (next < found->n && !hc_resource_order(found->v[k], found->v[next]))
		next++;
	return next;
}

static struct hc_finding *add(struct hc_diff *diff, const struct hc_resource *want,
			      const struct hc_resource *have)
{
	diff->v = hc_grow(diff->arena, diff->v, diff->n, &diff->room, sizeof(*diff->v));
	diff->v[diff->n] = (struct hc_finding){.want = want, .have = have};
	return &diff->v[diff->n++];
}

bool hc_is_elsewhere(const struct hc_diff *diff, const struct hc_resource *have)
{
	return have->node && diff->nodes && strcmp(have->node, diff->node) != 0 &&
	       hc_strings_have(diff->nodes, have->node);
}

static void judge(struct hc_finding *f, const struct hc_inventory *made)
{
	if (f->want && f->have)
		f->differs = compare_fields(f->want, f->have);
	if (!f->want && !f->have->made && !hc_inventory_has(made, f->have))
		f->verdict = HC_UNMANAGED;
	else if (f->want && f->have && !f->differs)
		f->verdict = HC_SAME;
	else
		f->verdict = HC_DIFFERENT;
}

static struct hc_finding *find(const struct hc_diff *diff, const struct hc_resource *object)
{
	for (size_t i = 0; i < diff->n; i++) {
		const struct hc_finding *f = &diff->v[i];

		if (!hc_resource_order(f->want ? f->want : f->have, object))
			return &diff->v[i];
	}
	return NULL;
}

static int order(const void *a, const void *b)
{
	const struct hc_finding *f = a, *g = b;

	return hc_resource_order(f->want ? f->want : f->have, g->want ? g->want : g->have);
}

/* What a step still works on may look done (a volume that is there and not filled yet) or be gone
 * already. */
static void find_going(struct hc_diff *diff)
{
	size_t found = diff->n;

	for (size_t i = 0; i < diff->ngoing; i++) {
		const struct hc_change *change = diff->going[i]->change;
		const struct hc_resource *object = change->want ? change->want : change->have;
		struct hc_finding *f = find(diff, object);

		if (!f)
			f = add(diff, change->want, change->have);
		f->verdict = HC_DIFFERENT;
		f->going = diff->going[i];
		f->why = NULL;
	}
	if (diff->n > found)
		qsort(diff->v, diff->n, sizeof(*diff->v), order);
}

void hc_diff(struct hc_diff *diff, const struct hc_set *desired, const struct hc_state *live,
	     const struct hc_registry *registry, const struct hc_inventory *made)
{
	size_t i = 0, k = 0;

	diff->complete = true;
	while (i < desired->n || k < live->found.n) {
		const struct hc_resource *want = i < desired->n ? desired->v[i] : NULL;
		const struct hc_resource *have = k < live->found.n ? live->found.v[k] : NULL;
		int order = !want ? 1 : !have ? -1 : hc_resource_order(want, have);
		const struct hc_resource *one;
		struct hc_finding *f;

		i += order <= 0;
		k = order >= 0 ? behind(&live->found, k) : k;
		if (want && order <= 0 && want->type->passive)
			continue;
		if (have && order > 0 && (have->type->evidence || hc_is_elsewhere(diff, have)))
			continue;
		one = order <= 0 ? want : have;
		assert(one); /* sets have no holes */
		f = add(diff, order <= 0 ? want : NULL, order >= 0 ? have : NULL);
		f->why = why_unreadable(one->type, live, registry);
		if (!f->why) {
			judge(f, made);
			continue;
		}
		f->verdict = HC_UNREADABLE;
		if (f->want)
			diff->complete = false;
	}
	find_going(diff);
}
