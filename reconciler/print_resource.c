/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A resource as one line, as JSON, and as the YAML document that `plan --live` reads back. YAML is
 * written by libyaml, so that no value can break out of its quotes.
 */

#include <json-c/json.h>
#include <string.h>
#include <yaml.h>

#include "print.h"

static const void *value(const struct hc_resource *resource, size_t i)
{
	return (const char *)resource->spec + resource->type->fields[i].offset;
}

/* A "no" is worth a word where status complains of it. */
static bool is_dull(const struct hc_field *field, const void *v)
{
	return field->origin == HC_OBSERVED && field->type == HC_BOOL && !field->unless &&
	       !*(const bool *)v;
}

char *hc_resource_fields(struct hc_arena *arena, const struct hc_resource *resource, bool observed)
{
	char *all = hc_strdup(arena, "");

	for (size_t i = 0; i < resource->type->nfield; i++) {
		const struct hc_field *field = &resource->type->fields[i];

		if (!(resource->set >> i & 1) || (field->origin == HC_OBSERVED) != observed)
			continue;
		if (!is_dull(field, value(resource, i)))
			all = hc_printf(arena, "%s%s%s %s", all, *all ? ", " : "", field->name,
					hc_value_text(arena, field, value(resource, i)));
	}
	return all;
}

/* A file's text is given in full here, as it has to be read back; elsewhere its digest is enough.
 */
static struct json_object *value_json(const struct hc_field *field, const void *v)
{
	if (field->type == HC_TEXT && !field->secret)
		return hc_json_string(*(const char *const *)v);
	return hc_value_json(field, v);
}

struct json_object *hc_resource_json(const struct hc_resource *resource)
{
	struct json_object *root = json_object_new_object();
	struct json_object *metadata = json_object_new_object();
	struct json_object *spec = json_object_new_object();

	for (size_t i = 0; i < resource->type->nfield; i++)
		if (resource->set >> i & 1)
			json_object_object_add(spec, resource->type->fields[i].name,
					       value_json(&resource->type->fields[i],
							  value(resource, i)));
	json_object_object_add(metadata, "name", hc_json_string(resource->name));
	if (resource->node)
		json_object_object_add(metadata, "node", hc_json_string(resource->node));
	json_object_object_add(root, "apiVersion", json_object_new_string("hcstate/v1"));
	json_object_object_add(root, "kind", json_object_new_string(resource->type->name));
	json_object_object_add(root, "metadata", metadata);
	json_object_object_add(root, "spec", spec);
	if (resource->made)
		json_object_object_add(root, "made", json_object_new_boolean(true));
	return root;
}

static int write_out(void *out, unsigned char *data, size_t size)
{
	return fwrite(data, 1, size, out) == size;
}

/* A text is always in quotes; a key only where it needs them. */
static void emit_scalar(yaml_emitter_t *emitter, const char *text, bool is_text, bool is_key)
{
	yaml_event_t event;

	if (yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text,
					 (int)strlen(text), !is_text, is_text || is_key,
					 is_text ? YAML_DOUBLE_QUOTED_SCALAR_STYLE
						 : YAML_PLAIN_SCALAR_STYLE))
		(void)yaml_emitter_emit(emitter, &event);
}

static void emit_json(yaml_emitter_t *emitter, struct json_object *object);

static void emit_object(yaml_emitter_t *emitter, struct json_object *object)
{
	yaml_event_t event;

	(void)yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE);
	(void)yaml_emitter_emit(emitter, &event);
	json_object_object_foreach(object, key, child)
	{
		if (!child) /* a text that is to be empty: as if it were not said */
			continue;
		emit_scalar(emitter, key, false, true);
		emit_json(emitter, child);
	}
	(void)yaml_mapping_end_event_initialize(&event);
	(void)yaml_emitter_emit(emitter, &event);
}

static void emit_array(yaml_emitter_t *emitter, struct json_object *array)
{
	yaml_event_t event;

	(void)yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, YAML_FLOW_SEQUENCE_STYLE);
	(void)yaml_emitter_emit(emitter, &event);
	for (size_t i = 0; i < json_object_array_length(array); i++)
		emit_json(emitter, json_object_array_get_idx(array, i));
	(void)yaml_sequence_end_event_initialize(&event);
	(void)yaml_emitter_emit(emitter, &event);
}

static void emit_json(yaml_emitter_t *emitter, struct json_object *object)
{
	if (json_object_is_type(object, json_type_object))
		emit_object(emitter, object);
	else if (json_object_is_type(object, json_type_array))
		emit_array(emitter, object);
	else
		emit_scalar(emitter, json_object_get_string(object),
			    json_object_is_type(object, json_type_string), false);
}

void hc_print_yaml(FILE *out, struct json_object *object)
{
	yaml_emitter_t emitter;
	yaml_event_t event;

	if (yaml_emitter_initialize(&emitter)) {
		yaml_emitter_set_output(&emitter, write_out, out);
		(void)yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING);
		(void)yaml_emitter_emit(&emitter, &event);
		(void)yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 0);
		(void)yaml_emitter_emit(&emitter, &event);
		emit_json(&emitter, object);
		(void)yaml_document_end_event_initialize(&event, 1);
		(void)yaml_emitter_emit(&emitter, &event);
		(void)yaml_emitter_flush(&emitter); /* a full pipe shows in ferror(out) */
	}
	yaml_emitter_delete(&emitter);
	json_object_put(object);
}

struct json_object *hc_unknown_json(const struct hc_type *type, const char *why)
{
	struct json_object *root = json_object_new_object();

	json_object_object_add(root, "apiVersion", json_object_new_string("hcstate/v1"));
	json_object_object_add(root, "kind", json_object_new_string(type->name));
	json_object_object_add(root, "unknown", hc_json_string(why));
	return root;
}
