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
	time_t most = one->seen ? APPROVAL_S : AHEAD_S;

	return now - one->since >= most || one->since - now >= most;
}

static bool holds(const struct approval *one, const char *generation, time_t now)
{
	return !strcmp(one->generation, generation) && !ended(one, now);
}

/* HC_DATA_LOSS is the worst there is, so it is any. -1: it is no word of ours. */
static int impact_of(const char *word)
{
	for (int i = 0; word && hc_impact_words[i]; i++)
		if (!strcmp(hc_impact_words[i], word))
			return i;
	return word ? -1 : HC_DATA_LOSS;
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
		.most = note_maybe(&note, "most"),
	};
	return !note.bad && is_object(one->object) && impact_of(one->most) >= 0;
}

static struct json_object *note_of(const struct approval *one)
{
	struct json_object *object = json_object_new_object();

	note_put_text(object, "object", one->object);
	note_put_text(object, "generation", one->generation);
	note_put_text(object, "by", one->by);
	note_put_time(object, "since", one->since);
	note_put_text(object, "most", one->most);
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

/* The list with what is new instead of what there was of the same objects. */
static int add(struct approvals *approvals, const struct approval *news, size_t n,
	       struct hc_diags *diags)
{
	_cleanup_(notes_putp) struct json_object *list = json_object_new_array();
	struct approvals next = beside(approvals);
	int r = -EINVAL;

	for (size_t i = 0; i < approvals->n; i++) {
		const struct approval *one = &approvals->v[i];
		bool replaced = !n || !holds(one, news->generation, news->since);

		for (size_t k = 0; k < n && !replaced; k++)
			replaced = !strcmp(news[k].object, one->object);
		if (!replaced)
			put(list, one);
	}
	for (size_t i = 0; i < n; i++)
		put(list, &news[i]);
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

int approvals_add_all(struct approvals *approvals, const struct hc_strings *objects,
		      const char *generation, const char *by, time_t now, struct hc_diags *diags)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct approval *news = hc_alloc(arena, objects->n * sizeof(*news));

	for (size_t i = 0; i < objects->n; i++)
		news[i] = (struct approval){.object = objects->v[i],
					    .generation = generation,
					    .by = hc_harmless(arena, by),
					    .since = now};
	return add(approvals, news, objects->n, diags);
}

int approvals_add_changes(struct approvals *approvals, struct hc_change *const *changes, size_t n,
			  const char *generation, const char *by, time_t now,
			  struct hc_diags *diags)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct approval *news = hc_alloc(arena, n * sizeof(*news));

	for (size_t i = 0; i < n; i++)
		news[i] = (struct approval){
			.object = hc_change_text(arena, changes[i]),
			.generation = generation,
			.by = hc_harmless(arena, by),
			.since = now,
			.seen = true,
			/* What wants a person's word says what it costs only when it has it. */
			.most = changes[i]->needs_approval ? NULL
							   : hc_impact_words[changes[i]->impact],
		};
	return add(approvals, news, n, diags);
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

bool approvals_outgrown(const struct approvals *approvals, const struct hc_change *change)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	const char *object = hc_change_text(arena, change);

	for (size_t i = 0; i < approvals->n; i++)
		if (approvals->v[i].most && !strcmp(approvals->v[i].object, object))
			return change->needs_approval ||
			       (int)change->impact > impact_of(approvals->v[i].most);
	return false;
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
