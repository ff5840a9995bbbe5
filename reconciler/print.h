/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Plans, states and resources as text and JSON. The same input gives the same bytes. */

#include <json-c/json_types.h>

#include "engine.h"
#include "json.h"

/* print_plan.c */
void hc_print_plan(FILE *out, const struct hc_cycle *cycle);
void hc_print_change(FILE *out, const struct hc_plan *plan, const struct hc_change *change);
/* A line for what stays although no manifest asks for it. */
void hc_print_kept(FILE *out, const struct hc_cycle *cycle, const struct hc_finding *kept);
struct json_object *hc_plan_json(const struct hc_cycle *cycle, const char *generation);
/* "mtu 1500 -> 9000, stp no -> yes"; what a create sets; "" for a remove. */
char *hc_change_fields(struct hc_arena *arena, const struct hc_change *change);

/* print_table.c: of each kind that has columns, what was seen on all nodes. */
void hc_print_tables(FILE *out, const struct hc_cycle *cycle, const struct hc_registry *registry);

/* print_resource.c */
/* Documents that `plan --live` reads back: of a resource, and of a kind that could not be read. */
struct json_object *hc_resource_json(const struct hc_resource *resource);
struct json_object *hc_unknown_json(const struct hc_type *type, const char *why);
/* One YAML document; takes the object. */
void hc_print_yaml(FILE *out, struct json_object *object);
/* "mtu 1500, up true": the present fields of these origins. */
char *hc_resource_fields(struct hc_arena *arena, const struct hc_resource *resource, bool observed);
