/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One value of a document, of the type that its field's row says. YAML's own idea of types is not
 * asked: a text may look like a number. What is asked is whether it was written in quotes, because
 * who quotes a number meant a text.
 */

#include "decode.h"

#include "value.h"

#include <inttypes.h>
#include <string.h>

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(text, *words))
			return true;
	return false;
}

bool hc_tree_is_null(const struct hc_tree *tree)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL", NULL};

	return tree->type == HC_SCALAR && !tree->quoted && is_one_of(tree->text, words);
}

const char *hc_tree_what(const struct hc_tree *tree)
{
	size_t size;

	if (tree->type == HC_SEQUENCE)
		return "a list";
	if (tree->type == HC_MAPPING)
		return "a mapping";
	if (hc_tree_is_null(tree))
		return "null";
	size = strlen(tree->text);
	if (tree->quoted)
		return "a text";
	if (!strcmp(tree->text, "true") || !strcmp(tree->text, "false"))
		return "true or false";
	return size && strspn(tree->text, "0123456789") == size ? "a number" : "a text";
}

void hc_say_null(struct hc_decoder *decoder, const char *name, const struct hc_tree *tree)
{
	hc_hint(decoder->diags,
		hc_say(decoder->diags, HC_ERROR, tree->place, "%s has no value", name),
		"leave the key out, or write its value behind the colon");
}

void hc_say_null_item(struct hc_decoder *decoder, const char *name, const struct hc_tree *tree)
{
	hc_hint(decoder->diags,
		hc_say(decoder->diags, HC_ERROR, tree->place, "an item of %s has no value", name),
		"leave the item out");
}

static struct hc_diag *say_type(struct hc_decoder *decoder, const struct hc_field *field,
				const char *wants, const struct hc_tree *tree)
{
	return hc_say(decoder->diags, HC_ERROR, tree->place, "%s wants %s, this is %s", field->name,
		      wants, hc_tree_what(tree));
}

/* Words that other YAML readers take for true and false. */
static void hint_bool(struct hc_decoder *decoder, struct hc_diag *diag, const char *text)
{
	static const char *const yes[] = {"yes", "Yes", "YES",  "on",   "On", "ON",
					  "y",   "Y",   "True", "TRUE", "1",  NULL};
	static const char *const no[] = {"no", "No", "NO",    "off",   "Off", "OFF",
					 "n",  "N",  "False", "FALSE", "0",   NULL};

	if (is_one_of(text, yes))
		hc_hint(decoder->diags, diag, "write true");
	else if (is_one_of(text, no))
		hc_hint(decoder->diags, diag, "write false");
	else
		hc_hint(decoder->diags, diag, "write true or false");
}

static void say_value(struct hc_decoder *decoder, const struct hc_field *field,
		      const struct hc_tree *tree, const char *why)
{
	struct hc_diag *diag =
		hc_say(decoder->diags, HC_ERROR, tree->place, "%s: %s", field->name, why);
	const char *near;

	if (field->type == HC_BOOL)
		hint_bool(decoder, diag, tree->text);
	if (field->type != HC_ENUM || field->secret)
		return;
	near = hc_nearest(tree->text, field->words);
	if (near)
		hc_hint(decoder->diags, diag, "did you mean %s?", near);
}

/* Whether it is a scalar at all, and not in quotes where quotes make it something else. */
static bool is_scalar(struct hc_decoder *decoder, const struct hc_field *field,
		      const struct hc_tree *tree)
{
	bool bare = field->type == HC_BOOL || field->type == HC_U32 || field->type == HC_U64;

	if (hc_tree_is_null(tree)) {
		hc_say_null(decoder, field->name, tree);
		return false;
	}
	if (tree->type != HC_SCALAR) {
		(void)say_type(decoder, field, hc_value_wants(field), tree);
		return false;
	}
	if (bare && tree->quoted) {
		hc_hint(decoder->diags, say_type(decoder, field, hc_value_wants(field), tree),
			"leave the quotes out");
		return false;
	}
	return true;
}

