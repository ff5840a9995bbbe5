/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes first. A thing is made after what it stands on (its parent, what it refers to) and
 * removed before it. Providers may add edges between changes and between steps; here they all
 * become edges between steps, so that the run only has to count how many steps still block each.
 */

#include <string.h>

#include "planner.h"

enum {
	DEEPEST = 64, /* changes without steps that follow each other */
};

/* The change and the resource that one side of it, want or have, means by a name. */
static void link_name(struct hc_plan *plan, const struct hc_registry *registry,
		      struct hc_change *change, bool want, const char *kind, size_t size,
		      const char *name)
{
	for (size_t i = 0; i < registry->ntype; i++) {
		const struct hc_type *type = registry->types[i];
		const char *node = change->node ? change->node : plan->node;
		struct hc_change *other;

		if (strlen(type->name) != size || strncmp(type->name, kind, size) != 0)
			continue;
		other = hc_plan_find(plan, type, type->scope == HC_NODE ? node : NULL, name);
		if (other && want && other->action != HC_REMOVE)
			hc_change_after(plan, change, other);
		if (other && !want && other->action == HC_REMOVE)
			hc_change_after(plan, other, change);
	}
}

/* `kinds`: comma separated, or NULL */
static void link_field(struct hc_plan *plan, const struct hc_registry *registry,
		       struct hc_change *change, bool want, const struct hc_field *field,
		       const char *kinds)
{
	const struct hc_resource *side = want ? change->want : change->have;
	const void *value = (const char *)side->spec + field->offset;

	while (kinds && *kinds) {
		size_t size = strcspn(kinds, ",");

		if (field->type == HC_STRING)
			link_name(plan, registry, change, want, kinds, size,
				  *(const char *const *)value);
		if (field->type == HC_STRINGS) {
			const struct hc_strings *names = value;

			for (size_t i = 0; i < names->n; i++)
				link_name(plan, registry, change, want, kinds, size, names->v[i]);
		}
		kinds += size + (kinds[size] == ',');
	}
}

/* What it will stand on comes before it; what it stands on now goes only after it. */
static void link_fields(struct hc_plan *plan, const struct hc_registry *registry,
			struct hc_change *change, bool want)
{
	const struct hc_resource *side = want ? change->want : change->have;

	for (size_t i = 0; side && i < change->type->nfield; i++) {
		const struct hc_field *field = &change->type->fields[i];

		if (!(side->set >> i & 1))
			continue;
		link_field(plan, registry, change, want, field, field->refers);
		link_field(plan, registry, change, want, field, field->prefers);
	}
}

static void after_its_parent(struct hc_plan *plan, struct hc_change *change)
{
	const struct hc_resource *parent = change->want->parent;

	if (parent)
		hc_change_after(plan, change,
				hc_plan_find(plan, parent->type, parent->node, parent->name));
}

bool hc_holds(const struct hc_type *type, const struct hc_type *item)
{
	for (size_t i = 0; i < type->nfield; i++)
		if (type->fields[i].type == HC_CHILDREN &&
		    (type->fields[i].item == item || hc_holds(type->fields[i].item, item)))
			return true;
	return false;
}

/* A live child's parent is known by the first part of its name. */
static void before_its_parent(struct hc_plan *plan, const struct hc_registry *registry,
			      struct hc_change *child)
{
	const char *name = hc_strndup(plan->arena, child->name, strcspn(child->name, "/"));

	for (size_t i = 0; i < registry->ntype; i++) {
		struct hc_change *parent;

		if (registry->types[i]->from != HC_KIND ||
		    !hc_holds(registry->types[i], child->type))
			continue;
		parent = hc_plan_find(plan, registry->types[i], child->node, name);
		if (!parent || parent->action != HC_REMOVE)
			continue;
		hc_change_after(plan, parent, child);
		child->implied = true;
	}
}

