/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcstate validate: loads the manifests and says what is wrong with them. It needs no provider and
 * no system, so it runs in anybody's CI; kinds that installed providers bring are known too.
 */

#include "command.h"

#include <json-c/json.h>

static struct json_object *diag_json(const struct hc_diag *diag)
{
	struct json_object *object = json_object_new_object();
	const struct hc_place *place = &diag->place;

	json_object_object_add(object, "file",
			       place->source ? json_object_new_string(place->source->path) : NULL);
	json_object_object_add(object, "line", json_object_new_uint64(place->line));
	json_object_object_add(object, "column", json_object_new_uint64(place->column));
	json_object_object_add(object, "severity",
			       json_object_new_string(diag->severity == HC_ERROR ? "error"
										 : "warning"));
	json_object_object_add(object, "text", json_object_new_string(diag->text));
	json_object_object_add(object, "hint",
			       diag->hint ? json_object_new_string(diag->hint) : NULL);
	return object;
}

static void print_json(struct hc_generation *generation)
{
	struct json_object *object = json_object_new_object();
	struct json_object *errors = json_object_new_array();

	hc_diags_sort(&generation->diags);
	json_object_object_add(object, "format_version", json_object_new_int(1));
	json_object_object_add(object, "valid", json_object_new_boolean(!generation->diags.errors));
	json_object_object_add(object, "documents", json_object_new_uint64(generation->documents));
	json_object_object_add(object, "resources", json_object_new_uint64(generation->desired.n));
	for (size_t i = 0; i < generation->diags.n; i++)
		json_object_array_add(errors, diag_json(&generation->diags.v[i]));
	json_object_object_add(object, "errors", errors);
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
							    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

int command_validate(const struct options *options)
{
	_cleanup_(hc_registry_freep) struct hc_registry *registry = hc_registry_new();
	_cleanup_(hc_generation_freep) struct hc_generation *generation = NULL;

	hc_registry_load(registry, NULL);
	generation = hc_load(registry, options->files);
	if (options->output == OUTPUT_JSON)
		print_json(generation);
	else
		hc_diags_print(&generation->diags, stderr);
	if (generation->diags.errors)
		return EXIT_MANIFEST;
	if (options->output != OUTPUT_JSON)
		printf("%zu document%s, %zu resource%s: valid\n", generation->documents,
		       plural(generation->documents), generation->desired.n,
		       plural(generation->desired.n));
	return EXIT_DONE;
}
