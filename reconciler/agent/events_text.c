/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event in words. All who are told read the same line, and the same JSON with it, so that a
 * person who greps the journal and a program that follows the socket speak of the same thing.
 *
 * Names and reasons come from outside (a unit, a commit, a peer's answer): before they go anywhere
 * they are cut to a length and rid of what a terminal would obey.
 */

#include "events_text.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include <reconciler/json.h>
#include <reconciler/text.h>

enum {
	LONGEST = 4096,        /* bytes of one string */
	LARGEST = 64 * 1024,   /* ... of `more` as text */
	SHORT_GENERATION = 12, /* digits, as git shows them */
};

const char *const event_words[] = {"agent",  "generation", "refused",  "drift", "decision", "step",
				   "failed", "recovered",  "approval", "cycle", "said",     NULL};

/* At most so many bytes, and no half character. */
static const char *clip(struct hc_arena *arena, const char *text)
{
	const char *end = text + strlen(text), *p = text;

	if (end - text <= LONGEST)
		return text;
	while (p - text + (ptrdiff_t)hc_char_size(p, end) <= LONGEST)
		p += hc_char_size(p, end);
	return hc_printf(arena, "%.*s...", (int)(p - text), text);
}

static const char *clean(struct hc_arena *arena, const char *text)
{
	return text ? hc_harmless(arena, clip(arena, text)) : NULL;
}

struct event event_clean(struct hc_arena *arena, const struct event *event)
{
	struct event one = *event;

	one.object = clean(arena, event->object);
	one.step = clean(arena, event->step);
	one.result = clean(arena, event->result);
	one.reason = clean(arena, event->reason);
	one.generation = clean(arena, event->generation);
	if (!one.at_us)
		one.at_us = hc_wall_us();
	return one;
}

static const char *subject(struct hc_arena *arena, const struct event *event)
{
	if (event->object)
		return event->object;
	switch (event->what) {
	case EVENT_AGENT:
		return "agent";
	case EVENT_GENERATION:
	case EVENT_REFUSED:
		return event->generation ? hc_printf(arena, "generation %.*s", SHORT_GENERATION,
						     event->generation)
					 : "manifests";
	case EVENT_DRIFT:
	case EVENT_DECISION:
	case EVENT_STEP:
	case EVENT_FAILED:
	case EVENT_RECOVERED:
	case EVENT_APPROVAL:
	case EVENT_CYCLE:
	case EVENT_SAID:
		break;
	}
	return event_words[event->what];
}

/* What became of it. */
static const char *outcome(const struct event *event)
{
	switch (event->what) {
	case EVENT_GENERATION:
		return "taken";
	case EVENT_APPROVAL:
		return "waits for approval";
	case EVENT_REFUSED:
	case EVENT_DRIFT:
	case EVENT_DECISION:
	case EVENT_FAILED:
	case EVENT_RECOVERED:
		return event_words[event->what];
	case EVENT_AGENT:
	case EVENT_STEP:
	case EVENT_CYCLE:
	case EVENT_SAID:
		break;
	}
	return event->result;
}

static const char *duration(struct hc_arena *arena, uint64_t us)
{
	uint64_t s = us / 1000000;

	if (!us)
		return "";
	if (us < 1000)
		return " (under 1 ms)";
	if (!s)
		return hc_printf(arena, " (%" PRIu64 " ms)", us / 1000);
	if (s < 60)
		return hc_printf(arena, " (%" PRIu64 ".%" PRIu64 " s)", s, us / 100000 % 10);
	return hc_printf(arena, " (%" PRIu64 " min %" PRIu64 " s)", s / 60, s % 60);
}

char *event_text(struct hc_arena *arena, const struct event *event)
{
	const char *word = outcome(event);

	return hc_printf(arena, "%s%s%s%s%s%s%s%s", subject(arena, event), event->step ? ": " : "",
			 event->step ? event->step : "", word ? ": " : "", word ? word : "",
			 event->reason ? ": " : "", event->reason ? event->reason : "",
			 duration(arena, event->duration_us));
}

static const char *when(struct hc_arena *arena, uint64_t us)
{
	time_t s = (time_t)(us / 1000000);
	struct tm tm;
	char text[32];

	if (!gmtime_r(&s, &tm) || !strftime(text, sizeof(text), "%FT%T", &tm))
		return "";
	return hc_printf(arena, "%s.%03uZ", text, (unsigned)(us / 1000 % 1000));
}

static void put(struct json_object *to, const char *key, const char *text)
{
	if (text)
		json_object_object_add(to, key, hc_json_string(text));
}

static size_t json_size(struct json_object *object)
{
	return strlen(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
}

/* A list that is too long loses its end, and says so. */
static void shorten(struct json_object *one, const char *key)
{
	struct json_object *list = NULL;
	size_t lost = 0;

	(void)json_object_object_get_ex(one, key, &list);
	while (json_size(one) > LARGEST && json_object_is_type(list, json_type_array) &&
	       json_object_array_length(list)) {
		size_t n = json_object_array_length(list), cut = (n + 1) / 2;

		(void)json_object_array_del_idx(list, n - cut, cut); /* they are there */
		lost += cut;
	}
	if (lost)
		json_object_object_add(one, "left_out", json_object_new_uint64(lost));
}

static void put_more(struct json_object *to, struct json_object *more)
{
	if (!json_object_is_type(more, json_type_object))
		return;
	json_object_object_foreach(more, key, value)
	{
		if (!json_object_object_get_ex(to, key, NULL))
			json_object_object_add(to, key, json_object_get(value));
	}
}

struct json_object *event_json(struct hc_arena *arena, const struct event *event)
{
	struct json_object *one = json_object_new_object();

	put(one, "at", when(arena, event->at_us));
	put(one, "event", event_words[event->what]);
	put(one, "object", event->object);
	put(one, "step", event->step);
	put(one, "result", event->result);
	put(one, "reason", event->reason);
	put(one, "generation", event->generation);
	if (event->duration_us)
		json_object_object_add(one, "duration_us",
				       json_object_new_uint64(event->duration_us));
	put(one, "text", event_text(arena, event));
	put_more(one, event->more);
	shorten(one, "changes");
	return one;
}

/* A step that fails is tried again; what is said to have failed or is refused wants somebody. */
int event_priority(const struct event *event)
{
	switch (event->what) {
	case EVENT_REFUSED:
	case EVENT_FAILED:
		return LOG_ERR;
	case EVENT_GENERATION:
	case EVENT_DRIFT:
	case EVENT_DECISION:
	case EVENT_RECOVERED:
	case EVENT_APPROVAL:
	case EVENT_SAID:
		return LOG_NOTICE;
	case EVENT_AGENT:
	case EVENT_STEP:
	case EVENT_CYCLE:
		break;
	}
	return event->result && !strcmp(event->result, "failed") ? LOG_WARNING : LOG_INFO;
}

const char *event_webhook_word(const struct event *event)
{
	switch (event->what) {
	case EVENT_DRIFT:
		return "drift";
	case EVENT_DECISION:
		return "decision";
	case EVENT_FAILED:
	case EVENT_REFUSED:
		return "failed";
	case EVENT_RECOVERED:
		return "recovered";
	case EVENT_APPROVAL:
		return "approval";
	case EVENT_AGENT:
	case EVENT_GENERATION:
	case EVENT_STEP:
	case EVENT_CYCLE:
	case EVENT_SAID:
		break;
	}
	return NULL;
}
