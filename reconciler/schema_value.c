/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Schema of one field: its type, bounds, words, default and meaning. */

#include "schema_json.h"

#include <json-c/json.h>
#include <string.h>

static void put(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, json_object_new_string(text));
}

static void put_bounds(struct json_object *object, const struct hc_field *field, const char *least,
		       const char *most)
{
	if (field->min)
		json_object_object_add(object, least, json_object_new_uint64(field->min));
	if (field->max)
		json_object_object_add(object, most, json_object_new_uint64(field->max));
}

/* Numbers with a unit may be texts, too: 4G, 3s. */
static void put_number(struct json_object *object, const struct hc_field *field)
{
	const char *suffixes = NULL;

	if (field->unit && !strcmp(field->unit, "bytes"))
		suffixes = "^[0-9]+([KMGT]i?)?$";
	else if (field->unit && !strcmp(field->unit, "ms"))
		suffixes = "^[0-9]+(ms|s)?$";
	else if (field->unit && !strcmp(field->unit, "s"))
		suffixes = "^[0-9]+s?$";
	if (suffixes) {
		struct json_object *types = json_object_new_array();

		json_object_array_add(types, json_object_new_string("integer"));
		json_object_array_add(types, json_object_new_string("string"));
		json_object_object_add(object, "type", types);
		put(object, "pattern", suffixes);
	} else {
		put(object, "type", "integer");
	}
	json_object_object_add(object, "minimum", json_object_new_uint64(field->min));
	if (field->max || field->type == HC_U32)
		json_object_object_add(object, "maximum",
				       json_object_new_uint64(field->max ? field->max
									 : UINT32_MAX));
}

static void put_words(struct json_object *object, const struct hc_field *field)
{
	struct json_object *words = json_object_new_array();

	for (size_t i = 0; field->words[i]; i++)
		json_object_array_add(words, json_object_new_string(field->words[i]));
	json_object_object_add(object, "enum", words);
}

static void put_strings(struct json_object *object, const struct hc_field *field)
{
	struct json_object *item = json_object_new_object();

	put(item, "type", "string");
	if (field->pattern)
		put(item, "pattern", field->pattern);
	put(object, "type", "array");
	json_object_object_add(object, "items", item);
	put_bounds(object, field, "minItems", "maxItems");
}

/* YAML reads 1 and true as no texts; where any text may stand they are. */
static void put_any_text(struct json_object *object)
{
	static const char *const scalars[] = {"string", "number", "boolean"};
	struct json_object *types = json_object_new_array();

	for (size_t i = 0; i < HC_COUNT(scalars); i++)
		json_object_array_add(types, json_object_new_string(scalars[i]));
	json_object_object_add(object, "type", types);
}

static void put_map(struct json_object *object, const struct hc_field *field)
{
	struct json_object *value = json_object_new_object();

	put_any_text(value);
	put(object, "type", "object");
	json_object_object_add(object, "additionalProperties", value);
	put_bounds(object, field, "minProperties", "maxProperties");
}

static struct json_object *ref(const struct hc_type *type)
{
	struct json_object *object = json_object_new_object();
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();

	put(object, "$ref", hc_printf(arena, "#/definitions/%s", type->name));
	return object;
}

/* An item: its kind, or a bare value of the field of that name (NULL: the first). */
static struct json_object *item_by(const struct hc_field *row, const char *name)
{
	int index = name ? hc_field_index(row->item, name) : 0;
	const struct hc_field *scalar = &row->item->fields[index];
	struct json_object *object, *either, *value;

	if (scalar->type == HC_MAP || scalar->type == HC_STRINGS || scalar->type == HC_CHILDREN)
		return ref(row->item);
	object = json_object_new_object();
	either = json_object_new_array();
	value = hc_schema_json_value(scalar);
	if (row->form == HC_SECTIONS && scalar->type == HC_STRING)
		put_any_text(value);
	json_object_array_add(either, value);
	json_object_array_add(either, ref(row->item));
	json_object_object_add(object, "anyOf", either);
	return object;
}

