/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plan, for people and for programs. A line per change, SIGN Kind/name[@node]  field old -> new
 * impact, and below it why, its steps, and what stands in its way.
 */

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include "print.h"
#include "text.h"

static const char *const signs[] = {"+", "~", "-/+", "-"};

const char *const hc_hold_words[] = {
	[HC_GO] = NULL,
	[HC_HOLD_WINDOW] = "window",
	[HC_HOLD_APPROVAL] = "approval",
	[HC_HOLD_SUSPENDED] = "suspended",
	[HC_HOLD_REPORT] = "report",
	[HC_HOLD_IGNORE] = "ignore",
};

bool hc_is_held(const struct hc_change *change)
{
	return change->refused && change->hold != HC_GO && !change->needs_approval;
}

static const void *value(const struct hc_resource *resource, size_t i)
{
	if (!resource || !(resource->set >> i & 1))
		return NULL;
	return (const char *)resource->spec + resource->type->fields[i].offset;
}

static const char *text(struct hc_arena *arena, const struct hc_resource *resource, size_t i)
{
	const void *v = value(resource, i);

	return v ? hc_value_text(arena, &resource->type->fields[i], v) : "none";
}

/* Of a create, what the manifest says; of others, what differs. */
static bool is_shown(const struct hc_change *change, size_t i)
{
	const struct hc_field *field = &change->type->fields[i];

	if (field->type == HC_CHILDREN)
		return false;
	if (change->want && change->have)
		return change->differs >> i & 1;
	return change->want && field->origin == HC_WRITTEN && value(change->want, i);
}

bool hc_change_is_own(const struct hc_change *change)
{
	for (size_t i = 0; i < change->type->nfield; i++)
		if (is_shown(change, i) && !change->type->fields[i].own)
			return false;
	return change->want && change->have;
}

char *hc_change_fields(struct hc_arena *arena, const struct hc_change *change)
{
	bool own = hc_change_is_own(change);
	char *all = hc_strdup(arena, "");

	for (size_t i = 0; i < change->type->nfield; i++) {
		const char *name = change->type->fields[i].name, *comma = *all ? ", " : "";

		if (!is_shown(change, i) || (change->type->fields[i].own && !own))
			continue;
		if (change->have)
			all = hc_printf(arena, "%s%s%s %s -> %s", all, comma, name,
					text(arena, change->have, i), text(arena, change->want, i));
		else
			all = hc_printf(arena, "%s%s%s %s", all, comma, name,
					text(arena, change->want, i));
	}
	return all;
}

static uint64_t drift_of(const struct hc_change *change)
{
	if (!change->decided)
		return change->differs;
	return change->decision ? change->differs & ~change->decision : 0;
}

bool hc_change_is_drift(const struct hc_change *change)
{
	return !change->decided || drift_of(change);
}

char *hc_change_drift(struct hc_arena *arena, const struct hc_change *change)
{
	struct hc_change part = *change;

	part.differs = drift_of(change);
	return hc_change_fields(arena, &part);
}

char *hc_change_decision(struct hc_arena *arena, const struct hc_change *change)
{
	struct hc_change part = *change;

	if (!change->have)
		return hc_strdup(arena, change->reason);
	part.differs &= ~drift_of(change);
	return hc_printf(arena, "%s (%s)", hc_change_fields(arena, &part), change->reason);
}

static void print_step(FILE *out, const struct hc_plan *plan, const struct hc_step *step)
{
	fprintf(out, "    %s", hc_harmless(plan->arena, step->verb));
	if (!step->node)
		fputs("  by one node", out);
	else if (strcmp(step->node, plan->node) != 0)
		fprintf(out, "  by %s", hc_harmless(plan->arena, step->node));
	if (step->impact != HC_NONE)
		fprintf(out, "  %s", hc_impact_words[step->impact]);
	fputc('\n', out);
}

void hc_print_change(FILE *out, const struct hc_plan *plan, const struct hc_change *change)
{
	const char *object = hc_harmless(plan->arena, hc_change_text(plan->arena, change));
	const char *fields = hc_harmless(plan->arena, hc_change_fields(plan->arena, change));

	fprintf(out, "%s %s%s%s  %s\n", signs[change->action], object, *fields ? "  " : "", fields,
		hc_impact_words[change->impact]);
	fprintf(out, "    why: %s\n", hc_harmless(plan->arena, change->reason));
	if (change->refused)
		fprintf(out, "    %s: %s\n", hc_is_held(change) ? "held" : "refused",
			hc_harmless(plan->arena, change->refused));
	for (size_t i = 0; i < change->waits_for.n; i++)
		fprintf(out, "    waits for: %s\n",
			hc_harmless(plan->arena, change->waits_for.v[i]));
	for (size_t i = 0; !change->refused && i < change->nstep; i++)
		print_step(out, plan, change->steps[i]);
}

