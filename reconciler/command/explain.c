/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcstate explain: the tables for people. Without a word the kinds, with KIND its fields, with
 * KIND.FIELD one of them; with -o json the same for programs. The kinds of agent.yaml come last.
 */

#include "command.h"

#include <json-c/json.h>
#include <string.h>

#include <hcstate/agent.h>
#include <reconciler/describe.h>

/* agent.yaml is read and compared with nothing: what is left out there leaves nothing as it is, and
 * no change costs anything. */
static const char *absent_of(struct hc_arena *arena, const struct hc_type *type,
			     const struct hc_field *field)
{
	if (hc_describe_of_agent(type) && field->absent == HC_KEEP)
		return NULL;
	return hc_describe_absent(arena, field);
}

static const char *cost_of(const struct hc_type *type, const struct hc_field *field)
{
	return hc_describe_of_agent(type) ? NULL : hc_describe_cost(field);
}

static void print_written(struct hc_arena *arena, const struct hc_type *type,
			  const struct hc_field *field)
{
	const char *absent = absent_of(arena, type, field), *cost = cost_of(type, field);

	if (field->absent == HC_REQUIRED)
		printf("      required\n");
	else if (absent)
		printf("      when left out: %s\n", absent);
	if (cost && field->type != HC_CHILDREN)
		printf("      a change: %s\n", cost);
}

static void print_field(struct hc_arena *arena, const struct hc_type *type,
			const struct hc_field *field)
{
	printf("\n  %s: %s%s\n", field->name, hc_describe_value(arena, field),
	       field->secret ? ", secret" : "");
	if (field->doc)
		printf("      %s\n", field->doc);
	if (field->origin == HC_WRITTEN)
		print_written(arena, type, field);
	else
		printf("      %s\n", hc_describe_origin(field));
}

static void print_kind(struct hc_arena *arena, const struct hc_type *type, int field)
{
	printf("%s: %s\n", type->name, type->doc ? type->doc : "");
	printf("It is %s.\n", hc_describe_kind(type));
	for (size_t i = 0; i < type->nfield; i++)
		if (field < 0 || (size_t)field == i)
			print_field(arena, type, &type->fields[i]);
}

static void put(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, text ? json_object_new_string(text) : NULL);
}

static struct json_object *field_json(struct hc_arena *arena, const struct hc_type *type,
				      const struct hc_field *field)
{
	struct json_object *object = json_object_new_object();

	put(object, "name", field->name);
	put(object, "doc", field->doc);
	put(object, "value", hc_describe_value(arena, field));
	put(object, "origin", hc_describe_origin(field));
	put(object, "absent", absent_of(arena, type, field));
	put(object, "change", cost_of(type, field));
	put(object, "item", field->item ? field->item->name : NULL);
	json_object_object_add(object, "secret", json_object_new_boolean(field->secret));
	return object;
}

static struct json_object *kind_json(struct hc_arena *arena, const struct hc_type *type, int field)
{
	struct json_object *object = json_object_new_object();
	struct json_object *fields = json_object_new_array();

	put(object, "kind", type->name);
	put(object, "doc", type->doc);
	put(object, "is", hc_describe_kind(type));
	for (size_t i = 0; i < type->nfield; i++)
		if (field < 0 || (size_t)field == i)
			json_object_array_add(fields, field_json(arena, type, &type->fields[i]));
	json_object_object_add(object, "fields", fields);
	return object;
}

static void print_line(const struct hc_type *type)
{
	printf("%-18s %s\n", type->name, type->doc ? type->doc : "");
}

/* All kinds, or the one. */
static void print_json(struct hc_arena *arena, const struct hc_registry *registry,
		       const struct hc_type *type, int field)
{
	struct json_object *object = json_object_new_object();
	struct json_object *kinds = json_object_new_array();

	if (type)
		json_object_array_add(kinds, kind_json(arena, type, field));
	for (size_t i = 0; i < registry->ntype && !type; i++)
		json_object_array_add(kinds, kind_json(arena, registry->types[i], -1));
	for (const struct hc_type *const *t = hc_agent_types(); *t && !type; t++)
		json_object_array_add(kinds, kind_json(arena, *t, -1));
	json_object_object_add(object, "format_version", json_object_new_int(1));
	json_object_object_add(object, "kinds", kinds);
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
							    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

/* KIND or KIND.FIELD; *field is -1 without one. */
static int find(struct hc_arena *arena, const struct hc_registry *registry, const char *word,
		const struct hc_type **type, int *field)
{
	const char *dot = strchr(word, '.');
	const char *kind = dot ? hc_strndup(arena, word, (size_t)(dot - word)) : word;

	*type = hc_describe_type(registry, kind);
	if (!*type) {
		fprintf(stderr, "hcstate: there is no kind %s\n", kind);
		return EXIT_USAGE;
	}
	*field = dot ? hc_field_index(*type, dot + 1) : -1;
	if (dot && *field < 0) {
		fprintf(stderr, "hcstate: %s has no field %s\n", kind, dot + 1);
		return EXIT_USAGE;
	}
	return EXIT_DONE;
}

static void print_kinds(const struct hc_registry *registry)
{
	for (size_t i = 0; i < registry->ntype; i++)
		print_line(registry->types[i]);
	puts("\nOf /etc/hcstate/agent.yaml:\n");
	for (const struct hc_type *const *t = hc_agent_types(); *t; t++)
		print_line(*t);
}

int command_explain(const struct options *options)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	_cleanup_(hc_registry_freep) struct hc_registry *registry = hc_registry_new();
	const struct hc_type *type = NULL;
	int field = -1;

	hc_registry_load(registry, NULL);
	if (options->narg > 1) {
		fprintf(stderr, "hcstate: what is %s? explain takes one word\n", options->args[1]);
		return EXIT_USAGE;
	}
	if (options->narg) {
		int exitcode = find(arena, registry, options->args[0], &type, &field);

		if (exitcode)
			return exitcode;
	}
	if (options->output == OUTPUT_JSON)
		print_json(arena, registry, type, field);
	else if (type)
		print_kind(arena, type, field);
	else
		print_kinds(registry);
	return EXIT_DONE;
}
