/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands above a status that the agent gives: where its manifests come from, why the newest
 * ones are not what is made true, and what persons said hands off of.
 */

#include "answer.h"

#include <json-c/json.h>

#include <reconciler/text.h>

#include "member.h"
#include "stuck.h"

static void print_source(FILE *out, struct hc_arena *arena, struct json_object *source)
{
	const char *kind = member_text(source, "kind"), *where = member_text(source, "where");
	const char *tip = member_text(source, "tip"), *error = member_text(source, "error");
	const char *warning = member_text(source, "warning");

	if (!kind || !where)
		return;
	fprintf(out, "source: %s %s", kind, hc_harmless(arena, where));
	if (tip)
		fprintf(out, ", newest commit %.12s", hc_harmless(arena, tip));
	fputc('\n', out);
	if (error)
		fprintf(out, "source: error: %s\n", hc_harmless(arena, error));
	if (warning)
		fprintf(out, "source: warning: %s\n", hc_harmless(arena, warning));
}

static void print_refused(FILE *out, struct hc_arena *arena, struct json_object *refused)
{
	for (size_t i = 0; i < member_count(refused); i++) {
		struct json_object *one = json_object_array_get_idx(refused, i);
		const char *place = member_text(one, "place"), *text = member_text(one, "text");
		const char *severity = member_text(one, "severity");

		fprintf(out, "refused: %s%s%s: %s\n", place ? hc_harmless(arena, place) : "",
			place ? ": " : "", severity ? severity : "error",
			text ? hc_harmless(arena, text) : "");
	}
}

static void print_suspended(FILE *out, struct hc_arena *arena, struct json_object *suspended)
{
	for (size_t i = 0; i < member_count(suspended); i++) {
		struct json_object *one = json_object_array_get_idx(suspended, i);
		const char *selector = member_text(one, "selector");
		const char *by = member_text(one, "by"), *until = member_text(one, "until");
		const char *reason = member_text(one, "reason");

		fprintf(out, "suspended: %s",
			selector && *selector ? hc_harmless(arena, selector) : "everything");
		if (by)
			fprintf(out, " by %s", hc_harmless(arena, by));
		if (until)
			fprintf(out, " until %s", hc_harmless(arena, until));
		fprintf(out, "%s%s\n", reason ? ": " : "",
			reason ? hc_harmless(arena, reason) : "");
	}
}

void answer_agent(FILE *out, struct json_object *agent)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();

	print_source(out, arena, member_object(agent, "source"));
	print_refused(out, arena, member_list(agent, "refused"));
	stuck_print(out, arena, member_list(agent, "stuck"));
	print_suspended(out, arena, member_list(agent, "suspended"));
	if (member_true(agent, "suspensions_lost"))
		fputs("suspended: everything: it is not known what was, for its file cannot be "
		      "read\n",
		      out);
}
