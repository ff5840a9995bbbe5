/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ceph's answers, member by member. They change between releases and may come from a cluster that
 * is broken or not ours, so nothing is taken for granted.
 */

#include "json.h"

#include <math.h>
#include <string.h>

static struct json_object *member(struct json_object *object, const char *name, size_t size)
{
	char key[64];
	struct json_object *found = NULL;

	if (size >= sizeof(key) || !json_object_is_type(object, json_type_object))
		return NULL;
	memcpy(key, name, size);
	key[size] = '\0';
	(void)json_object_object_get_ex(object, key, &found); /* leaves NULL where there is none */
	return found;
}

/* "" is the object itself. */
static struct json_object *follow(struct json_object *object, const char *path)
{
	while (object && *path) {
		size_t size = strcspn(path, ".");

		object = member(object, path, size);
		path += size + (path[size] == '.');
	}
	return object;
}

const char *json_text(struct hc_arena *arena, struct json_object *object, const char *path,
		      const char *otherwise)
{
	struct json_object *text = follow(object, path);

	if (!json_object_is_type(text, json_type_string))
		return otherwise;
	return hc_strdup(arena, json_object_get_string(text));
}

uint64_t json_number(struct json_object *object, const char *path, uint64_t otherwise)
{
	struct json_object *number = follow(object, path);
	double value;

	if (json_object_is_type(number, json_type_int))
		return json_object_get_int64(number) < 0 ? otherwise
							 : json_object_get_uint64(number);
	if (!json_object_is_type(number, json_type_double))
		return otherwise;
	value = json_object_get_double(number);
	return value >= 0 && value < 0x1p63 ? (uint64_t)value : otherwise;
}

double json_decimal(struct json_object *object, const char *path, double otherwise)
{
	struct json_object *number = follow(object, path);
	double value;

	if (!json_object_is_type(number, json_type_int) &&
	    !json_object_is_type(number, json_type_double))
		return otherwise;
	value = json_object_get_double(number);
	return isfinite(value) ? value : otherwise;
}

bool json_flag(struct json_object *object, const char *path, bool otherwise)
{
	struct json_object *flag = follow(object, path);

	return json_object_is_type(flag, json_type_boolean) ? json_object_get_boolean(flag)
							    : otherwise;
}

struct json_object *json_list(struct json_object *object, const char *path, size_t *n)
{
	struct json_object *list = follow(object, path);

	*n = 0;
	if (!json_object_is_type(list, json_type_array))
		return NULL;
	*n = json_object_array_length(list);
	return list;
}

struct json_object *json_object_at(struct json_object *object, const char *path)
{
	struct json_object *found = follow(object, path);

	return json_object_is_type(found, json_type_object) ? found : NULL;
}

bool json_lists(struct json_object *object, const char *path, const char *text)
{
	size_t n;
	struct json_object *list = json_list(object, path, &n);

	for (size_t i = 0; i < n; i++) {
		struct json_object *item = json_object_array_get_idx(list, i);

		if (json_object_is_type(item, json_type_string) &&
		    !strcmp(json_object_get_string(item), text))
			return true;
	}
	return false;
}

struct hc_map json_map(struct hc_arena *arena, struct json_object *object, const char *path)
{
	struct json_object *found = json_object_at(object, path);
	struct json_object_iter it;
	struct hc_map map = {0};

	if (!found)
		return map;
	json_object_object_foreachC(found, it)
	{
		bool text = json_object_is_type(it.val, json_type_string);

		hc_map_put(arena, &map, it.key, text ? json_object_get_string(it.val) : "");
	}
	return map;
}
