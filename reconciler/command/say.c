/* SPDX-License-Identifier: Apache-2.0 */
/* What a person says to the agent: approve, suspend, resume, reconcile. Without an agent there is
 * nobody who could keep to it. */

#include <json-c/json.h>

#include "ask.h"

enum {
	ANSWER_S = 120,
};

static int say(struct json_object *request)
{
	const struct ask how = {
		.out = stdout,
		.err = stderr,
		.needs_agent = true,
		.patience_s = ANSWER_S,
	};

	return ask(&how, request);
}

static void add_word(struct json_object *request, const char *key, const struct options *options)
{
	if (options->narg)
		json_object_object_add(request, key, json_object_new_string(options->args[0]));
}

int command_approve(const struct options *options)
{
	struct json_object *request;

	if (!options->narg) {
		fputs("hcstate: what is to be approved? a plan's id, or Kind/name[@node]\n",
		      stderr);
		return EXIT_USAGE;
	}
	request = ask_request(options, "approve");
	add_word(request, "what", options);
	return say(request);
}

int command_suspend(const struct options *options)
{
	struct json_object *request = ask_request(options, "suspend");

	add_word(request, "selector", options);
	if (options->reason)
		json_object_object_add(request, "reason", json_object_new_string(options->reason));
	if (options->until)
		json_object_object_add(request, "until", json_object_new_uint64(options->until));
	return say(request);
}

int command_resume(const struct options *options)
{
	struct json_object *request = ask_request(options, "resume");

	add_word(request, "selector", options);
	return say(request);
}

int command_reconcile(const struct options *options)
{
	return say(ask_request(options, "reconcile"));
}
