/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A look is compared with what was said after the one before. Each object that is not as it should
 * be has a mark; what has no mark yet is news, and so is a mark whose object is well again. The
 * marks are written anew with each look, in an arena of their own.
 */

#include "notice.h"

#include <json-c/json.h>
#include <string.h>

#include <reconciler/print.h>

#include "agent.h"

enum {
	PATIENCE_US = 10 * 1000 * 1000, /* until it is said that something cannot be read */
};

struct mark {
	const char *object;
	const char *failed; /* why, as it was said; NULL: it has not failed */
	bool asked;         /* an approval */
	uint64_t unknown;   /* hc_now() since when; 0: it can be read */
};

static const struct mark *find(const struct agent *agent, const char *object)
{
	for (size_t i = 0; i < agent->nmark; i++)
		if (!strcmp(agent->marks[i].object, object))
			return &agent->marks[i];
	return NULL;
}

static void say(struct agent *agent, enum event_what what, const char *object, const char *reason)
{
	const struct event event = {
		.what = what,
		.object = object,
		.reason = reason,
		.generation = agent->generation->id,
	};

	events_say(agent->events, &event);
}

/* With the plan's id, by which all that waits in it is approved at once. */
static void say_approval(struct agent *agent, const struct hc_cycle *cycle, const char *object,
			 const char *reason)
{
	const struct event event = {
		.what = EVENT_APPROVAL,
		.object = object,
		.reason = reason,
		.generation = agent->generation->id,
		.more = json_object_new_object(),
	};

	json_object_object_add(event.more, "plan",
			       json_object_new_string(plan_id(cycle->arena, cycle->plan)));
	events_say(agent->events, &event);
}

/* Why it fails, or NULL. */
static const char *failure(const struct agent *agent, const struct hc_change *change,
			   const char *object)
{
	const struct hc_trouble *trouble = hc_trouble_find(&agent->engine->troubles, object);

	if (change->refused)
		return change->hold == HC_GO ? change->refused : NULL;
	return trouble && trouble->count ? trouble->why : NULL;
}

static void judge_change(struct agent *agent, const struct hc_cycle *cycle,
			 const struct hc_change *change, const struct mark *before,
			 struct mark *mark)
{
	const char *failed = failure(agent, change, mark->object);

	if (!before && agent->settled && !agent->changed)
		say(agent, EVENT_DRIFT, mark->object, hc_change_fields(cycle->arena, change));
	mark->asked = change->hold == HC_HOLD_APPROVAL;
	if (mark->asked && !(before && before->asked))
		say_approval(agent, cycle, mark->object, change->refused);
	if (!failed)
		return;
	mark->failed = failed;
	if (!before || !before->failed || strcmp(before->failed, failed) != 0)
		say(agent, EVENT_FAILED, mark->object, failed);
}

/* What cannot be read for a moment is nothing to talk about. */
static void judge_unknown(struct agent *agent, const struct hc_unknown *unknown,
			  const struct mark *before, struct mark *mark)
{
	mark->unknown = before && before->unknown ? before->unknown : hc_now();
	mark->failed = before ? before->failed : NULL;
	if (mark->failed || hc_now() - mark->unknown < PATIENCE_US)
		return;
	mark->failed = unknown->why;
	say(agent, EVENT_FAILED, mark->object, unknown->why);
}

static bool have(const struct mark *marks, size_t n, const char *object)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(marks[i].object, object))
			return true;
	return false;
}

static void say_recovered(struct agent *agent, const struct mark *marks, size_t n)
{
	for (size_t i = 0; i < agent->nmark; i++) {
		const struct mark *before = &agent->marks[i];
		if (before->failed && !have(marks, n, before->object))
			say(agent, EVENT_RECOVERED, before->object, NULL);
	}
}

static bool is_wanted(const struct agent *agent, const struct hc_type *type)
{
	size_t n;

	(void)hc_of_type(&agent->engine->desired, type, &n);
	return n;
}

/* "Bridge/vmbr0@n1" is one of an unknown kind. */
static bool is_unknown(const struct hc_cycle *cycle, const char *object)
{
	for (size_t i = 0; i < cycle->live.nunknown; i++) {
		const char *kind = cycle->live.unknown[i].type->name;

		if (!strncmp(kind, object, strlen(kind)) && object[strlen(kind)] == '/')
			return true;
	}
	return false;
}

/* What cannot be seen now is as it was. */
static size_t carry_over(const struct agent *agent, const struct hc_cycle *cycle,
			 struct mark *marks, size_t n)
{
	for (size_t i = 0; i < agent->nmark; i++)
		if (is_unknown(cycle, agent->marks[i].object) &&
		    !have(marks, n, agent->marks[i].object))
			marks[n++] = agent->marks[i];
	return n;
}

static void keep(struct mark *mark, struct hc_arena *arena)
{
	mark->object = hc_strdup(arena, mark->object);
	mark->failed = mark->failed ? hc_strdup(arena, mark->failed) : NULL;
}

void notice_look(struct agent *agent, const struct hc_cycle *cycle)
{
	struct hc_arena *arena = hc_arena_new();
	size_t room = cycle->plan->n + cycle->live.nunknown + agent->nmark;
	struct mark *marks = hc_alloc(arena, room * sizeof(*marks));
	struct hc_strings objects = {0};
	size_t n = 0;

	for (size_t i = 0; i < cycle->plan->n; i++) {
		const struct hc_change *change = cycle->plan->change[i];
		struct mark *mark = &marks[n++];

		mark->object = hc_change_text(cycle->arena, change);
		judge_change(agent, cycle, change, find(agent, mark->object), mark);
	}
	for (size_t i = 0; i < cycle->live.nunknown; i++) {
		const struct hc_unknown *unknown = &cycle->live.unknown[i];
		const struct hc_provider *provider =
			hc_registry_provider(agent->registry, unknown->type);
		struct mark *mark = &marks[n];

		if (!unknown->matters && !is_wanted(agent, unknown->type))
			continue;
		mark->object = provider ? provider->name : unknown->type->name;
		if (have(marks, n, mark->object))
			continue; /* one word for all kinds of a provider */
		n++;
		judge_unknown(agent, unknown, find(agent, mark->object), mark);
	}
	n = carry_over(agent, cycle, marks, n);
	say_recovered(agent, marks, n);
	for (size_t i = 0; i < n; i++) {
		keep(&marks[i], arena);
		hc_strings_add(arena, &objects, marks[i].object);
	}
	events_differ(agent->events, &objects);
	notice_free(agent);
	agent->marks_arena = arena;
	agent->marks = marks;
	agent->nmark = n;
}

void notice_free(struct agent *agent)
{
	(void)hc_arena_free(agent->marks_arena);
	agent->marks_arena = NULL;
	agent->marks = NULL;
	agent->nmark = 0;
}
