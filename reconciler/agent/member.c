/* SPDX-License-Identifier: Apache-2.0 */
/* Looking into JSON without believing anything of it. */

#include "member.h"

#include <json-c/json.h>

static struct json_object *find(struct json_object *object, const char *key, enum json_type type)
{
	struct json_object *value;

	if (!json_object_is_type(object, json_type_object) ||
	    !json_object_object_get_ex(object, key, &value) || !json_object_is_type(value, type))
		return NULL;
	return value;
}

const char *member_text(struct json_object *object, const char *key)
{
	struct json_object *value = find(object, key, json_type_string);

	return value ? json_object_get_string(value) : NULL;
}

uint64_t member_number(struct json_object *object, const char *key)
{
	struct json_object *value = find(object, key, json_type_int);
	int64_t n = value ? json_object_get_int64(value) : 0;

	return n > 0 ? (uint64_t)n : 0;
}

bool member_true(struct json_object *object, const char *key)
{
	struct json_object *value = find(object, key, json_type_boolean);

	return value && json_object_get_boolean(value);
}

struct json_object *member_list(struct json_object *object, const char *key)
{
	return find(object, key, json_type_array);
}

struct json_object *member_object(struct json_object *object, const char *key)
{
	return find(object, key, json_type_object);
}

size_t member_count(struct json_object *list)
{
	return list ? json_object_array_length(list) : 0;
}
