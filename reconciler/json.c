/* SPDX-License-Identifier: Apache-2.0 */
/* JSON as all commands write it: valid whatever is in a text, and the same bytes for the same
 * input. */

#include "json.h"

#include <json-c/json.h>
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

void hc_print_json(FILE *out, struct json_object *object)
{
	fprintf(out, "%s\n",
		json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
							       JSON_C_TO_STRING_SPACED |
							       JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}
