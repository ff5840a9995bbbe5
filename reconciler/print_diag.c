/* SPDX-License-Identifier: Apache-2.0 */
/* What was said of the manifests, for programs: of validate, of every command that cannot use them,
 * and of the agent when it keeps to an older generation. */

#include <json-c/json.h>

#include "print.h"

static struct json_object *diag_json(const struct hc_diag *diag)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct json_object *object = json_object_new_object();
	const struct hc_place *place = &diag->place;
	const char *where = place->source ? hc_place_text(arena, *place) : NULL;

	json_object_object_add(object, "file",
			       hc_json_string(place->source ? place->source->path : NULL));
	json_object_object_add(object, "line", json_object_new_uint64(place->line));
	json_object_object_add(object, "column", json_object_new_uint64(place->column));
	json_object_object_add(object, "place", hc_json_string(where));
	json_object_object_add(object, "severity",
			       json_object_new_string(diag->severity == HC_ERROR ? "error"
										 : "warning"));
	json_object_object_add(object, "text", hc_json_string(diag->text));
	json_object_object_add(object, "hint", hc_json_string(diag->hint));
	return object;
}

struct json_object *hc_diags_json(struct hc_diags *diags)
{
	struct json_object *all = json_object_new_array();

	hc_diags_sort(diags);
	for (size_t i = 0; i < diags->n; i++)
		json_object_array_add(all, diag_json(&diags->v[i]));
	return all;
}