static struct json_object *item_of(const struct hc_field *row)
{
	return item_by(row, row->scalar);
}

/* A mapping whose keys are the items' first fields, or a list. */
static void put_keyed(struct json_object *object, const struct hc_field *row)
{
	struct json_object *either = json_object_new_array();
	struct json_object *named = json_object_new_object(), *list = json_object_new_object();

	put(named, "type", "object");
	json_object_object_add(named, "additionalProperties", item_of(row));
	put_bounds(named, row, "minProperties", "maxProperties");
	put(list, "type", "array");
	json_object_object_add(list, "items", item_by(row, NULL));
	put_bounds(list, row, "minItems", "maxItems");
	json_object_array_add(either, named);
	json_object_array_add(either, list);
	json_object_object_add(object, "anyOf", either);
}

static struct json_object *section_of(const struct hc_field *row)
{
	struct json_object *section = json_object_new_object();

	put(section, "type", "object");
	json_object_object_add(section, "additionalProperties", item_of(row));
	return section;
}

static void put_children(struct json_object *object, const struct hc_field *row)
{
	switch (row->form) {
	case HC_LIST:
		put(object, "type", "array");
		json_object_object_add(object, "items", item_of(row));
		put_bounds(object, row, "minItems", "maxItems");
		break;
	case HC_NAMED:
		put(object, "type", "object");
		json_object_object_add(object, "additionalProperties", item_of(row));
		put_bounds(object, row, "minProperties", "maxProperties");
		break;
	case HC_KEYED:
		put_keyed(object, row);
		break;
	case HC_SECTIONS:
		put(object, "type", "object");
		json_object_object_add(object, "additionalProperties", section_of(row));
		put_bounds(object, row, "minProperties", "maxProperties");
		break;
	case HC_ONE: {
		struct json_object *all = json_object_new_array();

		json_object_array_add(all, item_of(row));
		json_object_object_add(object, "allOf", all);
		break;
	}
	}
}

static void put_type(struct json_object *object, const struct hc_field *field)
{
	switch (field->type) {
	case HC_BOOL:
		put(object, "type", "boolean");
		break;
	case HC_U32:
	case HC_U64:
		put_number(object, field);
		break;
	case HC_STRING:
	case HC_TEXT:
		put(object, "type", "string");
		put_bounds(object, field, "minLength", "maxLength");
		if (field->pattern)
			put(object, "pattern", field->pattern);
		break;
	case HC_ENUM:
		put_words(object, field);
		break;
	case HC_STRINGS:
		put_strings(object, field);
		break;
	case HC_MAP:
		put_map(object, field);
		break;
	case HC_IP:
	case HC_CIDR:
		put(object, "type", "string");
		put(object, "pattern",
		    field->type == HC_IP ? "^[0-9a-fA-F.:]+$" : "^[0-9a-fA-F.:]+/[0-9]+$");
		break;
	case HC_MAC:
		put(object, "type", "string");
		put(object, "pattern", "^([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}$");
		break;
	case HC_CHILDREN:
		put_children(object, field);
		break;
	}
}

static void put_default(struct json_object *object, const struct hc_field *field)
{
	struct json_object *value;

	if (field->absent != HC_RESET || !field->unset)
		return;
	if (field->type == HC_BOOL)
		value = json_object_new_boolean(*field->unset == 't');
	else if (field->type == HC_U32 || field->type == HC_U64)
		value = json_tokener_parse(field->unset);
	else
		value = NULL;
	json_object_object_add(object, "default",
			       value ? value : json_object_new_string(field->unset));
}

struct json_object *hc_schema_json_value(const struct hc_field *field)
{
	struct json_object *object = json_object_new_object();

	if (field->doc)
		put(object, "description", field->doc);
	put_type(object, field);
	put_default(object, field);
	return object;
}