void hc_print_kept(FILE *out, const struct hc_cycle *cycle, const struct hc_finding *kept)
{
	fprintf(out, "= %s  kept: %s\n",
		hc_harmless(cycle->arena, hc_resource_text(cycle->arena, kept->have)),
		hc_harmless(cycle->arena, kept->why));
}

/* What is asked for and cannot be seen. */
static bool is_unknown(const struct hc_cycle *cycle, const struct hc_finding *f)
{
	return cycle->plan->member && f->want &&
	       (f->verdict == HC_UNREADABLE || (f->verdict == HC_SAME && f->why));
}

static void print_kept(FILE *out, const struct hc_cycle *cycle)
{
	for (size_t i = 0; i < cycle->diff.n; i++)
		if (cycle->diff.v[i].verdict == HC_KEPT)
			hc_print_kept(out, cycle, &cycle->diff.v[i]);
}

/* Gives how many they are. */
static size_t print_unknown(FILE *out, const struct hc_cycle *cycle)
{
	size_t n = 0;

	for (size_t i = 0; i < cycle->diff.n; i++) {
		const struct hc_finding *f = &cycle->diff.v[i];

		if (!is_unknown(cycle, f))
			continue;
		fprintf(out, "? %s  unknown: %s\n",
			hc_harmless(cycle->arena, hc_resource_text(cycle->arena, f->want)),
			hc_harmless(cycle->arena, f->why));
		n++;
	}
	for (size_t i = 0; i < cycle->live.nunknown; i++) {
		const struct hc_unknown *unknown = &cycle->live.unknown[i];

		if (!unknown->matters)
			continue;
		fprintf(out, "? %s  unknown: %s\n", unknown->type->name,
			hc_harmless(cycle->arena, unknown->why));
		n++;
	}
	return n;
}

static void print_sum(FILE *out, const struct hc_cycle *cycle, size_t unknown)
{
	const struct hc_plan *plan = cycle->plan;
	size_t count[HC_REMOVE + 1] = {0}, refused = 0, held = 0, same = 0;

	for (size_t i = 0; i < plan->n; i++) {
		const struct hc_change *change = plan->change[i];

		count[change->action]++;
		if (!plan->refused && hc_is_held(change))
			held++;
		else
			refused += change->refused || plan->refused;
	}
	for (size_t i = 0; i < cycle->diff.n; i++)
		same += cycle->diff.v[i].verdict == HC_SAME;
	if (!plan->n && !unknown) {
		if (plan->member)
			fprintf(out, "Nothing to do: %zu resources are as they should be.\n", same);
		else
			fputs("Nothing to do.\n", out);
		return;
	}
	fprintf(out, "%zu to create, %zu to update, %zu to replace, %zu to remove",
		count[HC_CREATE], count[HC_UPDATE], count[HC_REPLACE], count[HC_REMOVE]);
	if (refused)
		fprintf(out, "; %zu refused", refused);
	if (held)
		fprintf(out, "; %zu held", held);
	if (unknown)
		fprintf(out, "; %zu unknown", unknown);
	fputs(".\n", out);
}

void hc_print_plan(FILE *out, const struct hc_cycle *cycle)
{
	size_t unknown;

	for (size_t i = 0; i < cycle->plan->n; i++)
		hc_print_change(out, cycle->plan, cycle->plan->run[i]);
	print_kept(out, cycle);
	unknown = print_unknown(out, cycle);
	if (cycle->plan->refused)
		fprintf(out, "Refused: %s.\n", cycle->plan->refused);
	print_sum(out, cycle, unknown);
}

static struct json_object *fields_json(const struct hc_change *change)
{
	struct json_object *fields = json_object_new_array();

