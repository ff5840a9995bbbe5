/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pieces of HA's records. Names go into commands, onto terminals and into plans, so each is
 * checked to be of harmless letters; numbers stay below 2^63, so that what is raised by
 * one never wraps.
 */

#include "reading.h"

#include <string.h>

#include "../json.h"

enum {
	DEPTH = 8,
	LONGEST = 255, /* characters of a name, as in a claim */
};

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

void reading_wrong(struct reading *reading, const char *key)
{
	if (!reading->why)
		reading->why = hc_printf(reading->arena, "its %s is none", key);
}

static struct json_object *member(struct json_object *object, const char *key)
{
	struct json_object *found = NULL;

	(void)json_object_object_get_ex(object, key, &found); /* leaves NULL where there is none */
	return found;
}

struct json_object *reading_begin(struct reading *reading, const char *text, size_t size,
				  size_t most)
{
	struct json_object *object = size <= most ? hc_json_parse(text, size, DEPTH) : NULL;

	if (!json_object_is_type(object, json_type_object))
		reading->why = "it is no JSON object";
	else if (reading_number(reading, object, "version", INT64_MAX) != READING_VERSION)
		reading->why = "its version is not one that this hcstate knows";
	if (!reading->why)
		return object;
	json_object_put(object);
	return NULL;
}

/* What a claim may hold: where a VM is comes from there. */
static bool is_name(struct json_object *text)
{
	const char *name;
	size_t size;

	if (!json_object_is_type(text, json_type_string))
		return false;
	name = json_object_get_string(text);
	size = (size_t)json_object_get_string_len(text);
	return size && size <= LONGEST && strspn(name, LETTERS "._-") == size;
}

const char *reading_name(struct reading *reading, struct json_object *object, const char *key,
			 bool may_be_absent)
{
	struct json_object *text = member(object, key);

	if (!text && may_be_absent)
		return NULL;
	if (is_name(text))
		return hc_strdup(reading->arena, json_object_get_string(text));
	reading_wrong(reading, key);
	return "";
}

uint64_t reading_number(struct reading *reading, struct json_object *object, const char *key,
			uint64_t most)
{
	struct json_object *number = member(object, key);
	bool right = json_object_is_type(number, json_type_int) &&
		     json_object_get_int64(number) >= 0 && json_object_get_uint64(number) <= most;

	if (number && !right)
		reading_wrong(reading, key);
	return number && right ? json_object_get_uint64(number) : 0;
}

bool reading_flag(struct reading *reading, struct json_object *object, const char *key)
{
	struct json_object *flag = member(object, key);

	if (!json_object_is_type(flag, json_type_boolean))
		reading_wrong(reading, key);
	return json_object_get_boolean(flag);
}

unsigned reading_word(struct reading *reading, struct json_object *object, const char *key,
		      const char *const *words, unsigned n)
{
	struct json_object *text = member(object, key);

	for (unsigned i = 0; i < n && json_object_is_type(text, json_type_string); i++)
		if (!strcmp(json_object_get_string(text), words[i]))
			return i;
	reading_wrong(reading, key);
	return 0;
}

/* The list of that name, of at most so many items; NULL: none, or a wrong one. */
static struct json_object *list_at(struct reading *reading, struct json_object *object,
				   const char *key, size_t most, size_t *n)
{
	struct json_object *list = member(object, key);

	*n = 0;
	if (!list)
		return NULL;
	if (!json_object_is_type(list, json_type_array) || json_object_array_length(list) > most) {
		reading_wrong(reading, key);
		return NULL;
	}
	*n = json_object_array_length(list);
	return list;
}

struct hc_strings reading_names(struct reading *reading, struct json_object *object,
				const char *key, size_t most)
{
	size_t n;
	struct json_object *list = list_at(reading, object, key, most, &n);
	struct hc_strings names = {.v = hc_alloc(reading->arena, n * sizeof(*names.v))};

	for (size_t i = 0; i < n; i++) {
		struct json_object *item = json_object_array_get_idx(list, i);

		if (!is_name(item))
			reading_wrong(reading, key);
		else
			names.v[names.n++] =
				hc_strdup(reading->arena, json_object_get_string(item));
	}
	return names;
}

struct json_object *reading_list(struct reading *reading, struct json_object *object,
				 const char *key, size_t most, size_t *n)
{
	struct json_object *list = list_at(reading, object, key, most, n);

	for (size_t i = 0; i < *n; i++)
		if (!json_object_is_type(json_object_array_get_idx(list, i), json_type_object)) {
			reading_wrong(reading, key);
			*n = 0;
		}
	return *n ? list : NULL;
}

void put_name(struct json_object *object, const char *key, const char *name)
{
	if (name)
		json_object_object_add(object, key, json_object_new_string(name));
}

void put_number(struct json_object *object, const char *key, uint64_t number)
{
	if (number)
		json_object_object_add(object, key, json_object_new_uint64(number));
}

void put_names(struct json_object *object, const char *key, const struct hc_strings *names)
{
	struct json_object *list;

	if (!names->n)
		return;
	list = json_object_new_array();
	for (size_t i = 0; i < names->n; i++)
		json_object_array_add(list, json_object_new_string(names->v[i]));
	json_object_object_add(object, key, list);
}

char *put_text(struct hc_arena *arena, struct json_object *object)
{
	const int flags = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;
	char *text = hc_strdup(arena, json_object_to_json_string_ext(object, flags));

	json_object_put(object);
	return text;
}
