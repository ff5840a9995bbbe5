/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who asked and waits: for a look, for the end of an apply, for events. Each has two streams in
 * memory that are printed to as a command prints to its own; what is in them is sent in one piece.
 *
 * A request may come at any moment of a turn. The look that goes on then may have read before what
 * the person just did, so it does not count.
 */

#include "requests.h"

#include <json-c/json.h>
#include <string.h>

#include "member.h"
#include "waiter.h"

struct requests {
	struct agent *agent;
	struct waiter *first;
};

static const struct verb verbs[] = {
	{"status", look_begin, status_looked, look_late, NULL},
	{"plan", look_anew, plan_looked, look_late, NULL},
	{"get", look_anew, get_looked, look_late, NULL},
	{"apply", apply_begin, apply_looked, apply_late, apply_progress},
	{"reconcile", reconcile_begin, reconcile_looked, reconcile_late, NULL},
	{"events", events_begin, NULL, NULL, NULL},
	{"history", history_begin, NULL, NULL, NULL},
	{"approve", approve_begin, NULL, NULL, NULL},
	{"suspend", suspend_begin, NULL, NULL, NULL},
	{"resume", resume_begin, NULL, NULL, NULL},
};

struct requests *requests_new(struct agent *agent)
{
	struct requests *requests = calloc(1, sizeof(*requests));

	if (!requests)
		abort(); /* memory has run out */
	requests->agent = agent;
	return requests;
}

static void open_streams(struct waiter *waiter)
{
	waiter->out = open_memstream(&waiter->text[0], &waiter->size[0]);
	waiter->err = open_memstream(&waiter->text[1], &waiter->size[1]);
	if (!waiter->out || !waiter->err)
		abort();
}

static void close_streams(struct waiter *waiter)
{
	(void)fclose(waiter->out); /* to memory */
	(void)fclose(waiter->err);
}

static void forget_texts(struct waiter *waiter)
{
	for (size_t i = 0; i < HC_COUNT(waiter->text); i++) {
		free(waiter->text[i]);
		waiter->text[i] = NULL;
	}
}

static void waiter_free(struct waiter *waiter)
{
	struct waiter **at = &waiter->agent->requests->first;

	while (*at != waiter)
		at = &(*at)->next;
	*at = waiter->next;
	if (waiter->ear)
		events_unlisten(waiter->agent->events, waiter->ear);
	json_object_put(waiter->rest);
	sd_event_source_disable_unref(waiter->timer);
	close_streams(waiter);
	forget_texts(waiter);
	(void)hc_arena_free(waiter->arena);
	free(waiter);
}

static void send_text(const struct waiter *waiter, const char *key, const char *text, size_t size)
{
	struct json_object *line;

	if (!size || !waiter->request)
		return;
	line = json_object_new_object();
	json_object_object_add(line, key, json_object_new_string_len(text, (int)size));
	request_answer(waiter->request, line);
}

void waiter_send(struct waiter *waiter)
{
	close_streams(waiter);
	send_text(waiter, "out", waiter->text[0], waiter->size[0]);
	send_text(waiter, "err", waiter->text[1], waiter->size[1]);
	forget_texts(waiter);
	open_streams(waiter);
}

void waiter_end(struct waiter *waiter, int code)
{
	struct json_object *line = json_object_new_object();

	waiter_send(waiter);
	json_object_object_add(line, "exit", json_object_new_int(code));
	request_answer(waiter->request, line);
	request_end(waiter->request);
	waiter_free(waiter);
}

void waiter_fail(struct waiter *waiter, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(waiter->err, "hcstate: %s\n", hc_vprintf(waiter->arena, format, args));
	va_end(args);
	waiter_end(waiter, code);
}

bool waiter_passes_over(struct waiter *waiter)
{
	const struct agent *agent = waiter->agent;

	if (waiter->passed_over || !(agent->look || agent->news))
		return false;
	return waiter->passed_over = true;
}

void waiter_said(const struct waiter *waiter, const char *object, const char *result,
		 const char *reason)
{
	const struct event event = {
		.what = EVENT_SAID,
		.object = object,
		.result = result,
		.reason = reason,
		.generation = waiter->agent->generation ? waiter->agent->generation->id : NULL,
	};

	events_say(waiter->agent->events, &event);
}

struct json_object *waiter_body(const struct waiter *waiter)
{
	return waiter->request->body;
}

static int time_is_over(sd_event_source *source, uint64_t usec, void *arg)
{
	struct waiter *waiter = arg;

	(void)source, (void)usec;
	waiter->verb->late(waiter);
	return 0;
}

void waiter_wait(struct waiter *waiter, uint64_t us)
{
	waiter->timer = sd_event_source_disable_unref(waiter->timer);
	if (sd_event_add_time_relative(waiter->agent->event, &waiter->timer, CLOCK_MONOTONIC, us, 0,
				       time_is_over, waiter) < 0)
		abort(); /* memory has run out */
}

static void gone(struct request *request)
{
	waiter_free(request->arg);
}

static bool take_output(struct waiter *waiter)
{
	const char *word = member_text(waiter_body(waiter), "output");

	for (size_t i = 0; word && output_words[i]; i++)
		if (!strcmp(word, output_words[i])) {
			waiter->output = (enum output)i;
			return true;
		}
	return !word;
}

static struct waiter *waiter_new(struct agent *agent, struct request *request)
{
	struct waiter *waiter = calloc(1, sizeof(*waiter));

	if (!waiter)
		abort();
	waiter->agent = agent;
	waiter->request = request;
	waiter->arena = hc_arena_new();
	waiter->begin = hc_now();
	waiter->next = agent->requests->first;
	agent->requests->first = waiter;
	open_streams(waiter);
	request->arg = waiter;
	request->gone = gone;
	return waiter;
}

void requests_take(void *arg, struct request *request)
{
	struct waiter *waiter = waiter_new(arg, request);
	const char *word = member_text(request->body, "do");

	for (size_t i = 0; word && i < HC_COUNT(verbs); i++)
		if (!strcmp(word, verbs[i].name))
			waiter->verb = &verbs[i];
	if (!waiter->verb)
		waiter_fail(waiter, EXIT_USAGE, "that cannot be asked");
	else if (!take_output(waiter))
		waiter_fail(waiter, EXIT_USAGE, "there is no such form of output");
	else
		waiter->verb->begin(waiter);
}

/* The one that is served may go; no other does. */
void requests_looked(struct requests *requests, bool ended)
{
	struct waiter *next;

	for (struct waiter *waiter = requests->first; waiter; waiter = next) {
		next = waiter->next;
		if (waiter->verb->looked)
			waiter->verb->looked(waiter, ended);
	}
}

void requests_progress(struct requests *requests, const struct hc_step *step, int state,
		       const char *why)
{
	for (struct waiter *waiter = requests->first; waiter; waiter = waiter->next)
		if (waiter->verb->progress)
			waiter->verb->progress(waiter, step, (enum hc_step_state)state, why);
}

bool requests_wait(const struct requests *requests)
{
	for (const struct waiter *waiter = requests->first; waiter; waiter = waiter->next)
		if (waiter->verb->looked)
			return true;
	return false;
}

struct requests *requests_free(struct requests *requests)
{
	while (requests && requests->first)
		waiter_fail(requests->first, EXIT_LATER, "the agent ends");
	free(requests);
	return NULL;
}