	for (size_t i = 0; i < change->type->nfield; i++) {
		const struct hc_field *field = &change->type->fields[i];
		const void *old = value(change->have, i), *new = value(change->want, i);
		struct json_object *one;

		if (!is_shown(change, i))
			continue;
		one = json_object_new_object();
		json_object_object_add(one, "name", hc_json_string(field->name));
		json_object_object_add(one, "old", old ? hc_value_json(field, old) : NULL);
		json_object_object_add(one, "new", new ? hc_value_json(field, new) : NULL);
		json_object_array_add(fields, one);
	}
	return fields;
}

static struct json_object *steps_json(const struct hc_change *change)
{
	struct json_object *steps = json_object_new_array();

	for (size_t i = 0; i < change->nstep; i++) {
		const struct hc_step *step = change->steps[i];
		struct json_object *one = json_object_new_object();

		json_object_object_add(one, "verb", hc_json_string(step->verb));
		json_object_object_add(one, "node", hc_json_string(step->node));
		json_object_object_add(one, "impact",
				       json_object_new_string(hc_impact_words[step->impact]));
		json_object_array_add(steps, one);
	}
	return steps;
}

static struct json_object *change_json(const struct hc_plan *plan, const struct hc_change *change)
{
	struct json_object *one = json_object_new_object();
	struct json_object *waits = json_object_new_array();

	for (size_t i = 0; i < change->waits_for.n; i++)
		json_object_array_add(waits, hc_json_string(change->waits_for.v[i]));
	json_object_object_add(one, "action",
			       json_object_new_string(hc_action_words[change->action]));
	json_object_object_add(one, "kind", hc_json_string(change->type->name));
	json_object_object_add(one, "name", hc_json_string(change->name));
	json_object_object_add(one, "node", hc_json_string(change->node));
	json_object_object_add(one, "fields", fields_json(change));
	json_object_object_add(one, "reason", hc_json_string(change->reason));
	json_object_object_add(one, "impact",
			       json_object_new_string(hc_impact_words[change->impact]));
	json_object_object_add(one, "needs_approval",
			       json_object_new_boolean(change->needs_approval));
	json_object_object_add(one, "hold", hc_json_string(hc_hold_words[change->hold]));
	json_object_object_add(one, "refused",
			       hc_json_string(change->refused ? change->refused : plan->refused));
	json_object_object_add(one, "waits_for", waits);
	json_object_object_add(one, "steps", steps_json(change));
	return one;
}

/* Something and what is to be said of it. */
static void add_object(struct json_object *all, const struct hc_type *type, const char *name,
		       const char *node, const char *why)
{
	struct json_object *one = json_object_new_object();

	json_object_object_add(one, "kind", hc_json_string(type->name));
	json_object_object_add(one, "name", hc_json_string(name));
	json_object_object_add(one, "node", hc_json_string(node));
	json_object_object_add(one, "reason", hc_json_string(why));
	json_object_array_add(all, one);
}

static struct json_object *unknown_json(const struct hc_cycle *cycle)
{
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; i < cycle->diff.n; i++) {
		const struct hc_finding *f = &cycle->diff.v[i];

		if (is_unknown(cycle, f))
			add_object(all, f->want->type, f->want->name, f->want->node, f->why);
	}
	for (size_t i = 0; i < cycle->live.nunknown; i++) {
		const struct hc_unknown *unknown = &cycle->live.unknown[i];

		if (unknown->matters)
			add_object(all, unknown->type, NULL, cycle->plan->node, unknown->why);
	}
	return all;
}

static struct json_object *kept_json(const struct hc_cycle *cycle)
{
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; i < cycle->diff.n; i++) {
		const struct hc_finding *f = &cycle->diff.v[i];

		if (f->verdict == HC_KEPT)
			add_object(all, f->have->type, f->have->name, f->have->node, f->why);
	}
	return all;
}

struct json_object *hc_plan_json(const struct hc_cycle *cycle, const char *generation)
{
	struct json_object *root = json_object_new_object();
	struct json_object *changes = json_object_new_array();

	for (size_t i = 0; i < cycle->plan->n; i++)
		json_object_array_add(changes, change_json(cycle->plan, cycle->plan->run[i]));
	json_object_object_add(root, "format_version", json_object_new_int(1));
	json_object_object_add(root, "node", hc_json_string(cycle->plan->node));
	json_object_object_add(root, "generation", json_object_new_string(generation));
	json_object_object_add(root, "changes", changes);
	json_object_object_add(root, "kept", kept_json(cycle));
	json_object_object_add(root, "unknown", unknown_json(cycle));
	json_object_object_add(root, "refused", hc_json_string(cycle->plan->refused));
	return root;
}
