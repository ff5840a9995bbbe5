/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A difference that nobody may mend is found again by each look, for days. It is told once: what
 * was said stays noted until its object is well again.
 *
 * The notes live in an arena of their own that is copied when some of them go, so that they take no
 * more room than what is noted; and there is an end to how many there can be.
 */

#include "events_told.h"

#include <string.h>

enum {
	FACTS_MAX = 4096,
};

struct told_fact {
	enum event_what what;
	const char *object; /* "" for all of it */
	const char *detail; /* another one is news again */
};

/* A reason without its numbers: "no answer for 3 s" is the same a second later. */
static const char *gist(struct hc_arena *arena, const char *reason)
{
	char *text = hc_strdup(arena, reason ? reason : ""), *to = text;

	for (const char *p = text; *p; p++)
		if (*p < '0' || *p > '9')
			*to++ = *p;
	*to = '\0';
	return text;
}

static const char *detail_of(struct hc_arena *arena, const struct event *event)
{
	const char *generation = event->generation ? event->generation : "";

	if (event->what == EVENT_DRIFT)
		return "";
	if (event->what == EVENT_APPROVAL)
		return generation;
	if (event->what == EVENT_DECISION) /* pve1 -> pve2 is not pve2 -> pve1 */
		return event->reason ? event->reason : "";
	return hc_printf(arena, "%s %s", generation, gist(arena, event->reason));
}

static struct told_fact *find(const struct told *told, enum event_what what, const char *object)
{
	for (size_t i = 0; i < told->n; i++)
		if (told->v[i].what == what && !strcmp(told->v[i].object, object))
			return &told->v[i];
	return NULL;
}

static void note(struct told *told, const struct told_fact *fact)
{
	if (!told->arena)
		told->arena = hc_arena_new();
	told->v = hc_grow(told->arena, told->v, told->n, &told->room, sizeof(*told->v));
	told->v[told->n++] = (struct told_fact){
		.what = fact->what,
		.object = hc_strdup(told->arena, fact->object),
		.detail = hc_strdup(told->arena, fact->detail),
	};
}

typedef bool over_fn(const struct told_fact *fact, const void *arg);

/* Forgets those that are over; `over` is asked once for each. */
static void forget(struct told *told, over_fn *over, const void *arg)
{
	struct told kept = {0};

	for (size_t i = 0; i < told->n; i++)
		if (!over(&told->v[i], arg))
			note(&kept, &told->v[i]);
	told_free(told);
	*told = kept;
}

static bool is_fact(const struct told_fact *fact, const void *arg)
{
	const struct told_fact *other = arg;

	return fact->what == other->what && !strcmp(fact->object, other->object);
}

/* What a step of that object ends. */
static bool is_mended(const struct told_fact *fact, const void *arg)
{
	return (fact->what == EVENT_DRIFT || fact->what == EVENT_DECISION) &&
	       !strcmp(fact->object, arg);
}

static bool is_of(const struct told_fact *fact, const void *arg)
{
	return !strcmp(fact->object, arg);
}

static bool is_well(const struct told_fact *fact, const void *arg)
{
	return *fact->object && !hc_strings_have(arg, fact->object);
}

static bool is_any(const struct told_fact *fact, const void *arg)
{
	(void)fact, (void)arg;
	return true;
}

static bool is_news(struct told *told, const struct event *event)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	const struct told_fact fact = {
		.what = event->what,
		.object = event->object ? event->object : "",
		.detail = detail_of(arena, event),
	};
	const struct told_fact *before = find(told, fact.what, fact.object);

	if (before && !strcmp(before->detail, fact.detail))
		return false;
	if (before)
		forget(told, is_fact, &fact);
	if (told->n >= FACTS_MAX) /* rather said twice than kept without end */
		forget(told, is_any, NULL);
	note(told, &fact);
	return true;
}

bool told_news(struct told *told, const struct event *event, bool *ends_refusal)
{
	const char *object = event->object ? event->object : "";

	*ends_refusal = false;
	switch (event->what) {
	case EVENT_REFUSED:
	case EVENT_DRIFT:
	case EVENT_DECISION:
	case EVENT_FAILED:
	case EVENT_APPROVAL:
		return is_news(told, event);
	case EVENT_GENERATION:
		*ends_refusal = find(told, EVENT_REFUSED, "");
		if (*ends_refusal)
			forget(told, is_fact, &(struct told_fact){EVENT_REFUSED, "", ""});
		break;
	case EVENT_RECOVERED:
		if (event->object)
			forget(told, is_of, event->object);
		break;
	case EVENT_STEP:
		if (event->result && !strcmp(event->result, "done"))
			forget(told, is_mended, object);
		break;
	case EVENT_AGENT:
	case EVENT_CYCLE:
	case EVENT_SAID:
		break;
	}
	return true;
}

void told_differ(struct told *told, const struct hc_strings *objects)
{
	bool over = false;

	/* mostly nothing is, and then nothing is copied */
	for (size_t i = 0; i < told->n && !over; i++)
		over = is_well(&told->v[i], objects);
	if (over)
		forget(told, is_well, objects);
}

void told_free(struct told *told)
{
	hc_arena_free(told->arena);
	*told = (struct told){0};
}
