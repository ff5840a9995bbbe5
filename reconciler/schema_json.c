/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON Schema of documents. It says less than the loader: what several documents say together only
 * the loader can check. It is for editors: words, types, bounds and meanings while one writes.
 */

#include "schema_json.h"

#include <json-c/json.h>
#include <string.h>

#define NAME "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"

static void put(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, json_object_new_string(text));
}

static struct json_object *object_of(const char *key, struct json_object *value)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, key, value);
	return object;
}

static struct json_object *list_of(const char *const *words, size_t n)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < n; i++)
		json_object_array_add(list, json_object_new_string(words[i]));
	return list;
}

static struct json_object *closed_object(struct json_object *properties)
{
	struct json_object *object = json_object_new_object();

	put(object, "type", "object");
	json_object_object_add(object, "additionalProperties", json_object_new_boolean(false));
	json_object_object_add(object, "properties", properties);
	return object;
}

static struct json_object *properties_of(const struct hc_type *type)
{
	struct json_object *properties = json_object_new_object();

	for (size_t i = 0; i < type->nfield; i++)
		if (type->fields[i].origin == HC_WRITTEN)
			json_object_object_add(properties, type->fields[i].name,
					       hc_schema_json_value(&type->fields[i]));
	return properties;
}

/* The names of the fields that have to be there; NULL when none has to. */
static struct json_object *required_of(const struct hc_type *type)
{
	struct json_object *required = NULL;

	for (size_t i = 0; i < type->nfield; i++) {
		const struct hc_field *field = &type->fields[i];

		if (field->origin != HC_WRITTEN || field->absent != HC_REQUIRED)
			continue;
		if (!required)
			required = json_object_new_array();
		json_object_array_add(required, json_object_new_string(field->name));
	}
	return required;
}

static struct json_object *child_of(const struct hc_type *type)
{
	struct json_object *object = closed_object(properties_of(type));
	struct json_object *required = required_of(type);

	if (type->doc)
		put(object, "description", type->doc);
	if (required)
		json_object_object_add(object, "required", required);
	return object;
}

/* What spec lacks may stand in per_node. */
static void require(struct json_object *spec, const struct hc_type *type)
{
	struct json_object *required = required_of(type), *either;
	const char *const per_node[] = {"per_node"};

	if (!required)
		return;
	if (type->scope == HC_CLUSTER) {
		json_object_object_add(spec, "required", required);
		return;
	}
	either = json_object_new_array();
	json_object_array_add(either, object_of("required", required));
	json_object_array_add(either, object_of("required", list_of(per_node, 1)));
	json_object_object_add(spec, "anyOf", either);
}

static struct json_object *spec_of(const struct hc_type *type)
{
	struct json_object *properties = properties_of(type), *spec;

	if (type->scope == HC_NODE) {
		struct json_object *per_node =
			object_of("additionalProperties", closed_object(properties_of(type)));

		put(per_node, "type", "object");
		put(per_node, "description",
		    "By a node's name: fields that take the place of those of spec there.");
		json_object_object_add(properties, "per_node", per_node);
	}
	spec = closed_object(properties);
	require(spec, type);
	return spec;
}

static struct json_object *metadata_of(const struct hc_type *type)
{
	const char *const name[] = {"name"};
	struct json_object *properties = json_object_new_object(), *metadata, *field;

	field = object_of("type", json_object_new_string("string"));
	put(field, "pattern", NAME);
	json_object_object_add(properties, "name", field);
	if (type->scope == HC_NODE) {
		field = object_of("type", json_object_new_string("array"));
		put(field, "description", "The nodes it is on; all when left out.");
		json_object_object_add(field, "items",
				       object_of("type", json_object_new_string("string")));
		json_object_object_add(field, "minItems", json_object_new_int(1));
		json_object_object_add(field, "uniqueItems", json_object_new_boolean(true));
		json_object_object_add(properties, "nodes", field);
	}
	metadata = closed_object(properties);
	json_object_object_add(metadata, "required", list_of(name, 1));
	return metadata;
}

static struct json_object *document_of(const struct hc_type *type)
{
	static const char *const required[] = {"apiVersion", "kind", "metadata", "spec"};
	struct json_object *properties = json_object_new_object(), *document, *must;

	json_object_object_add(properties, "apiVersion",
			       object_of("const", json_object_new_string("hcstate/v1")));
	json_object_object_add(properties, "kind",
			       object_of("const", json_object_new_string(type->name)));
	json_object_object_add(properties, "metadata", metadata_of(type));
	json_object_object_add(properties, "spec", spec_of(type));
	document = closed_object(properties);
	if (type->doc)
		put(document, "description", type->doc);
	must = required_of(type);
	json_object_object_add(document, "required", list_of(required, must ? 4 : 3));
	json_object_put(must);
	return document;
}

/* Adds the kinds that are nested in this one, and in those. */
static void define_children(struct json_object *definitions, const struct hc_type *type)
{
	for (size_t i = 0; i < type->nfield; i++) {
		const struct hc_type *item = type->fields[i].item;

		if (!item || json_object_object_get_ex(definitions, item->name, NULL))
			continue;
		json_object_object_add(definitions, item->name, child_of(item));
		define_children(definitions, item);
	}
}

struct json_object *hc_schema_json_kind(const struct hc_type *type)
{
	struct json_object *schema = document_of(type);
	struct json_object *definitions = json_object_new_object();

	put(schema, "$schema", "http://json-schema.org/draft-07/schema#");
	put(schema, "title", type->name);
	define_children(definitions, type);
	json_object_object_add(schema, "definitions", definitions);
	return schema;
}

static struct json_object *if_kind(const struct hc_type *type, const char *ref)
{
	struct json_object *rule = json_object_new_object();
	struct json_object *kind = object_of("const", json_object_new_string(type->name));

	json_object_object_add(rule, "if", object_of("properties", object_of("kind", kind)));
	json_object_object_add(rule, "then", object_of("$ref", json_object_new_string(ref)));
	return rule;
}

struct json_object *hc_schema_json(const struct hc_registry *registry)
{
	static const char *const required[] = {"apiVersion", "kind", "metadata"};
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct json_object *schema = json_object_new_object(), *kinds = json_object_new_array();
	struct json_object *definitions = json_object_new_object();
	struct json_object *rules = json_object_new_array();

	put(schema, "$schema", "http://json-schema.org/draft-07/schema#");
	put(schema, "title", "hcstate manifest");
	put(schema, "type", "object");
	json_object_object_add(schema, "required", list_of(required, HC_COUNT(required)));
	for (size_t i = 0; i < registry->ntype; i++) {
		const struct hc_type *type = registry->types[i];

		if (type->from != HC_KIND)
			continue;
		json_object_array_add(kinds, json_object_new_string(type->name));
		json_object_array_add(rules, if_kind(type, hc_printf(arena, "#/definitions/%s",
								     type->name)));
		json_object_object_add(definitions, type->name, document_of(type));
		define_children(definitions, type);
	}
	json_object_object_add(schema, "properties", object_of("kind", object_of("enum", kinds)));
	json_object_object_add(schema, "allOf", rules);
	json_object_object_add(schema, "definitions", definitions);
	return schema;
}
