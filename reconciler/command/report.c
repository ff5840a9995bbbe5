/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with the manifests, as JSON: of validate, and of every command that cannot use
 * them. */

#include <json-c/json.h>

#include <reconciler/json.h>

#include "command.h"

static struct json_object *diag_json(const struct hc_diag *diag)
{
	struct json_object *object = json_object_new_object();
	const struct hc_place *place = &diag->place;

	json_object_object_add(object, "file",
			       hc_json_string(place->source ? place->source->path : NULL));
	json_object_object_add(object, "line", json_object_new_uint64(place->line));
	json_object_object_add(object, "column", json_object_new_uint64(place->column));
	json_object_object_add(object, "severity",
			       json_object_new_string(diag->severity == HC_ERROR ? "error"
										 : "warning"));
	json_object_object_add(object, "text", hc_json_string(diag->text));
	json_object_object_add(object, "hint", hc_json_string(diag->hint));
	return object;
}

void command_print_report(struct hc_generation *generation)
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
	hc_print_json(stdout, object);
}
