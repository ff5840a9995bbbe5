/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Plans, states and resources as text and JSON. The same input gives the same bytes. */

#include <json-c/json_types.h>

#include "engine.h"
#include "json.h"
#include "status.h"

/* print_plan.c */
void hc_print_plan(FILE *out, const struct hc_cycle *cycle);
void hc_print_change(FILE *out, const struct hc_plan *plan, const struct hc_change *change);
/* A line for what stays although no manifest asks for it. */
void hc_print_kept(FILE *out, const struct hc_cycle *cycle, const struct hc_finding *kept);
/* Of each enum hc_hold: window, approval, suspended, ...; NULL for HC_GO. */
extern const char *const hc_hold_words[];
/* Refused for now by the policy, and not for what it is. */
bool hc_is_held(const struct hc_change *change);
struct json_object *hc_plan_json(const struct hc_cycle *cycle, const char *generation);
/* "mtu 1500 -> 9000, stp no -> yes"; what a create sets; "" for a remove. */
char *hc_change_fields(struct hc_arena *arena, const struct hc_change *change);
/* Whether nothing differs but what hcstate notes for itself. */
bool hc_change_is_own(const struct hc_change *change);
/* Whether somebody changed something of it, beside what was decided. */
bool hc_change_is_drift(const struct hc_change *change);
/* Of one that was decided: what becomes of it by that, and why. */
char *hc_change_decision(struct hc_arena *arena, const struct hc_change *change);
/* ... and what was changed beside, or of any other: "memory 2G -> 1G". */
char *hc_change_drift(struct hc_arena *arena, const struct hc_change *change);

/* print_status.c: a line for each resource, then the tables. */
void hc_print_status(FILE *out, const struct hc_status *status, const struct hc_cycle *cycle,
		     const struct hc_registry *registry);
/* " for 3h"; "" when `since` is 0, or just now. Seconds of CLOCK_REALTIME. */
char *hc_age_text(struct hc_arena *arena, uint64_t since, uint64_t now);

/* print_diag.c: an array of what was said, sorted by place. */
struct json_object *hc_diags_json(struct hc_diags *diags);

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
