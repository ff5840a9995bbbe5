/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with the manifests, as JSON: of validate, and of every command that cannot use
 * them. */

#include <json-c/json.h>

#include <reconciler/print.h>

#include "command.h"

void command_print_report(struct hc_generation *generation)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "format_version", json_object_new_int(1));
	json_object_object_add(object, "valid", json_object_new_boolean(!generation->diags.errors));
	json_object_object_add(object, "documents", json_object_new_uint64(generation->documents));
	json_object_object_add(object, "resources", json_object_new_uint64(generation->desired.n));
	json_object_object_add(object, "errors", hc_diags_json(&generation->diags));
	hc_print_json(stdout, object);
}
