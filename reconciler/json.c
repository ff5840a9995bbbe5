/* SPDX-License-Identifier: Apache-2.0 */
/* JSON as all commands write it: valid whatever is in a text, and the same bytes for the same
 * input. */

#include "json.h"

#include <json-c/json.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "text.h"

static bool is_no_character(const char *p, size_t size)
{
	return size == 1 && (unsigned char)*p >= 0x80;
}

static struct json_object *mended(const char *text)
{
	static const char replacement[] = "\xEF\xBF\xBD";
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	const char *end = text + strlen(text);
	char *copy = hc_alloc(arena, sizeof(replacement) * strlen(text) + 1), *to = copy;

	for (size_t size; text < end; text += size) {
		size = hc_char_size(text, end);
		if (is_no_character(text, size))
			to = stpcpy(to, replacement);
		else
			to = mempcpy(to, text, size);
	}
	return json_object_new_string(copy);
}

struct json_object *hc_json_string(const char *text)
{
	const char *end = text ? text + strlen(text) : NULL;

	for (const char *p = text; p < end; p += hc_char_size(p, end))
		if (is_no_character(p, hc_char_size(p, end)))
			return mended(text);
	return text ? json_object_new_string(text) : NULL;
}

struct json_object *hc_json_time(uint64_t seconds)
{
	time_t t = (time_t)seconds;
	struct tm tm;
	char text[32];

	if (!seconds || !gmtime_r(&t, &tm) || !strftime(text, sizeof(text), "%FT%TZ", &tm))
		return NULL;
	return json_object_new_string(text);
}

struct json_object *hc_json_parse(const char *text, size_t size, int depth)
{
	struct json_tokener *tokener = json_tokener_new_ex(depth);
	struct json_object *object = NULL;

	if (!tokener)
		abort(); /* memory has run out */
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	if (size <= INT_MAX)
		object = json_tokener_parse_ex(tokener, text, (int)size);
	if (object && json_tokener_get_parse_end(tokener) != size) {
		json_object_put(object);
		object = NULL;
	}
	json_tokener_free(tokener);
	return object;
}

void hc_print_json(FILE *out, struct json_object *object)
{
	fprintf(out, "%s\n",
		json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
							       JSON_C_TO_STRING_SPACED |
							       JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}
