/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Taking a record of HA apart: JSON that is believed only where it is exactly what we write. Only
 * memory_json.c and words.c include this. */

#include <json-c/json.h>

#include <hcstate/value.h>

/* The first thing that is wrong stays in `why`; after that all else reads as nothing. */
struct reading {
	struct hc_arena *arena;
	const char *why;
};

/* The object of a text; NULL: it is none of that version, said. To be given back. */
struct json_object *reading_begin(struct reading *reading, const char *text, size_t size,
				  size_t most);

void reading_wrong(struct reading *reading, const char *key);
/* A name of a node or a VM; "" when that is wrong. Absent: NULL, where it may be. */
const char *reading_name(struct reading *reading, struct json_object *object, const char *key,
			 bool may_be_absent);
/* Absent: 0. */
uint64_t reading_number(struct reading *reading, struct json_object *object, const char *key,
			uint64_t most);
bool reading_flag(struct reading *reading, struct json_object *object, const char *key);
/* The number of the word that is there, of `n`. */
unsigned reading_word(struct reading *reading, struct json_object *object, const char *key,
		      const char *const *words, unsigned n);
/* A list of names, in its order. Absent: none. */
struct hc_strings reading_names(struct reading *reading, struct json_object *object,
				const char *key, size_t most);
/* A list of objects, NULL and 0 when it is none or one of them is none. Absent: none. */
struct json_object *reading_list(struct reading *reading, struct json_object *object,
				 const char *key, size_t most, size_t *n);

/* Writing: what is absent when it says nothing. */
void put_name(struct json_object *object, const char *key, const char *name);
void put_number(struct json_object *object, const char *key, uint64_t number);
void put_names(struct json_object *object, const char *key, const struct hc_strings *names);
/* Its text, in the arena; takes the object. */
char *put_text(struct hc_arena *arena, struct json_object *object);

enum {
	READING_VERSION = 1,
};
