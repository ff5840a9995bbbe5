/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* JSON Schema (draft 7, what editors' YAML plugins take) of the manifests, from the tables. */

#include "registry.h"

struct json_object;

/* Of any document. */
struct json_object *hc_schema_json(const struct hc_registry *registry);
/* Of documents of that kind. */
struct json_object *hc_schema_json_kind(const struct hc_type *type);
/* Of one field's value. */
struct json_object *hc_schema_json_value(const struct hc_field *field);
