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
	const char *failed;  /* why, as it was said; NULL: it does not fail now */
	bool ill;            /* a failure was said, and not yet that it is well again */
	const char *decided; /* the decision that was said; NULL: none */
	bool drifted;        /* what differs by nobody's decision was said, or is no news */
	bool asked;          /* an approval */
	uint64_t unknown;    /* hc_now() since when; 0: it can be read */
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

static void say_failed(struct agent *agent, struct mark *mark, const char *why)
{
	mark->failed = why;
	mark->ill = true;
	say(agent, EVENT_FAILED, mark->object, why);
}

/* What cannot be read for a moment is nothing to talk about, and what it is called changes: it is
 * one failure, until it is over. */
static void judge_blind(struct agent *agent, const char *why, struct mark *mark)
{
	if (!mark->unknown)
		mark->unknown = hc_now();
	if (mark->failed || hc_now() - mark->unknown < PATIENCE_US)
		return;
	say_failed(agent, mark, why);
}

/* A decision is told also when much else is going on, as there is when a node is lost; that its
 * node has noted what it did is not worth a word, nor is what is nested in what was decided. What
 * is decided for the whole cluster is told by who decides: others may see it otherwise. */
static void judge_decision(struct agent *agent, struct hc_arena *arena,
			   const struct hc_change *change, struct mark *mark)
{
	const char *told = mark->decided;

	if (change->going || change->decided_away || change->type->from == HC_CHILD ||
	    hc_change_is_own(change))
		return;
	mark->decided = hc_change_decision(arena, change);
	if (!told || strcmp(told, mark->decided) != 0)
		say(agent, EVENT_DECISION, mark->object, mark->decided);
}

static void judge_failure(struct agent *agent, const struct hc_change *change, struct mark *mark)
{
	const char *failed = failure(agent, change, mark->object), *told = mark->failed;

	if (change->blind && change->refused && change->hold == HC_GO) {
		judge_blind(agent, change->refused, mark);
		return;
	}
	mark->unknown = 0;
	mark->failed = failed;
	if (failed && (!told || strcmp(told, failed) != 0))
		say_failed(agent, mark, failed);
}

/* Where nobody can tell what is asked for, nobody can tell that it differs. What the manifests
 * changed, or what differs while much else is going on, is no news when that is over. */
static void judge_drift(struct agent *agent, struct hc_arena *arena, const struct hc_change *change,
			struct mark *mark)
{
	bool told = mark->drifted;

	if (change->blind || change->going)
		return;
	mark->drifted = hc_change_is_drift(change);
	if (mark->drifted && !told && agent->settled && !agent->changed)
		say(agent, EVENT_DRIFT, mark->object, hc_change_drift(arena, change));
}

static void judge_change(struct agent *agent, const struct hc_cycle *cycle,
			 const struct hc_change *change, const struct mark *before,
			 struct mark *mark)
{
	bool asked = before && before->asked;

	if (before)
		*mark = *before;
	if (change->decided)
		judge_decision(agent, cycle->arena, change, mark);
	judge_drift(agent, cycle->arena, change, mark);
	mark->asked = change->hold == HC_HOLD_APPROVAL;
	if (mark->asked && !asked)
		say_approval(agent, cycle, mark->object, change->refused);
	judge_failure(agent, change, mark);
}

/* What is still being read has a deadline of its own. */
static void judge_unknown(struct agent *agent, const struct hc_unknown *unknown,
			  const struct mark *before, struct mark *mark)
{
	if (before)
		*mark = *before;
	if (!unknown->reading)
		judge_blind(agent, unknown->why, mark);
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
		if (before->ill && !have(marks, n, before->object))
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
	mark->decided = mark->decided ? hc_strdup(arena, mark->decided) : NULL;
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
