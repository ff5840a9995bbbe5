/* SPDX-License-Identifier: Apache-2.0 */
/* hcstate claim show: the records, as people or programs read them. */

#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "claim_program.h"

static const char *dash(const char *text)
{
	return text ? text : "-";
}

static void print_row(const char *vm, const char *state, const char *node, const char *target,
		      const char *asked, const char *epoch, const char *since, const char *clients)
{
	printf("%-20s %-10s %-10s %-10s %-10s %6s  %-19s  %s\n", vm, state, node, target, asked,
	       epoch, since, clients);
}

/* "2026-11-23 05:26:35", as clocks on this machine show it. */
static const char *moment(struct hc_arena *arena, uint64_t since)
{
	const time_t time = (time_t)since;
	char *text = hc_alloc(arena, 32);
	struct tm parts;

	if (!since || !localtime_r(&time, &parts) ||
	    !strftime(text, 32, "%Y-%m-%d %H:%M:%S", &parts))
		return "-";
	return text;
}

static const char *joined(struct hc_arena *arena, const struct hc_strings *texts)
{
	const char *all = texts->n ? texts->v[0] : "-";

	for (size_t i = 1; i < texts->n; i++)
		all = hc_printf(arena, "%s %s", all, texts->v[i]);
	return all;
}

static void print_claim(struct hc_arena *arena, const struct claim *claim)
{
	print_row(claim->vm ? claim->vm : claim->uuid,
		  claim->why ? "unreadable" : hc_claim_state_words[claim->state], dash(claim->node),
		  dash(claim->target), dash(claim->asked_node),
		  hc_printf(arena, "%" PRIu64, claim->epoch), moment(arena, claim->since),
		  claim->why ? claim->why : joined(arena, &claim->addresses));
}

static struct json_object *claim_json(struct hc_arena *arena, const struct claim *claim)
{
	struct json_object *object;

	if (!claim->why)
		return json_tokener_parse(claim_write(arena, claim));
	object = json_object_new_object();
	json_object_object_add(object, "uuid", json_object_new_string(claim->uuid));
	json_object_object_add(object, "error", json_object_new_string(claim->why));
	return object;
}

static void print_json(struct hc_arena *arena, const struct claim *v, size_t n)
{
	struct json_object *object = json_object_new_object(), *list = json_object_new_array();

	for (size_t i = 0; i < n; i++)
		json_object_array_add(list, claim_json(arena, &v[i]));
	json_object_object_add(object, "format_version", json_object_new_int(1));
	json_object_object_add(object, "claims", list);
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
							    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

static int compare(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int r = strcmp(x->vm ? x->vm : "", y->vm ? y->vm : "");

	return r ? r : strcmp(x->uuid, y->uuid);
}

int program_show(const struct program *program, const char *vm)
{
	struct claim one, *v = &one;
	size_t n = 1;
	int r = vm ? program_find(program, vm, &one)
		   : claim_store_list(&program->store, program->arena, &v, &n);

	if (r > 0)
		return r;
	if (r)
		return program_fail(75, "the claims cannot be read: %s", strerror(-r));
	if (n)
		qsort(v, n, sizeof(*v), compare);
	if (program->json) {
		print_json(program->arena, v, n);
		return 0;
	}
	print_row("VM", "STATE", "NODE", "TARGET", "ASKED", "EPOCH", "SINCE", "CLIENTS");
	for (size_t i = 0; i < n; i++)
		print_claim(program->arena, &v[i]);
	return 0;
}
