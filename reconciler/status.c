/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Status: what a look found, in one word per resource. A look alone cannot tell that a step failed,
 * or since when something is as it is; for that each apply leaves its status behind (status.json),
 * and the next look takes from it what is still true: the same object in the same condition.
 */

#include "status.h"

#include <json-c/json.h>
#include <string.h>
#include <time.h>

#include <hcstate/file.h>

#include "print.h"

enum {
	LARGEST = 64 * 1024 * 1024,
};

const char *const hc_condition_words[] = {"converged", "drifted", "waiting", "failed",
					  "unmanaged", "unknown", "kept",    NULL};

/* What an earlier run recorded, by object. */
static struct json_object *read_recorded(const struct hc_engine *engine, struct hc_arena *arena)
{
	struct json_object *root, *by_object = json_object_new_object(), *list;
	char *text;
	size_t size;

	if (hc_file_read(arena, hc_printf(arena, "%s/status.json", engine->state_dir), LARGEST,
			 &text, &size))
		return by_object;
	root = json_tokener_parse(text);
	if (root && json_object_object_get_ex(root, "recorded", &list) &&
	    json_object_is_type(list, json_type_object)) {
		json_object_object_foreach(list, key, one)
		{
			json_object_object_add(by_object, key, json_object_get(one));
		}
	}
	json_object_put(root);
	return by_object;
}

static const char *recorded_text(struct json_object *one, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(one, key, &value) ? json_object_get_string(value) : NULL;
}

static uint64_t recorded_since(struct json_object *one)
{
	struct json_object *value;

	return json_object_object_get_ex(one, "since", &value) ? json_object_get_uint64(value) : 0;
}

/* What was decided waits to be done; all else was as wanted, or never. */
static enum hc_condition differing(const struct hc_change *change)
{
	return change && !hc_change_is_drift(change) ? HC_WAITING : HC_DRIFTED;
}

static void judge_change(const struct hc_engine *engine, struct hc_status_line *line,
			 struct json_object *recorded, struct hc_arena *arena)
{
	const struct hc_change *change = line->finding->change;
	const struct hc_trouble *trouble = hc_trouble_find(&engine->troubles, line->object);
	const char *before = recorded ? recorded_text(recorded, "state") : NULL;
	const char *why = recorded ? recorded_text(recorded, "reason") : NULL;

	line->condition = engine->aim.member ? differing(change) : HC_FOREIGN;
	if (!change)
		return;
	line->reason = hc_change_is_drift(change) ? hc_change_fields(arena, change)
						  : hc_change_decision(arena, change);
	if (change->refused) {
		line->condition = change->hold == HC_GO            ? HC_FAILED
				  : change->hold == HC_HOLD_REPORT ? differing(change)
								   : HC_WAITING;
		line->reason = change->refused;
	} else if (trouble && trouble->why) {
		line->condition = trouble->count ? HC_FAILED : HC_WAITING;
		line->reason = hc_strdup(arena, trouble->why);
	} else if (change->going) {
		line->condition = HC_WAITING;
		line->reason = change->reason;
	} else if (before && why && !strcmp(before, hc_condition_words[HC_FAILED])) {
		line->condition = HC_FAILED;
		line->reason = hc_strdup(arena, why);
	} else if (change->waits_for.n) {
		line->condition = HC_WAITING;
		line->reason = change->waits_for.v[0];
	} else if (!*line->reason) {
		line->reason = change->reason;
	}
}

/* What is as asked for may still not be well: a node that is off, a cluster without quorum. */
static const char *complaint(const struct hc_resource *have)
{
	for (size_t i = 0; have && i < have->type->nfield; i++) {
		const struct hc_field *field = &have->type->fields[i];
		const bool *value = (const void *)((const char *)have->spec + field->offset);

		if (field->unless && have->set >> i & 1 && !*value)
			return field->unless;
	}
	return NULL;
}

static void judge_same(struct hc_status_line *line)
{
	line->reason = line->finding->why;
	line->condition = HC_UNCERTAIN;
	if (line->reason)
		return;
	line->reason = complaint(line->finding->have);
	line->condition = line->reason ? HC_WAITING : HC_CONVERGED;
}

static void judge(const struct hc_engine *engine, struct hc_status_line *line,
		  struct json_object *recorded, struct hc_arena *arena)
{
	switch (line->finding->verdict) {
	case HC_SAME:
		judge_same(line);
		break;
	case HC_DIFFERENT:
		judge_change(engine, line, recorded, arena);
		break;
	case HC_UNMANAGED:
		line->condition = HC_FOREIGN;
		break;
	case HC_UNREADABLE:
		line->condition = HC_UNCERTAIN;
		line->reason = line->finding->why;
		break;
	case HC_KEPT:
		line->condition = HC_STAYS;
		line->reason = line->finding->why;
		break;
	}
}

static void find_others(const struct hc_cycle *cycle, struct hc_status *status)
{
	const struct hc_set *found = &cycle->live.found;

	status->others = hc_alloc(status->arena, found->n * sizeof(*status->others));
	for (size_t i = 0; i < found->n; i++)
		if (!found->v[i]->type->evidence && hc_is_elsewhere(&cycle->diff, found->v[i]))
			status->others[status->nother++] = found->v[i];
}

