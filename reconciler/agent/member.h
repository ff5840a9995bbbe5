/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Members of a JSON object that somebody else made: of another type or not there is the same. The
 * object may be NULL. */

#include <json-c/json_types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

const char *member_text(struct json_object *object, const char *key);           /* or NULL */
uint64_t member_number(struct json_object *object, const char *key);            /* or 0 */
bool member_true(struct json_object *object, const char *key);                  /* or false */
struct json_object *member_list(struct json_object *object, const char *key);   /* or NULL */
struct json_object *member_object(struct json_object *object, const char *key); /* or NULL */
/* How many a list has; NULL: none. */
size_t member_count(struct json_object *list);
