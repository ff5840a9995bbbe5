/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan's own verbs: adding steps and saying what comes first. Order between changes is kept as
 * edges between them and becomes edges between their steps once all steps are known (order.c).
 */

#include <hcstate/plan.h>

const char *const hc_action_words[] = {"create", "update", "replace", "remove", NULL};
const char *const hc_impact_words[] = {"none",      "blip",      "restart", "failover",
				       "data-move", "data-loss", NULL};

struct hc_step *hc_step(struct hc_plan *plan, struct hc_change *change, int op,
			enum hc_impact impact, const void *arg, const char *verb, ...)
{
	struct hc_step *step = hc_new(plan->arena, struct hc_step);
	va_list args;

	va_start(args, verb);
	step->verb = hc_vprintf(plan->arena, verb, args);
	va_end(args);
	step->change = change;
	step->node = plan->node;
	step->impact = impact;
	step->op = op;
	step->arg = arg;
	if (change->nstep)
		hc_step_after(plan, step, change->steps[change->nstep - 1]);
	change->steps = hc_grow(plan->arena, change->steps, change->nstep, &change->steproom,
				sizeof(*change->steps));
	change->steps[change->nstep++] = step;
	if (impact > change->impact)
		change->impact = impact;
	return step;
}

void hc_step_after(struct hc_plan *plan, struct hc_step *step, struct hc_step *first)
{
	step->after =
		hc_grow(plan->arena, step->after, step->nafter, &step->room, sizeof(*step->after));
	step->after[step->nafter++] = first;
}

void hc_change_after(struct hc_plan *plan, struct hc_change *change, const struct hc_change *first)
{
	if (!first || first == change)
		return;
	for (size_t i = 0; i < change->nafter; i++)
		if (change->after[i] == first)
			return;
	change->after = hc_grow(plan->arena, change->after, change->nafter, &change->afterroom,
				sizeof(*change->after));
	change->after[change->nafter++] = first;
}

static int order(const struct hc_change *change, const struct hc_type *type, const char *node,
		 const char *name)
{
	const struct hc_resource a = {.type = change->type,
				      .name = change->name,
				      .node = change->node};
	const struct hc_resource b = {.type = type, .name = name, .node = node};

	return hc_resource_order(&a, &b);
}

struct hc_change *hc_plan_find(const struct hc_plan *plan, const struct hc_type *type,
			       const char *node, const char *name)
{
	size_t low = 0, high = plan->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int o = order(plan->change[middle], type, node, name);

		if (!o)
			return plan->change[middle];
		if (o < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

bool hc_change_differs(const struct hc_change *change, size_t offset)
{
	return change->differs & hc_field_bit(change->type, offset);
}

void hc_change_agree(struct hc_change *change, size_t offset)
{
	change->differs &= ~hc_field_bit(change->type, offset);
}

char *hc_change_text(struct hc_arena *arena, const struct hc_change *change)
{
	return hc_resource_text(arena, change->want ? change->want : change->have);
}