void hc_order_changes(struct hc_plan *plan, const struct hc_registry *registry)
{
	for (size_t i = 0; i < plan->n; i++) {
		struct hc_change *change = plan->change[i];

		link_fields(plan, registry, change, true);
		link_fields(plan, registry, change, false);
		if (change->want)
			after_its_parent(plan, change);
		else if (change->type->from == HC_CHILD)
			before_its_parent(plan, registry, change);
	}
}

/* The steps that a change's first step has to wait for; a change without steps hands on its own. */
static void after_change(struct hc_plan *plan, struct hc_step *step, const struct hc_change *first,
			 int depth)
{
	if (first->nstep) {
		hc_step_after(plan, step, first->steps[first->nstep - 1]);
		return;
	}
	for (size_t i = 0; depth < DEEPEST && i < first->nafter; i++)
		after_change(plan, step, first->after[i], depth + 1);
}

/* The other direction of every edge, so that a finished step finds those it was blocking. */
static void turn_edges(struct hc_plan *plan, struct hc_step *step)
{
	for (size_t i = 0; i < step->nafter; i++) {
		struct hc_step *first = step->after[i];

		first->blocks = hc_grow(plan->arena, first->blocks, first->nblocks,
					&first->blocksroom, sizeof(*first->blocks));
		first->blocks[first->nblocks++] = step;
	}
}

/* Puts the steps in an order in which they could run one by one; gives how many that is. */
static size_t sort_steps(struct hc_plan *plan, size_t *blocked)
{
	size_t ready = 0;

	for (size_t i = 0; i < plan->n; i++)
		for (size_t k = 0; k < plan->change[i]->nstep; k++)
			if (!plan->change[i]->steps[k]->nafter)
				plan->step[ready++] = plan->change[i]->steps[k];
	for (size_t done = 0; done < ready; done++)
		for (size_t i = 0; i < plan->step[done]->nblocks; i++) {
			struct hc_step *next = plan->step[done]->blocks[i];

			if (!--blocked[next->number])
				plan->step[ready++] = next;
		}
	return ready;
}

static size_t count_steps(const struct hc_plan *plan)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n; i++)
		n += plan->change[i]->nstep;
	return n;
}

static void add_edges(struct hc_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		struct hc_change *change = plan->change[i];

		for (size_t a = 0; change->nstep && a < change->nafter; a++)
			after_change(plan, change->steps[0], change->after[a], 0);
	}
}

/* The changes in the order in which their first steps run. */
static void sort_changes(struct hc_plan *plan)
{
	size_t n = 0;

	plan->run = hc_alloc(plan->arena, plan->n * sizeof(*plan->run));
	for (size_t i = 0; i < plan->nstep; i++)
		if (plan->step[i] && plan->step[i]->change->steps[0] == plan->step[i])
			plan->run[n++] = plan->step[i]->change;
	for (size_t i = 0; i < plan->n; i++)
		if (!plan->change[i]->nstep)
			plan->run[n++] = plan->change[i];
}

void hc_order_steps(struct hc_plan *plan)
{
	struct hc_step **all;
	size_t *blocked, n = 0;

	plan->nstep = count_steps(plan);
	all = hc_alloc(plan->arena, plan->nstep * sizeof(*all));
	plan->step = hc_alloc(plan->arena, plan->nstep * sizeof(*plan->step));
	blocked = hc_alloc(plan->arena, plan->nstep * sizeof(*blocked));
	add_edges(plan);
	for (size_t i = 0; i < plan->n; i++)
		for (size_t k = 0; k < plan->change[i]->nstep; k++) {
			struct hc_step *step = plan->change[i]->steps[k];

			step->number = n;
			all[n] = step;
			blocked[n++] = step->nafter;
			turn_edges(plan, step);
		}
	if (sort_steps(plan, blocked) != n) {
		plan->refused = "its steps wait for each other in a circle";
		memcpy(plan->step, all, n * sizeof(*all)); /* so that they can be shown */
	}
	sort_changes(plan);
}
