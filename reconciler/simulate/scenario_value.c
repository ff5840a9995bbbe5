/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of a scenario. It is read by tables of words rather than by a kind's fields, because it
 * is no manifest: nothing of it is ever compared or kept, and its times are seconds where a
 * manifest's are milliseconds.
 */

#include "scenario_value.h"

#include <string.h>

#include <reconciler/decode.h>

enum {
	LONGEST_DAYS = 30,
	MOST_NUMBER = 1000000,
};

static bool wrong(struct scenario_reader *reader, const struct hc_tree *tree, const char *name,
		  const char *wants)
{
	const char *is = tree->type == HC_SCALAR && !hc_tree_is_null(tree)
				 ? hc_printf(reader->arena, "'%s'", tree->text)
				 : hc_tree_what(tree);

	hc_say(reader->diags, HC_ERROR, tree->place, "%s wants %s, this is %s", name, wants, is);
	return false;
}

static bool near_word(struct scenario_reader *reader, const struct hc_tree *tree, const char *text,
		      const char *const *words)
{
	struct hc_diag *diag = hc_say(reader->diags, HC_ERROR, tree->place, "%s", text);
	const char *near = hc_nearest(tree->text, words);

	if (near)
		hc_hint(reader->diags, diag, "did you mean %s?", near);
	return false;
}

static int index_of(const char *word, const char *const *words)
{
	for (int i = 0; words[i]; i++)
		if (!strcmp(words[i], word))
			return i;
	return -1;
}

bool read_mapping(struct scenario_reader *reader, const char *name, const struct hc_tree *tree,
		  const char *example)
{
	if (tree->type == HC_MAPPING)
		return true;
	return wrong(reader, tree, name, hc_printf(reader->arena, "a mapping such as %s", example));
}

void read_keys(struct scenario_reader *reader, const char *what, const struct hc_tree *mapping,
	       const char *const *words)
{
	for (size_t i = 0; i < mapping->n; i++) {
		const struct hc_tree *key = mapping->keys[i];

		if (index_of(key->text, words) < 0)
			(void)near_word(reader, key,
					hc_printf(reader->arena, "%s has no word %s", what,
						  key->text),
					words);
	}
}

/* Digits, perhaps with a point, as thousandths (what is less is dropped); *rest is what follows. */
static bool thousandths(const char *text, uint64_t *to, const char **rest)
{
	size_t whole = strspn(text, "0123456789"), part = 0;
	const char *behind = text + whole;
	uint64_t n = 0;

	if (*behind == '.')
		part = strspn(++behind, "0123456789");
	if (!whole || whole > 9 || part > 18 || (behind > text + whole && !part))
		return false;
	for (size_t i = 0; i < whole; i++)
		n = n * 10 + (uint64_t)(text[i] - '0');
	for (size_t i = 0; i < 3; i++)
		n = n * 10 + (i < part ? (uint64_t)(behind[i] - '0') : 0);
	*to = n;
	*rest = behind + part;
	return true;
}

bool read_duration(struct scenario_reader *reader, const char *name, const struct hc_tree *tree,
		   uint64_t *to)
{
	static const char *const units[] = {"", "s", "m", "h", "ms", NULL};
	static const uint64_t factors[] = {1000, 1000, 60000, 3600000, 1};
	const char *unit = NULL;
	uint64_t n = 0;
	int i = -1;

	if (tree->type == HC_SCALAR && thousandths(tree->text, &n, &unit))
		i = index_of(unit, units);
	if (i < 0)
		return wrong(reader, tree, name, "a time such as 100s, 1.5s or 2m");
	n = n * factors[i] / 1000;
	if (n > UINT64_C(86400000) * LONGEST_DAYS) {
		hc_say(reader->diags, HC_ERROR, tree->place,
		       "%s: %s is above %d days, the most it can be", name, tree->text,
		       LONGEST_DAYS);
		return false;
	}
	*to = n;
	return true;
}

bool read_switch(struct scenario_reader *reader, const char *name, const struct hc_tree *tree,
		 bool *to)
{
	static const char *const words[] = {"on",   "off",   "true",  "false", "yes", "no", "On",
					    "Off",  "True",  "False", "Yes",   "No",  "ON", "OFF",
					    "TRUE", "FALSE", "YES",   "NO",    NULL};
	int i = tree->type == HC_SCALAR ? index_of(tree->text, words) : -1;

	if (i < 0)
		return wrong(reader, tree, name, "on or off");
	*to = i % 2 == 0;
	return true;
}

bool read_true(struct scenario_reader *reader, const char *name, const struct hc_tree *tree)
{
	bool is;

	if (tree->type != HC_SCALAR || !read_switch(reader, name, tree, &is))
		return tree->type == HC_SCALAR ? false : wrong(reader, tree, name, "true");
	return is || wrong(reader, tree, name, "true");
}

bool read_number(struct scenario_reader *reader, const char *name, const struct hc_tree *tree,
		 uint32_t *to)
{
	const char *rest = NULL;
	uint64_t n;

	if (tree->type != HC_SCALAR || !thousandths(tree->text, &n, &rest) || *rest || n % 1000 ||
	    n / 1000 > MOST_NUMBER)
		return wrong(reader, tree, name, "a number up to a million");
	*to = (uint32_t)(n / 1000);
	return true;
}

bool read_text(struct scenario_reader *reader, const char *name, const struct hc_tree *tree,
	       const char **to)
{
	if (tree->type != HC_SCALAR || hc_tree_is_null(tree) || !*tree->text)
		return wrong(reader, tree, name, "a text");
	*to = tree->text;
	return true;
}

/* "started, stopped or disabled" */
static const char *listed(struct hc_arena *arena, const char *const *words)
{
	const char *list = *words;

	for (size_t i = 1; *words && words[i]; i++)
		list = hc_printf(arena, "%s%s%s", list, words[i + 1] ? ", " : " or ", words[i]);
	return list;
}

bool read_word(struct scenario_reader *reader, const char *name, const struct hc_tree *tree,
	       const char *const *words, int *to)
{
	const char *text;

	if (!read_text(reader, name, tree, &text))
		return false;
	*to = index_of(text, words);
	if (*to >= 0)
		return true;
	return near_word(reader, tree,
			 hc_printf(reader->arena, "%s wants %s, this is '%s'", name,
				   listed(reader->arena, words), text),
			 words);
}

static const char *known(struct scenario_reader *reader, const struct hc_tree *tree,
			 const char *what, const char *unknown, const char *const *words)
{
	const char *text;
	int i;

	if (!read_text(reader, what, tree, &text))
		return NULL;
	i = index_of(text, words);
	if (i < 0)
		(void)near_word(reader, tree, hc_printf(reader->arena, unknown, text), words);
	return i < 0 ? NULL : words[i];
}

const char *read_node(struct scenario_reader *reader, const struct hc_tree *tree)
{
	return known(reader, tree, "node", "there is no Node %s in the manifests", reader->nodes);
}

const char *read_vm(struct scenario_reader *reader, const struct hc_tree *tree)
{
	return known(reader, tree, "resource", "no HaResource in the manifests has the VM %s",
		     reader->vms);
}
