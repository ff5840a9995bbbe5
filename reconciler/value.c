/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text to typed values, and comparing them. How they look is in value_text.c. This is the only
 * place that knows what the text of a type is; bounds, words and patterns come from the row.
 */

#include "value.h"

#include "address.h"
#include "number.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static int parse_bool(const char *text, bool *to, const char **why)
{
	if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0) {
		*why = "is neither true nor false";
		return -EINVAL;
	}
	*to = *text == 't';
	return 0;
}

static int parse_enum(struct hc_arena *arena, const struct hc_field *field, const char *text,
		      unsigned *to, const char **why)
{
	const char *list = "";

	for (unsigned i = 0; field->words[i]; i++)
		if (!strcmp(field->words[i], text)) {
			*to = i;
			return 0;
		}
	for (unsigned i = 0; field->words[i]; i++)
		list = hc_printf(arena, "%s%s%s", list,
				 !i                    ? ""
				 : field->words[i + 1] ? ", "
						       : " or ",
				 field->words[i]);
	*why = hc_printf(arena, "is none of its words: %s", list);
	return -EINVAL;
}

/* The bounds of a string's length. */
static const char *bad_length(struct hc_arena *arena, const struct hc_field *field,
			      const char *text)
{
	size_t size = strlen(text);

	if (field->max && size > field->max)
		return hc_printf(arena, "is %zu bytes long, above %" PRIu64 ", the most it can be",
				 size, field->max);
	if (size < field->min)
		return hc_printf(arena, "is %zu bytes long, below %" PRIu64 ", the least it can be",
				 size, field->min);
	return NULL;
}

static int check_string(struct hc_arena *arena, struct hc_patterns *patterns,
			const struct hc_field *field, const char *text, const char **why)
{
	if (field->type == HC_STRING || field->type == HC_TEXT) /* of a list they bound the count */
		*why = bad_length(arena, field, text);
	if (!*why && !hc_pattern_match(patterns, field, text))
		*why = field->pattern_doc ? hc_printf(arena, "is not %s", field->pattern_doc)
					  : hc_printf(arena, "does not match %s", field->pattern);
	return *why ? -EINVAL : 0;
}

static int parse(struct hc_arena *arena, struct hc_patterns *patterns, const struct hc_field *field,
		 const char *text, void *to, const char **why)
{
	uint64_t number = 0;
	int r;

	switch (field->type) {
	case HC_BOOL:
		return parse_bool(text, to, why);
	case HC_U32:
		r = hc_number_parse(arena, field, text, &number, why);
		if (!r)
			*(uint32_t *)to = (uint32_t)number;
		return r;
	case HC_U64:
		return hc_number_parse(arena, field, text, to, why);
	case HC_ENUM:
		return parse_enum(arena, field, text, to, why);
	case HC_STRING:
	case HC_TEXT:
		r = check_string(arena, patterns, field, text, why);
		if (!r)
			*(const char **)to = hc_strdup(arena, text);
		return r;
	case HC_STRINGS:
		r = check_string(arena, patterns, field, text, why);
		if (!r)
			hc_strings_add(arena, to, text);
		return r;
	case HC_IP:
		*why = "is not an address such as 10.0.0.1 or fd00::1";
		return hc_ip_parse(text, to);
	case HC_CIDR:
		return hc_cidr_parse(text, to, why);
	case HC_MAC:
		*why = "is not a MAC address such as 52:54:00:12:34:56";
		return hc_mac_parse(text, to);
	case HC_MAP:
	case HC_CHILDREN:
		break;
	}
	*why = "is a text";
	return -EINVAL;
}

/* The value in quotes, cut when it is long; a secret is not shown. */
static const char *shown(struct hc_arena *arena, const struct hc_field *field, const char *text)
{
	enum { LONGEST = 60 };

	if (field->secret)
		return "the value";
	if (strlen(text) <= LONGEST)
		return hc_printf(arena, "\"%s\"", text);
	return hc_printf(arena, "\"%.*s...\"", LONGEST, text);
}

int hc_value_read(struct hc_arena *arena, struct hc_patterns *patterns,
		  const struct hc_field *field, const char *text, void *to, const char **why)
{
	const char *end = NULL;
	bool number = field->type == HC_U32 || field->type == HC_U64;
	int r = parse(arena, patterns, field, text, to, &end);

	*why = NULL;
	if (r)
		*why = number && !field->secret && strspn(text, "0123456789") == strlen(text) &&
				       strlen(text) < 40 && *text
			       ? hc_printf(arena, "%s %s", text, end)
			       : hc_printf(arena, "%s %s", shown(arena, field, text), end);
	return r;
}

int hc_value_parse(struct hc_arena *arena, const struct hc_field *field, const char *text, void *to,
		   const char **why)
{
	struct hc_patterns patterns = {0};
	int r = hc_value_read(arena, &patterns, field, text, to, why);

	hc_patterns_done(&patterns);
	return r;
}

const char *hc_value_wants(const struct hc_field *field)
{
	switch (field->type) {
	case HC_BOOL:
		return "true or false";
	case HC_U32:
	case HC_U64:
		return "a number";
	case HC_STRING:
	case HC_TEXT:
		return "a text";
	case HC_ENUM:
		return "a word";
	case HC_STRINGS:
		return "a list";
	case HC_MAP:
		return "a mapping";
	case HC_IP:
		return "an address";
	case HC_CIDR:
		return "an address with its prefix";
	case HC_MAC:
		return "a MAC address";
	case HC_CHILDREN:
		return field->form == HC_LIST ? "a list" : "a mapping";
	}
	return "";
}

static bool same_text(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

static bool same_strings(const struct hc_strings *a, const struct hc_strings *b)
{
	bool same = a->n == b->n;

	for (size_t i = 0; same && i < a->n; i++)
		same = !strcmp(a->v[i], b->v[i]);
	return same;
}

static bool same_map(const struct hc_map *a, const struct hc_map *b)
{
	bool same = a->n == b->n;

	for (size_t i = 0; same && i < a->n; i++)
		same = !strcmp(a->v[i].key, b->v[i].key) && !strcmp(a->v[i].value, b->v[i].value);
	return same;
}

bool hc_value_same(const struct hc_field *field, const void *a, const void *b)
{
	switch (field->type) {
	case HC_BOOL:
		return *(const bool *)a == *(const bool *)b;
	case HC_U32:
		return *(const uint32_t *)a == *(const uint32_t *)b;
	case HC_U64:
		return *(const uint64_t *)a == *(const uint64_t *)b;
	case HC_ENUM:
		return *(const unsigned *)a == *(const unsigned *)b;
	case HC_STRING:
	case HC_TEXT:
		return same_text(*(const char *const *)a, *(const char *const *)b);
	case HC_STRINGS:
		return same_strings(a, b);
	case HC_MAP:
		return same_map(a, b);
	case HC_IP:
	case HC_CIDR:
		return hc_address_same(a, b);
	case HC_MAC:
		return !memcmp(a, b, sizeof(struct hc_mac));
	case HC_CHILDREN:
		return true; /* resources of their own, compared as such */
	}
	return true;
}
