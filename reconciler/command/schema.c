/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcstate schema: the tables for programs. `schema` and `schema KIND` print JSON Schema, `schema
 * markdown DIR` writes the pages of docs/reference, `schema man DIR` the manual pages, `schema
 * completion` prints what bash completes by.
 */

#include "command.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include <hcstate/agent.h>
#include <hcstate/file.h>
#include <reconciler/describe.h>
#include <reconciler/reference.h>
#include <reconciler/schema_json.h>

#include "completion.h"
#include "man.h"

static int fail_usage(const char *format, const char *word)
{
	fputs("hcstate: ", stderr);
	fprintf(stderr, format, word);
	fputc('\n', stderr);
	return EXIT_USAGE;
}

static void print(struct json_object *schema)
{
	puts(json_object_to_json_string_ext(schema, JSON_C_TO_STRING_PRETTY |
							    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(schema);
}

/* Writes DIR/NAME, whole or not at all. */
static int write_page(const char *directory, const char *name, man_print_fn *put, const void *of)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	_cleanup_(hc_freep) char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	const char *path = hc_printf(arena, "%s/%s", directory, name);
	int r;

	if (!out)
		abort();
	put(out, of);
	r = fclose(out) ? -errno : hc_file_write(path, 0644, text, size);
	if (r)
		fprintf(stderr, "hcstate: %s: %s\n", path, strerror(-r));
	return r;
}

static void print_index(FILE *out, const void *registry)
{
	hc_reference_index(out, registry);
}

static void print_kind(FILE *out, const void *type)
{
	hc_reference_kind(out, type);
}

static int write_kind(struct hc_arena *arena, const char *directory, const struct hc_type *type)
{
	return write_page(directory, hc_printf(arena, "%s.md", type->name), print_kind, type);
}

static int write_reference(const struct hc_registry *registry, const char *directory)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	int r = write_page(directory, "README.md", print_index, registry);

	for (size_t i = 0; i < registry->ntype && !r; i++)
		r = write_kind(arena, directory, registry->types[i]);
	for (const struct hc_type *const *t = hc_agent_types(); *t && !r; t++)
		r = write_kind(arena, directory, *t);
	return r ? EXIT_FAILED : EXIT_DONE;
}

static int write_man(const struct hc_registry *registry, const char *directory)
{
	int r = 0;

	for (const struct man_page *page = man_pages; page->name && !r; page++)
		r = write_page(directory, page->name, page->print, registry);
	return r ? EXIT_FAILED : EXIT_DONE;
}

int command_schema(const struct options *options)
{
	_cleanup_(hc_registry_freep) struct hc_registry *registry = hc_registry_new();
	const char *word = options->narg ? options->args[0] : NULL;
	const struct hc_type *type;

	if (word && (!strcmp(word, "markdown") || !strcmp(word, "man"))) {
		if (options->narg != 2)
			return fail_usage("%s wants a directory", word);
		return !strcmp(word, "man") ? write_man(registry, options->args[1])
					    : write_reference(registry, options->args[1]);
	}
	if (options->narg > 1)
		return fail_usage("what is %s? schema takes one kind", options->args[1]);
	if (word && !strcmp(word, "completion"))
		return completion_print(stdout, registry), EXIT_DONE;
	hc_registry_load(registry, NULL);
	if (!word) {
		print(hc_schema_json(registry));
		return EXIT_DONE;
	}
	type = hc_describe_type(registry, word);
	if (!type || type->from != HC_KIND)
		return fail_usage("there is no kind %s that can be written", word);
	print(hc_schema_json_kind(type));
	return EXIT_DONE;
}
