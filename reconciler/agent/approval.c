/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Approvals. As with suspensions, a list that changes is made anew, checked as one that is read,
 * written, and only then the one that counts. What is forgotten is forgotten in memory first: a
 * disk that is full must not let a yes be used twice.
 */

#include "approval.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include <reconciler/text.h>

#include "note.h"

/* Kind/name[@node] */
static bool is_object(const char *text)
{
	const char *slash = strchr(text, '/');

	return slash && slash != text && slash[1] && strlen(text) <= NOTE_TEXT;
}

/* A clock that went back by days does not make a yes last longer. */
static bool ended(const struct approval *one, time_t now)
{
	return now - one->since >= APPROVAL_S || one->since - now >= APPROVAL_S;
}

static bool holds(const struct approval *one, const char *generation, time_t now)
{
	return !strcmp(one->generation, generation) && !ended(one, now);
}

/* False: it is none of ours. */
static bool take(struct hc_arena *arena, struct json_object *object, struct approval *one)
{
	struct note note = {.arena = arena, .object = object};

	if (!json_object_is_type(object, json_type_object))
		return false;
	*one = (struct approval){
		.object = note_text(&note, "object"),
		.generation = note_text(&note, "generation"),
		.by = note_text(&note, "by"),
		.since = note_time(&note, "since"),
		.seen = note_flag(&note, "seen"),
	};
	return !note.bad && is_object(one->object);
}

static struct json_object *note_of(const struct approval *one)
{
	struct json_object *object = json_object_new_object();

	note_put_text(object, "object", one->object);
	note_put_text(object, "generation", one->generation);
	note_put_text(object, "by", one->by);
	note_put_time(object, "since", one->since);
	if (one->seen)
		json_object_object_add(object, "seen", json_object_new_boolean(true));
	return object;
}

/* False: something in the list is none; nothing of it counts then. */
static bool take_all(struct approvals *approvals, struct json_object *list)
{
	size_t n = json_object_array_length(list);

	approvals->v = hc_alloc(approvals->arena, n * sizeof(*approvals->v));
	approvals->room = n;
	for (size_t i = 0; i < n; i++)
		if (!take(approvals->arena, json_object_array_get_idx(list, i), &approvals->v[i]))
			return false;
	approvals->n = n;
	return true;
}

int approvals_read(struct approvals *approvals, const char *state_dir, struct hc_diags *diags)
{
	_cleanup_(notes_putp) struct json_object *list = NULL;
	int r;

	approvals_free(approvals);
	approvals->arena = hc_arena_new();
	approvals->path = hc_printf(approvals->arena, "%s/approved.json", state_dir);
	r = notes_read(approvals->path, &list, diags);
	if (!r && !take_all(approvals, list)) {
		hc_say(diags, HC_ERROR, (struct hc_place){0}, "%s is not as hcstate writes it",
		       approvals->path);
		r = -EBADMSG;
	}
	return r;
}

void approvals_free(struct approvals *approvals)
{
	(void)hc_arena_free(approvals->arena);
	*approvals = (struct approvals){0};
}

static void take_place(struct approvals *approvals, const struct approvals *next)
{
	approvals_free(approvals);
	*approvals = *next;
}

static struct approvals beside(const struct approvals *approvals)
{
	struct approvals next = {.arena = hc_arena_new()};

	next.path = hc_strdup(next.arena, approvals->path);
	return next;
}

static void put(struct json_object *list, const struct approval *one)
{
	json_object_array_add(list, note_of(one));
}

int approvals_add_all(struct approvals *approvals, const struct hc_strings *objects,
		      const char *generation, const char *by, time_t now, struct hc_diags *diags)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	_cleanup_(notes_putp) struct json_object *list = json_object_new_array();
	struct approvals next = beside(approvals);
	int r = -EINVAL;

	for (size_t i = 0; i < approvals->n; i++)
		if (holds(&approvals->v[i], generation, now) &&
		    !hc_strings_have(objects, approvals->v[i].object))
			put(list, &approvals->v[i]);
	for (size_t i = 0; i < objects->n; i++)
		put(list, &(struct approval){.object = objects->v[i],
					     .generation = generation,
					     .by = hc_harmless(arena, by),
					     .since = now});
	if (take_all(&next, list))
		r = notes_write(next.path, list, diags);
	else
		hc_say(diags, HC_ERROR, (struct hc_place){0}, "an object is Kind/name[@node]");
	if (r)
		approvals_free(&next);
	else
		take_place(approvals, &next);
	return r;
}

int approvals_add(struct approvals *approvals, const char *object, const char *generation,
		  const char *by, time_t now, struct hc_diags *diags)
{
	const struct hc_strings one = {.n = 1, .v = &object};

	return approvals_add_all(approvals, &one, generation, by, now, diags);
}

void approvals_hold(const struct approvals *approvals, const char *generation, time_t now,
		    struct hc_arena *arena, struct hc_strings *objects)
{
	for (size_t i = 0; i < approvals->n; i++)
		if (holds(&approvals->v[i], generation, now))
			hc_strings_add(arena, objects, approvals->v[i].object);
}

static bool has_change(const struct hc_plan *plan, struct hc_arena *arena, const char *object)
{
	for (size_t i = 0; i < plan->n; i++)
		if (!strcmp(hc_change_text(arena, plan->change[i]), object))
			return true;
	return false;
}

void approvals_used(struct approvals *approvals, const struct hc_plan *plan, const char *generation,
		    time_t now, struct hc_diags *diags)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	_cleanup_(notes_putp) struct json_object *list = json_object_new_array();
	struct approvals next = beside(approvals);
	bool news = approvals->unsaved;

	for (size_t i = 0; i < approvals->n; i++) {
		struct approval one = approvals->v[i];
		bool changes = has_change(plan, arena, one.object);

		if (!holds(&one, generation, now) || (one.seen && !changes)) {
			news = true;
			continue;
		}
		news = news || changes != one.seen;
		one.seen = changes;
		put(list, &one);
	}
	if (news && take_all(&next, list)) {
		take_place(approvals, &next);
		approvals->unsaved = notes_write(approvals->path, list, diags);
	} else {
		approvals_free(&next);
	}
}
