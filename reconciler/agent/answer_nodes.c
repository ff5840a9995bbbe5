/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The other nodes, below what this one says of itself: how each is, or what it would change, as it
 * told last, and how long ago that was when it is silent now.
 */

#include "answer.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include <reconciler/print.h>
#include <reconciler/text.h>

#include "member.h"

/* "node pve2, generation 1a2b", and when it was heard of where that is not now. */
static void print_head(FILE *out, struct hc_arena *arena, struct json_object *node)
{
	const char *name = member_text(node, "node"), *id = member_text(node, "generation");
	uint64_t age = member_number(node, "age");

	fprintf(out, "\nnode %s", name ? hc_harmless(arena, name) : "?");
	if (id)
		fprintf(out, ", generation %s", hc_harmless(arena, id));
	if (!member_text(node, "heard"))
		fputs(", not heard of yet", out);
	else if (!member_true(node, "present"))
		fprintf(out, ", not heard of%s",
			hc_age_text(arena, 1, age < UINT64_MAX ? 1 + age : age));
}

static void print_counts(FILE *out, struct json_object *counts)
{
	const char *comma = ": ";

	if (!counts)
		return;
	json_object_object_foreach(counts, word, n)
	{
		fprintf(out, "%s%" PRId64 " %s", comma, json_object_get_int64(n), word);
		comma = ", ";
	}
}

static size_t widest(struct json_object *lines, const char *key)
{
	size_t width = 0;

	for (size_t i = 0; i < member_count(lines); i++) {
		const char *text = member_text(json_object_array_get_idx(lines, i), key);

		if (text && strlen(text) > width)
			width = strlen(text);
	}
	return width;
}

static void print_more(FILE *out, struct json_object *of)
{
	if (member_number(of, "more"))
		fprintf(out, "and %" PRIu64 " more\n", member_number(of, "more"));
}

static void print_lines(FILE *out, struct hc_arena *arena, struct json_object *node)
{
	struct json_object *lines = member_list(node, "lines");
	int width = (int)widest(lines, "object");

	for (size_t i = 0; i < member_count(lines); i++) {
		struct json_object *one = json_object_array_get_idx(lines, i);
		const char *object = member_text(one, "object");
		const char *state = member_text(one, "state");
		const char *reason = member_text(one, "reason");

		fprintf(out, "%-*s  %s%s", width, object ? hc_harmless(arena, object) : "?",
			state ? hc_harmless(arena, state) : "?",
			hc_age_text(arena, member_number(one, "since"), hc_wall_us() / 1000000));
		fprintf(out, "%s%s\n", reason ? "  " : "",
			reason ? hc_harmless(arena, reason) : "");
	}
	print_more(out, node);
}

void answer_nodes_status(FILE *out, struct json_object *nodes)
{
	for (size_t i = 0; i < member_count(nodes); i++) {
		_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
		struct json_object *node = json_object_array_get_idx(nodes, i);

		if (member_true(node, "own"))
			continue;
		print_head(out, arena, node);
		if (member_true(node, "converged"))
			fputs(": converged", out);
		else
			print_counts(out, member_object(node, "counts"));
		fputc('\n', out);
		print_lines(out, arena, node);
	}
}

static const char *sign_of(const char *action)
{
	static const char *const signs[] = {"+", "~", "-/+", "-"};

	for (size_t i = 0; action && hc_action_words[i]; i++)
		if (!strcmp(action, hc_action_words[i]))
			return signs[i];
	return "?";
}

static void print_change(FILE *out, struct hc_arena *arena, struct json_object *one)
{
	const char *object = member_text(one, "object"), *fields = member_text(one, "fields");
	const char *impact = member_text(one, "impact"), *why = member_text(one, "reason");
	const char *refused = member_text(one, "refused");

	fprintf(out, "%s %s%s%s  %s\n", sign_of(member_text(one, "action")),
		object ? hc_harmless(arena, object) : "?", fields && *fields ? "  " : "",
		fields ? hc_harmless(arena, fields) : "",
		impact ? hc_harmless(arena, impact) : "?");
	if (why)
		fprintf(out, "    why: %s\n", hc_harmless(arena, why));
	if (refused)
		fprintf(out, "    %s: %s\n", member_text(one, "hold") ? "held" : "refused",
			hc_harmless(arena, refused));
}

void answer_nodes_plan(FILE *out, struct json_object *nodes)
{
	for (size_t i = 0; i < member_count(nodes); i++) {
		_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
		struct json_object *node = json_object_array_get_idx(nodes, i);
		struct json_object *plan = member_object(node, "plan");
		struct json_object *changes = member_list(plan, "changes");

		if (member_true(node, "own"))
			continue;
		print_head(out, arena, node);
		if (plan && !member_count(changes))
			fputs(": nothing to do", out);
		fputc('\n', out);
		for (size_t c = 0; c < member_count(changes); c++)
			print_change(out, arena, json_object_array_get_idx(changes, c));
		print_more(out, plan);
	}
}
