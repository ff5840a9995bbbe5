/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Members of a JSON object that somebody else wrote. One that is missing, of another type or out of
 * range is what the caller says instead. Names may be paths: "a.b"; "" is the object itself.
 */

#include <json-c/json.h>

#include <hcstate/value.h>

/* Copied into the arena. */
const char *json_text(struct hc_arena *arena, struct json_object *object, const char *path,
		      const char *otherwise);
uint64_t json_number(struct json_object *object, const char *path, uint64_t otherwise);
double json_decimal(struct json_object *object, const char *path, double otherwise);
bool json_flag(struct json_object *object, const char *path, bool otherwise);

/* The list or object of that path; NULL: none. Lent. */
struct json_object *json_list(struct json_object *object, const char *path, size_t *n);
struct json_object *json_object_at(struct json_object *object, const char *path);

/* Whether the list has that text. */
bool json_lists(struct json_object *object, const char *path, const char *text);
/* The texts of an object by their names, in the arena; what is no text is "". */
struct hc_map json_map(struct hc_arena *arena, struct json_object *object, const char *path);
