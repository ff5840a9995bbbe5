/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines and characters of a text. YAML 1.1 knows more line breaks than a newline: a lone carriage
 * return and three of Unicode. Whoever counted newlines only would show the wrong line below an
 * error.
 */

#include "text.h"

#include <string.h>

/* Bytes of the line break at `p`; 0: there is none. */
static size_t break_size(const char *p, const char *end)
{
	size_t left = (size_t)(end - p);

	if (left >= 2 && !memcmp(p, "\r\n", 2))
		return 2;
	if (left >= 1 && (*p == '\n' || *p == '\r'))
		return 1;
	if (left >= 2 && !memcmp(p, "\xC2\x85", 2)) /* next line */
		return 2;
	if (left >= 3 && !memcmp(p, "\xE2\x80", 2) && (p[2] == '\xA8' || p[2] == '\xA9'))
		return 3; /* line separator, paragraph separator */
	return 0;
}

const char *hc_line_end(const char *p, const char *end)
{
	while (p < end && !break_size(p, end))
		p++;
	return p;
}

const char *hc_line_next(const char *p, const char *end)
{
	return p < end ? p + break_size(p, end) : end;
}

size_t hc_char_size(const char *p, const char *end)
{
	unsigned char first = (unsigned char)*p;
	size_t size = first < 0xC2 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 1;

	if (size > (size_t)(end - p))
		return 1;
	for (size_t i = 1; i < size; i++)
		if (((unsigned char)p[i] & 0xC0) != 0x80)
			return 1;
	return size;
}

struct hc_place hc_place_at(const struct hc_source *source, size_t offset)
{
	const char *end = source->text + source->size;
	const char *at = source->text + (offset < source->size ? offset : source->size);
	const char *line = source->text;
	struct hc_place place = {.source = source, .line = 1, .column = 1};

	for (;;) {
		const char *stop = hc_line_end(line, end);
		const char *next = hc_line_next(stop, end);

		if (next > at || stop == end)
			break;
		line = next;
		place.line++;
	}
	for (const char *p = line; p < at; p += hc_char_size(p, end))
		place.column++;
	return place;
}

/* C0 and C1 control characters, and those that change the direction of the text after them. */
bool hc_char_harmful(const char *p, size_t size)
{
	const unsigned char *c = (const unsigned char *)p;

	if (size == 1)
		return *c < 0x20 || *c >= 0x7F;
	if (size == 2)
		return c[0] == 0xC2 && c[1] < 0xA0;
	return size == 3 && c[0] == 0xE2 &&
	       ((c[1] == 0x80 && c[2] >= 0xA8 && c[2] <= 0xAE) ||
		(c[1] == 0x81 && c[2] >= 0xA6 && c[2] <= 0xA9));
}

const char *hc_harmless(struct hc_arena *arena, const char *text)
{
	const char *end = text + strlen(text);
	char *copy = NULL;

	for (const char *p = text; p < end;) {
		size_t size = hc_char_size(p, end);

		if (hc_char_harmful(p, size)) {
			if (!copy)
				copy = hc_strdup(arena, text);
			memset(copy + (p - text), '?', size);
		}
		p += size;
	}
	return copy ? copy : text;
}
