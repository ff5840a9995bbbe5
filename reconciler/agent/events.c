/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where events come together and go out: to the last ones in memory, the journal, the history, the
 * webhooks and who listens. All of it in the loop's thread; only a webhook's thread that has
 * something to complain of leaves that in the inbox.
 *
 * An event becomes one JSON object, which all of them share.
 */

#include "events.h"

#include <json-c/json.h>
#include <string.h>

#include <reconciler/json.h>

#include "events_inbox.h"
#include "events_text.h"
#include "events_told.h"
#include "history.h"
#include "journal.h"
#include "notify.h"

enum {
	LAST = 256,
};

struct events_listener {
	struct hc_arena *arena; /* its own */
	struct events_listener *next;
	events_fn *fn; /* NULL: it listens no more */
	void *arg;
};

struct events {
	struct hc_arena *arena;
	struct hc_arena *config_arena; /* of what the configuration says */
	const char *node, *webhooks;   /* the latter: all that is said of them */
	struct journal *journal;
	struct json_object *last[LAST];
	size_t first, n;
	struct told told;
	struct history *history;
	struct notify *notify;
	struct inbox *inbox;
	struct events_listener *listeners;
	unsigned telling; /* they are being told: none goes from the list */
};

/* A part of the events themselves has something to say. */
static void complain(void *arg, const char *text)
{
	const struct event event = {.what = EVENT_AGENT, .result = "failed", .reason = text};

	events_say(arg, &event);
}

/* In a webhook's thread. */
static void leave_complaint(void *arg, const char *text)
{
	const struct events *events = arg;

	inbox_put(events->inbox, text);
}

static const char *or_none(const char *text)
{
	return text ? text : "";
}

/* No field can have a newline in it. */
static const char *webhooks_text(struct hc_arena *arena, const struct agent_config *config)
{
	const char *text = "";

	for (size_t i = 0; i < config->nwebhook; i++) {
		const struct hc_agent_webhook *spec = config->webhooks[i].spec;

		text = hc_printf(arena, "%s%s\n%s\n%s\n%s\n", text, config->webhooks[i].name,
				 spec->url, or_none(spec->header_file), or_none(spec->ca_file));
		for (size_t j = 0; j < spec->events.n; j++)
			text = hc_printf(arena, "%s%s\n", text, spec->events.v[j]);
		text = hc_printf(arena, "%s\n", text);
	}
	return text;
}

/* Webhooks that are the same go on: something may wait for its next try. */
void events_configure(struct events *events, const struct agent_config *config)
{
	struct hc_arena *arena = hc_arena_new();
	const char *webhooks = webhooks_text(arena, config);

	if (!events->webhooks || strcmp(events->webhooks, webhooks) != 0) {
		events->notify = notify_free(events->notify);
		events->notify = notify_new(config, leave_complaint, events);
	}
	hc_arena_free(events->config_arena);
	events->config_arena = arena;
	events->node = hc_strdup(arena, config->node);
	events->webhooks = webhooks;
	history_limit(events->history, config->spec->history);
}

struct events *events_new(sd_event *event, const struct agent_config *config, const char *state_dir,
			  bool journal)
{
	struct hc_arena *arena = hc_arena_new();
	struct events *events = hc_new(arena, struct events);

	events->arena = arena;
	events->journal = journal_new(journal ? JOURNAL_SOCKET : NULL);
	events->inbox = inbox_new(event, complain, events);
	events->history = history_new(state_dir, config->spec->history, complain, events);
	events_configure(events, config);
	return events;
}

struct events *events_free(struct events *events)
{
	if (!events)
		return NULL;
	events->notify = notify_free(events->notify); /* no complaint comes after this */
	events->inbox = inbox_free(events->inbox);
	events->history = history_free(events->history);
	events->journal = journal_free(events->journal);
	while (events->listeners)
		events_unlisten(events, events->listeners);
	for (size_t i = 0; i < events->n; i++)
		json_object_put(events->last[(events->first + i) % LAST]);
	told_free(&events->told);
	hc_arena_free(events->config_arena);
	hc_arena_free(events->arena);
	return NULL;
}

static void remember(struct events *events, struct json_object *json)
{
	if (events->n == LAST) {
		json_object_put(events->last[events->first]);
		events->first = (events->first + 1) % LAST;
		events->n--;
	}
	events->last[(events->first + events->n) % LAST] = json_object_get(json);
	events->n++;
}

static struct json_object *part(struct json_object *json, const char *key)
{
	struct json_object *value = NULL;

	(void)json_object_object_get_ex(json, key, &value);
	return json_object_get(value);
}

static void tell_webhooks(struct events *events, struct json_object *json, const char *word)
{
	struct json_object *body;

	if (!word)
		return;
	body = json_object_new_object();
	json_object_object_add(body, "format_version", json_object_new_int(1));
	json_object_object_add(body, "event", json_object_new_string(word));
	json_object_object_add(body, "node", hc_json_string(events->node));
	json_object_object_add(body, "object", part(json, "object"));
	json_object_object_add(body, "reason", part(json, "reason"));
	json_object_object_add(body, "generation", part(json, "generation"));
	json_object_object_add(body, "at", part(json, "at"));
	if (json_object_object_get_ex(json, "plan", NULL))
		json_object_object_add(body, "plan", part(json, "plan"));
	json_object_object_add(body, "text", part(json, "text"));
	notify_post(events->notify, word, body);
	json_object_put(body);
}

/* Those that stopped listening go, unless somebody stands on the list. */
static void sweep(struct events *events)
{
	struct events_listener **at = &events->listeners;

	while (!events->telling && *at) {
		struct events_listener *one = *at;

		if (one->fn) {
			at = &one->next;
			continue;
		}
		*at = one->next;
		hc_arena_free(one->arena);
	}
}

static void tell_listeners(struct events *events, struct json_object *json)
{
	events->telling++;
	for (struct events_listener *one = events->listeners; one; one = one->next)
		if (one->fn)
			one->fn(one->arg, json);
	events->telling--;
	sweep(events);
}

static void spread(struct events *events, struct hc_arena *arena, const struct event *event,
		   const char *word)
{
	struct json_object *json = event_json(arena, event);

	remember(events, json);
	journal_say(events->journal, event, event_text(arena, event));
	if (event->what == EVENT_CYCLE)
		history_add(events->history, json);
	tell_webhooks(events, json, word);
	tell_listeners(events, json);
	json_object_put(json);
}

void events_say(struct events *events, const struct event *event)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	const struct event one = event_clean(arena, event);
	bool recovered;

	if (told_news(&events->told, &one, &recovered))
		spread(events, arena, &one, recovered ? "recovered" : event_webhook_word(&one));
	json_object_put(event->more);
}

void events_differ(struct events *events, const struct hc_strings *objects)
{
	told_differ(&events->told, objects);
	journal_flush(events->journal);
}

struct json_object *events_last(const struct events *events)
{
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; i < events->n; i++)
		json_object_array_add(all,
				      json_object_get(events->last[(events->first + i) % LAST]));
	return all;
}

struct json_object *events_history(const struct events *events, size_t n)
{
	return history_last(events->history, n);
}

struct events_listener *events_listen(struct events *events, events_fn *fn, void *arg)
{
	struct hc_arena *arena = hc_arena_new();
	struct events_listener *one = hc_new(arena, struct events_listener);

	*one = (struct events_listener){.arena = arena,
					.next = events->listeners,
					.fn = fn,
					.arg = arg};
	events->listeners = one;
	return one;
}

void events_unlisten(struct events *events, struct events_listener *listener)
{
	listener->fn = NULL;
	sweep(events);
}