/* A system may have texts that no manifest may ask for, such as an alias of two lines. */
static struct hc_field as_found(const struct hc_field *field)
{
	struct hc_field lenient = *field;

	if (field->type == HC_STRING)
		lenient.pattern = NULL, lenient.min = lenient.max = 0;
	return lenient;
}

static bool decode_scalar(struct hc_decoder *decoder, const struct hc_field *field,
			  const struct hc_tree *tree, void *to)
{
	const struct hc_field row = decoder->live ? as_found(field) : *field;
	const char *why;

	if (!is_scalar(decoder, field, tree))
		return false;
	if (!hc_value_read(decoder->arena, &decoder->patterns, &row, tree->text, to, &why))
		return true;
	say_value(decoder, field, tree, why);
	return false;
}

static bool within(struct hc_decoder *decoder, const struct hc_field *field,
		   const struct hc_tree *tree, size_t n)
{
	if (field->max && n > field->max)
		hc_say(decoder->diags, HC_ERROR, tree->place,
		       "%s: %zu items, above %" PRIu64 ", the most it can have", field->name, n,
		       field->max);
	else if (n < field->min)
		hc_say(decoder->diags, HC_ERROR, tree->place,
		       "%s: %zu items, below %" PRIu64 ", the least it can have", field->name, n,
		       field->min);
	else
		return true;
	return false;
}

static bool decode_strings(struct hc_decoder *decoder, const struct hc_field *field,
			   const struct hc_tree *tree, struct hc_strings *to)
{
	struct hc_field item = *field;
	struct hc_strings strings = {0};
	bool right = true;

	item.type = HC_STRING;
	item.min = item.max = 0; /* they bound the list */
	strings.v = hc_alloc(decoder->arena, tree->n * sizeof(*strings.v));
	for (size_t i = 0; i < tree->n; i++)
		if (hc_tree_is_null(tree->values[i])) {
			hc_say_null_item(decoder, field->name, tree->values[i]);
			right = false;
		} else if (decode_scalar(decoder, &item, tree->values[i], &strings.v[strings.n])) {
			strings.n++;
		} else {
			right = false;
		}
	hc_strings_sort(&strings);
	right = right && within(decoder, field, tree, strings.n);
	if (right)
		*to = strings;
	return right;
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct hc_pair *)a)->key, ((const struct hc_pair *)b)->key);
}

static bool decode_map(struct hc_decoder *decoder, const struct hc_field *field,
		       const struct hc_tree *tree, struct hc_map *to)
{
	struct hc_map map = {.v = hc_alloc(decoder->arena, tree->n * sizeof(*map.v))};

	for (size_t i = 0; i < tree->n; i++) {
		struct hc_field value = {.name = tree->keys[i]->text,
					 .type = HC_STRING,
					 .secret = field->secret};

		if (!decode_scalar(decoder, &value, tree->values[i], &map.v[map.n].value))
			continue;
		map.v[map.n++].key = hc_strdup(decoder->arena, tree->keys[i]->text);
	}
	if (map.n)
		qsort(map.v, map.n, sizeof(*map.v), by_key);
	if (map.n < tree->n || !within(decoder, field, tree, map.n))
		return false;
	*to = map;
	return true;
}

bool hc_decode_value(struct hc_decoder *decoder, const struct hc_field *field,
		     const struct hc_tree *tree, void *to)
{
	enum hc_node_type wanted = field->type == HC_STRINGS ? HC_SEQUENCE : HC_MAPPING;
	if (field->type != HC_STRINGS && field->type != HC_MAP)
		return decode_scalar(decoder, field, tree, to);
	if (hc_tree_is_null(tree)) {
		hc_say_null(decoder, field->name, tree);
		return false;
	}
	if (tree->type != wanted) {
		struct hc_diag *diag = say_type(decoder, field, hc_value_wants(field), tree);

		if (wanted == HC_SEQUENCE && tree->type == HC_SCALAR)
			hc_hint(decoder->diags, diag, "write %s: [%s]", field->name, tree->text);
		return false;
	}
	return field->type == HC_STRINGS ? decode_strings(decoder, field, tree, to)
					 : decode_map(decoder, field, tree, to);
}
