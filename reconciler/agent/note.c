/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notes, written and read. A text that is kept will be printed on terminals by root, so one that
 * could steer a terminal is as wrong as one that is too long.
 */

#include "note.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include <hcstate/file.h>
#include <reconciler/json.h>
#include <reconciler/text.h>

enum {
	FORMAT = 1,
	DEPTH = 4,
	LARGEST = 8 * 1024 * 1024, /* bytes of a file */
};

#define LAST_TIME 253402300799 /* of the year 9999 */

void notes_putp(struct json_object **list)
{
	json_object_put(*list);
	*list = NULL;
}

static struct json_object *parse(const char *text, size_t size)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH);
	struct json_object *object;

	if (!tokener)
		abort(); /* memory has run out */
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	object = json_tokener_parse_ex(tokener, text, (int)size);
	if (object && json_tokener_get_parse_end(tokener) != size) {
		json_object_put(object);
		object = NULL;
	}
	json_tokener_free(tokener);
	return object;
}

/* NULL: it is no list of ours. */
static struct json_object *list_of(struct json_object *root)
{
	struct json_object *format, *list;

	if (!json_object_is_type(root, json_type_object) ||
	    !json_object_object_get_ex(root, "format", &format) ||
	    !json_object_is_type(format, json_type_int) ||
	    json_object_get_int64(format) != FORMAT ||
	    !json_object_object_get_ex(root, "list", &list) ||
	    !json_object_is_type(list, json_type_array) ||
	    json_object_array_length(list) > NOTES_MOST)
		return NULL;
	return json_object_get(list);
}

int notes_read(const char *path, struct json_object **list, struct hc_diags *diags)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	const struct hc_place nowhere = {0};
	struct json_object *root;
	char *text;
	size_t size;
	int r = hc_file_read(arena, path, LARGEST, &text, &size);

	*list = r == -ENOENT ? json_object_new_array() : NULL;
	if (r == -ENOENT)
		return 0;
	if (r) {
		hc_say(diags, HC_ERROR, nowhere, "%s: %s", path, strerror(-r));
		return r;
	}
	root = parse(text, size);
	*list = list_of(root);
	json_object_put(root);
	if (!*list)
		hc_say(diags, HC_ERROR, nowhere, "%s is not as hcstate writes it", path);
	return *list ? 0 : -EBADMSG;
}

int notes_write(const char *path, struct json_object *list, struct hc_diags *diags)
{
	const struct hc_place nowhere = {0};
	struct json_object *root = json_object_new_object();
	const char *text;
	size_t size;
	int r;

	json_object_object_add(root, "format", json_object_new_int(FORMAT));
	json_object_object_add(root, "list", json_object_get(list));
	text = json_object_to_json_string_length(
		root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE, &size);
	if (!text)
		abort(); /* memory has run out */
	if (json_object_array_length(list) > NOTES_MOST || size > LARGEST) {
		r = -E2BIG;
		hc_say(diags, HC_ERROR, nowhere, "%s would have more than %d entries or %d bytes",
		       path, NOTES_MOST, LARGEST);
	} else {
		r = hc_file_write(path, 0600, text, size);
		if (r)
			hc_say(diags, HC_ERROR, nowhere, "%s: %s", path, strerror(-r));
	}
	json_object_put(root);
	return r;
}

/* NULL: it is not there, or none of that type, which is wrong. */
static struct json_object *part(struct note *note, const char *key, enum json_type type)
{
	struct json_object *value;

	if (!json_object_object_get_ex(note->object, key, &value))
		return NULL;
	if (json_object_is_type(value, type))
		return value;
	note->bad = true;
	return NULL;
}

const char *note_maybe(struct note *note, const char *key)
{
	struct json_object *value = part(note, key, json_type_string);
	const char *text;
	size_t size;

	if (!value)
		return NULL;
	text = json_object_get_string(value);
	size = (size_t)json_object_get_string_len(value);
	if (size > NOTE_TEXT || strlen(text) != size || hc_harmless(note->arena, text) != text)
		note->bad = true;
	return hc_strdup(note->arena, text);
}

const char *note_text(struct note *note, const char *key)
{
	const char *text = note_maybe(note, key);

	if (!text)
		note->bad = true;
	return text ? text : "";
}

time_t note_time(struct note *note, const char *key)
{
	struct json_object *value = part(note, key, json_type_int);
	int64_t time = value ? json_object_get_int64(value) : 0;

	if (time < 0 || time > LAST_TIME)
		note->bad = true;
	return time;
}

bool note_flag(struct note *note, const char *key)
{
	struct json_object *value = part(note, key, json_type_boolean);

	return value && json_object_get_boolean(value);
}

void note_put_text(struct json_object *object, const char *key, const char *text)
{
	if (text)
		json_object_object_add(object, key, hc_json_string(text));
}

void note_put_time(struct json_object *object, const char *key, time_t time)
{
	if (time)
		json_object_object_add(object, key, json_object_new_int64(time));
}
