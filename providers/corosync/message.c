/* SPDX-License-Identifier: Apache-2.0 */
/*
 * {"v": 1, "node": "pve1", "leaving": false, "facts": {"corosync.conf": "0123456789ab"}}
 *
 * What comes in is hostile until it is checked: whoever has the authkey may send anything, and a
 * newer hcstate may say more. So: a bound on size and depth, every value's type looked at, and keys
 * that are not known are left aside.
 */

#include "message.h"

#include <json-c/json.h>
#include <string.h>

enum {
	DEPTH = 3,
	FACTS = 8192,       /* a few, and one for each VM that was under HA */
	NAME_MAX_SIZE = 63, /* of a node */
};

static void json_free(struct json_object **object)
{
	(void)json_object_put(*object);
}

static void tokener_free(struct json_tokener **tokener)
{
	if (*tokener)
		json_tokener_free(*tokener);
}

char *message_write(struct hc_arena *arena, const struct message *message)
{
	_cleanup_(json_free) struct json_object *root = json_object_new_object();
	struct json_object *facts = json_object_new_object();

	json_object_object_add(root, "v", json_object_new_int(1));
	json_object_object_add(root, "node", json_object_new_string(message->node));
	json_object_object_add(root, "leaving", json_object_new_boolean(message->leaving));
	for (size_t i = 0; i < message->facts.n; i++)
		json_object_object_add(facts, message->facts.v[i].key,
				       json_object_new_string(message->facts.v[i].value));
	json_object_object_add(root, "facts", facts);
	return hc_strdup(arena, json_object_to_json_string_ext(root, JSON_C_TO_STRING_PLAIN));
}

/* Text without a NUL inside, or NULL. */
static const char *text(struct json_object *value)
{
	const char *s;

	if (!json_object_is_type(value, json_type_string))
		return NULL;
	s = json_object_get_string(value);
	return strlen(s) == (size_t)json_object_get_string_len(value) ? s : NULL;
}

static bool is_name(const char *name)
{
	size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789.-_");

	return size && !name[size] && size <= NAME_MAX_SIZE;
}

static bool read_facts(struct hc_arena *arena, struct json_object *object, struct hc_map *facts)
{
	if (!json_object_is_type(object, json_type_object) ||
	    json_object_object_length(object) > FACTS)
		return false;
	json_object_object_foreach(object, key, value)
	{
		if (!text(value))
			return false;
		hc_map_put(arena, facts, key, text(value));
	}
	return true;
}

static bool read_root(struct hc_arena *arena, struct json_object *root, struct message *message)
{
	struct json_object *v, *node, *leaving, *facts;

	if (!json_object_is_type(root, json_type_object) ||
	    !json_object_object_get_ex(root, "v", &v) || !json_object_is_type(v, json_type_int) ||
	    json_object_get_int(v) != 1 || !json_object_object_get_ex(root, "node", &node) ||
	    !text(node) || !is_name(text(node)) ||
	    !json_object_object_get_ex(root, "leaving", &leaving) ||
	    !json_object_is_type(leaving, json_type_boolean) ||
	    !json_object_object_get_ex(root, "facts", &facts))
		return false;
	*message = (struct message){
		.node = hc_strdup(arena, text(node)),
		.leaving = json_object_get_boolean(leaving),
	};
	return read_facts(arena, facts, &message->facts);
}

bool message_read(struct hc_arena *arena, const void *data, size_t size, struct message *message)
{
	_cleanup_(tokener_free) struct json_tokener *tokener = json_tokener_new_ex(DEPTH);
	_cleanup_(json_free) struct json_object *root = NULL;

	if (!tokener)
		abort(); /* memory has run out */
	if (!size || size > MESSAGE_MAX)
		return false;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	root = json_tokener_parse_ex(tokener, data, (int)size);
	if (json_tokener_get_error(tokener) != json_tokener_success ||
	    json_tokener_get_parse_end(tokener) != size)
		return false;
	return read_root(arena, root, message);
}