void hc_status(struct hc_engine *engine, const struct hc_cycle *cycle, struct hc_arena *arena,
	       struct hc_status *status)
{
	struct json_object *recorded = read_recorded(engine, arena);

	*status = (struct hc_status){
		.arena = arena,
		.v = hc_alloc(arena, cycle->diff.n * sizeof(*status->v)),
	};
	find_others(cycle, status);
	for (size_t i = 0; i < cycle->diff.n; i++) {
		const struct hc_finding *f = &cycle->diff.v[i];
		struct hc_status_line *line = &status->v[status->n];
		struct json_object *one = NULL;
		const char *before;

		if (f->verdict == HC_UNMANAGED && f->have->passing)
			continue;
		status->n++;
		line->finding = f;
		line->object = hc_resource_text(arena, f->want ? f->want : f->have);
		(void)json_object_object_get_ex(recorded, line->object, &one);
		judge(engine, line, one, arena);
		before = one ? recorded_text(one, "state") : NULL;
		if (before && !strcmp(before, hc_condition_words[line->condition]))
			line->since = recorded_since(one);
	}
	json_object_put(recorded);
}

static struct json_object *observed_json(const struct hc_resource *have)
{
	struct json_object *all = json_object_new_object();

	for (size_t i = 0; have && i < have->type->nfield; i++) {
		const struct hc_field *field = &have->type->fields[i];

		if (field->origin == HC_OBSERVED && have->set >> i & 1)
			json_object_object_add(all, field->name,
					       hc_value_json(field, (const char *)have->spec +
									    field->offset));
	}
	return all;
}

static struct json_object *line_json(const struct hc_status_line *line)
{
	const struct hc_finding *f = line->finding;
	const struct hc_resource *r = f->want ? f->want : f->have;
	struct json_object *one = json_object_new_object();

	json_object_object_add(one, "kind", hc_json_string(r->type->name));
	json_object_object_add(one, "name", hc_json_string(r->name));
	json_object_object_add(one, "node", hc_json_string(r->node));
	json_object_object_add(one, "state",
			       json_object_new_string(hc_condition_words[line->condition]));
	json_object_object_add(one, "reason", hc_json_string(line->reason));
	json_object_object_add(one, "since", hc_json_time(line->since));
	json_object_object_add(one, "observed", observed_json(f->have));
	return one;
}

static struct json_object *other_json(const struct hc_resource *other)
{
	struct json_object *one = json_object_new_object();

	json_object_object_add(one, "kind", hc_json_string(other->type->name));
	json_object_object_add(one, "name", hc_json_string(other->name));
	json_object_object_add(one, "node", hc_json_string(other->node));
	json_object_object_add(one, "observed", observed_json(other));
	return one;
}

struct json_object *hc_status_json(const struct hc_status *status, const char *node,
				   const char *generation)
{
	struct json_object *root = json_object_new_object(), *all = json_object_new_array();
	struct json_object *others = json_object_new_array();

	for (size_t i = 0; i < status->n; i++)
		json_object_array_add(all, line_json(&status->v[i]));
	for (size_t i = 0; i < status->nother; i++)
		json_object_array_add(others, other_json(status->others[i]));
	json_object_object_add(root, "format_version", json_object_new_int(1));
	json_object_object_add(root, "node", hc_json_string(node));
	json_object_object_add(root, "generation", json_object_new_string(generation));
	json_object_object_add(root, "resources", all);
	json_object_object_add(root, "others", others);
	return root;
}

/* Whether the file says that already. */
static bool says(const struct hc_status *status, const char *path, const char *text)
{
	char *old;

	return !hc_file_read(status->arena, path, LARGEST, &old, NULL) && !strcmp(old, text);
}

int hc_status_save(const struct hc_status *status, const struct hc_engine *engine)
{
	struct json_object *root = json_object_new_object(), *all = json_object_new_object();
	const char *path = hc_printf(status->arena, "%s/status.json", engine->state_dir), *text;
	int r;

	for (size_t i = 0; i < status->n; i++) {
		const struct hc_status_line *line = &status->v[i];
		struct json_object *one = json_object_new_object();

		json_object_object_add(one, "state",
				       json_object_new_string(hc_condition_words[line->condition]));
		json_object_object_add(one, "reason", hc_json_string(line->reason));
		json_object_object_add(one, "since",
				       json_object_new_uint64(line->since ? line->since
									  : (uint64_t)time(NULL)));
		json_object_object_add(all, line->object, one);
	}
	json_object_object_add(root, "format_version", json_object_new_int(1));
	json_object_object_add(root, "recorded", all);
	text = json_object_to_json_string_ext(root, JSON_C_TO_STRING_PLAIN |
							    JSON_C_TO_STRING_NOSLASHESCAPE);
	r = !text                      ? -ENOMEM
	    : says(status, path, text) ? 0
				       : hc_file_note(path, 0644, text, strlen(text));
	json_object_put(root);
	return r;
}
