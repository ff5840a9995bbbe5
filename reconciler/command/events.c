/* SPDX-License-Identifier: Apache-2.0 */
/* hcstate events, hcstate history: what the agent did and saw, a line each; as JSON an object per
 * line, so that what follows can be read while it comes. */

#include <json-c/json.h>
#include <string.h>

#include <reconciler/agent/member.h>
#include <reconciler/text.h>

#include "ask.h"

enum {
	ANSWER_S = 120,
};

static void print_json(struct json_object *event)
{
	puts(json_object_to_json_string_ext(event, JSON_C_TO_STRING_PLAIN |
							   JSON_C_TO_STRING_NOSLASHESCAPE));
}

static void print_event(void *arg, struct json_object *event)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	const struct options *options = arg;
	const char *at = member_text(event, "at"), *what = member_text(event, "event");
	const char *text = member_text(event, "text");

	if (options->output == OUTPUT_JSON)
		print_json(event);
	else
		printf("%s  %-10s  %s\n", at ? hc_harmless(arena, at) : "?",
		       what ? hc_harmless(arena, what) : "?", text ? hc_harmless(arena, text) : "");
	(void)fflush(stdout); /* checked at the end */
}

static void print_change(struct hc_arena *arena, struct json_object *change)
{
	const char *object = member_text(change, "object"), *step = member_text(change, "step");
	const char *why = member_text(change, "why");

	printf("    %s: %s%s%s\n", object ? hc_harmless(arena, object) : "?",
	       step ? hc_harmless(arena, step) : "?", why ? "  " : "",
	       why ? hc_harmless(arena, why) : "");
}

static void print_cycle(void *arg, struct json_object *cycle)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	const struct options *options = arg;
	struct json_object *changes = member_list(cycle, "changes");
	const char *at = member_text(cycle, "at"), *result = member_text(cycle, "result");
	const char *generation = member_text(cycle, "generation");

	if (options->output == OUTPUT_JSON) {
		print_json(cycle);
		return;
	}
	printf("%s  %s after %.1f s, generation %s\n", at ? hc_harmless(arena, at) : "?",
	       result ? hc_harmless(arena, result) : "?",
	       (double)member_number(cycle, "duration_us") / 1e6,
	       generation ? hc_harmless(arena, generation) : "?");
	for (size_t i = 0; i < member_count(changes); i++)
		print_change(arena, json_object_array_get_idx(changes, i));
	if (member_number(cycle, "left_out"))
		printf("    and %llu more\n", (unsigned long long)member_number(cycle, "left_out"));
}

static int ask_past(const struct options *options, struct json_object *request,
		    void (*print)(void *, struct json_object *))
{
	struct options lent = *options;
	const struct ask how = {
		.out = stdout,
		.err = stderr,
		.event = print,
		.arg = &lent,
		.needs_agent = true,
		.patience_s = options->follow ? 0 : ANSWER_S,
	};

	return ask(&how, request);
}

int command_events(const struct options *options)
{
	struct json_object *request = ask_request(options, "events");

	json_object_object_add(request, "follow", json_object_new_boolean(options->follow));
	return ask_past(options, request, print_event);
}

int command_history(const struct options *options)
{
	struct json_object *request;
	char *end = NULL;
	unsigned long n = options->narg ? strtoul(options->args[0], &end, 10) : 20;

	if (!n || (end && *end) || n > 100000) {
		fprintf(stderr, "hcstate: %s is no number of cycles (1 to 100000)\n",
			options->args[0]);
		return EXIT_USAGE;
	}
	request = ask_request(options, "history");
	json_object_object_add(request, "n", json_object_new_uint64(n));
	return ask_past(options, request, print_cycle);
}
