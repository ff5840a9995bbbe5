/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a value looks: as text on one line, which a manifest could hold, and as JSON. Texts stay
 * bare where YAML would read them back as they are, because people read them in plans.
 */

#include <hcstate/type.h>

#include "address.h"
#include "json.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

/* Words that a bare YAML scalar would not be a text with. */
static bool other_type(const char *text)
{
	static const char *const words[] = {"~", "null", "Null", "NULL", "---", "...", "<<"};

	for (size_t i = 0; i < HC_COUNT(words); i++)
		if (!strcmp(text, words[i]))
			return true;
	return false;
}

/* Whether it needs quotes. Inside a list or map some more characters do. */
static bool wants_quotes(const char *text, bool inside)
{
	size_t size = strlen(text);

	if (!size || text[0] == ' ' || text[size - 1] == ' ' || text[size - 1] == ':')
		return true;
	if (strchr("-?:", text[0]) && (!text[1] || text[1] == ' '))
		return true;
	if (strchr(",[]{}#&*!|>'\"%@`", text[0]) || other_type(text))
		return true;
	if (strstr(text, ": ") || strstr(text, " #") || (inside && strpbrk(text, ",[]{}")))
		return true;
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7F)
			return true;
	return false;
}

static char *escape(char *to, unsigned char c)
{
	static const char digits[] = "0123456789abcdef";

	*to++ = '\\';
	if (c == '\n' || c == '\t' || c == '\r') {
		*to++ = (char)(c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
	} else if (c == '"' || c == '\\') {
		*to++ = (char)c;
	} else {
		*to++ = 'x';
		*to++ = digits[c >> 4];
		*to++ = digits[c & 15];
	}
	return to;
}

static char *text_of(struct hc_arena *arena, const char *text, bool inside)
{
	char *quoted, *to;

	if (!text)
		text = "";
	if (!wants_quotes(text, inside))
		return hc_strdup(arena, text);
	to = quoted = hc_alloc(arena, 4 * strlen(text) + 3);
	*to++ = '"';
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7F || strchr("\"\\", *text))
			to = escape(to, (unsigned char)*text);
		else
			*to++ = *text;
	*to++ = '"';
	return quoted;
}

/* The items with what opens, parts and closes them. */
static char *join(struct hc_arena *arena, char open, char *const *items, size_t n, char close)
{
	size_t size = 3;
	char *text, *to;

	for (size_t i = 0; i < n; i++)
		size += strlen(items[i]) + 2;
	to = text = hc_alloc(arena, size);
	*to++ = open;
	for (size_t i = 0; i < n; i++) {
		if (i)
			to = stpcpy(to, ", ");
		to = stpcpy(to, items[i]);
	}
	*to++ = close;
	return text;
}

static char *strings_text(struct hc_arena *arena, const struct hc_strings *strings)
{
	char **items = hc_alloc(arena, (strings->n + 1) * sizeof(*items));

	for (size_t i = 0; i < strings->n; i++)
		items[i] = text_of(arena, strings->v[i], true);
	return join(arena, '[', items, strings->n, ']');
}

static char *map_text(struct hc_arena *arena, const struct hc_map *map)
{
	char **items = hc_alloc(arena, (map->n + 1) * sizeof(*items));

	for (size_t i = 0; i < map->n; i++)
		items[i] = hc_printf(arena, "%s: %s", text_of(arena, map->v[i].key, true),
				     text_of(arena, map->v[i].value, true));
	return join(arena, '{', items, map->n, '}');
}

static char *digest_of(struct hc_arena *arena, const char *text)
{
	return text && *text ? hc_digest(arena, text, strlen(text)) : hc_strdup(arena, "absent");
}

char *hc_value_text(struct hc_arena *arena, const struct hc_field *field, const void *value)
{
	if (field->secret)
		return hc_strdup(arena, "(secret)");
	switch (field->type) {
	case HC_BOOL:
		return hc_strdup(arena, *(const bool *)value ? "true" : "false");
	case HC_U32:
		return hc_printf(arena, "%" PRIu32, *(const uint32_t *)value);
	case HC_U64:
		return hc_printf(arena, "%" PRIu64, *(const uint64_t *)value);
	case HC_ENUM:
		return hc_strdup(arena, field->words[*(const unsigned *)value]);
	case HC_STRING:
		return text_of(arena, *(const char *const *)value, false);
	case HC_TEXT:
		return digest_of(arena, *(const char *const *)value);
	case HC_STRINGS:
		return strings_text(arena, value);
	case HC_MAP:
		return map_text(arena, value);
	case HC_IP:
		return hc_address_text(arena, value, false);
	case HC_CIDR:
		return hc_address_text(arena, value, true);
	case HC_MAC:
		return hc_mac_text(arena, value);
	case HC_CHILDREN:
		break;
	}
	return hc_strdup(arena, "");
}

static struct json_object *strings_json(const struct hc_strings *strings)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < strings->n; i++)
		json_object_array_add(array, hc_json_string(strings->v[i]));
	return array;
}

static struct json_object *map_json(const struct hc_map *map)
{
	struct json_object *object = json_object_new_object();

	for (size_t i = 0; i < map->n; i++)
		json_object_object_add(object, map->v[i].key, hc_json_string(map->v[i].value));
	return object;
}

static struct json_object *text_json(const struct hc_field *field, const void *value)
{
	struct hc_arena *arena = hc_arena_new();
	struct json_object *text = hc_json_string(hc_value_text(arena, field, value));

	hc_arena_free(arena);
	return text;
}

struct json_object *hc_value_json(const struct hc_field *field, const void *value)
{
	const char *text;

	if (field->secret)
		return json_object_new_string("(secret)");
	switch (field->type) {
	case HC_BOOL:
		return json_object_new_boolean(*(const bool *)value);
	case HC_U32:
		return json_object_new_uint64(*(const uint32_t *)value);
	case HC_U64:
		return json_object_new_uint64(*(const uint64_t *)value);
	case HC_STRING:
		text = *(const char *const *)value;
		return hc_json_string(text ? text : "");
	case HC_STRINGS:
		return strings_json(value);
	case HC_MAP:
		return map_json(value);
	case HC_ENUM:
	case HC_TEXT:
	case HC_IP:
	case HC_CIDR:
	case HC_MAC:
		return text_json(field, value);
	case HC_CHILDREN:
		break;
	}
	return NULL;
}
