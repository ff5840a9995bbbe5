/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pairs of a mapping. A merge key (<<) brings the pairs of other mappings; a key that the
 * mapping has itself wins, then the mapping that is named first. A key that is written twice is an
 * error: YAML forbids it, many readers take the last, and one of the two is surely a mistake.
 */

#include "tree_node.h"

#include <string.h>

static int by_key(const void *one, const void *other)
{
	const struct hc_tree_pair *a = one, *b = other;
	int order = strcmp(a->key->text, b->key->text);

	if (!order)
		order = a->order < b->order ? -1 : a->order > b->order;
	return order;
}

static int by_order(const void *one, const void *other)
{
	const struct hc_tree_pair *a = one, *b = other;

	return a->order < b->order ? -1 : a->order > b->order;
}

static bool is_merge(const struct hc_tree_pair *pair)
{
	return !pair->merged && !pair->key->quoted && !strcmp(pair->key->text, "<<");
}

static void merge_one(struct hc_tree_reader *reader, struct hc_place place,
		      const struct hc_tree *from)
{
	if (from->type != HC_MAPPING) {
		struct hc_diag *diag = hc_say(reader->diags, HC_ERROR, place,
					      "<< wants a mapping, or a list of them");

		hc_hint(reader->diags, diag, "write <<: *NAME, where &NAME stands at a mapping");
		return;
	}
	if (!hc_tree_count(reader, place, from->size))
		return;
	for (size_t i = 0; i < from->n; i++)
		hc_tree_push(reader, (struct hc_tree_pair){.key = from->keys[i],
							   .value = from->values[i],
							   .merged = true});
}

static void merge(struct hc_tree_reader *reader, const struct hc_tree *value)
{
	if (value->type != HC_SEQUENCE) {
		merge_one(reader, value->place, value);
		return;
	}
	for (size_t i = 0; i < value->n && !reader->failed; i++)
		merge_one(reader, value->values[i]->place, value->values[i]);
}

/* Pushes what the merge keys from `from` on bring, behind the mapping's own pairs. */
static void merge_all(struct hc_tree_reader *reader, size_t from)
{
	size_t own = reader->n;

	for (size_t i = from; i < own && !reader->failed; i++)
		if (is_merge(&reader->stack[i]))
			merge(reader, reader->stack[i].value);
}

static void say_twice(struct hc_tree_reader *reader, const struct hc_tree *first,
		      const struct hc_tree *again)
{
	struct hc_diag *diag = hc_say(reader->diags, HC_ERROR, again->place,
				      "%s is written twice in this mapping", again->text);

	hc_hint(reader->diags, diag, "the first is in line %u", first->place.line);
}

/* Keeps the first of each key; gives how many are left. */
static size_t keep_first(struct hc_tree_reader *reader, struct hc_tree_pair *pairs, size_t n)
{
	size_t kept = 0;

	qsort(pairs, n, sizeof(*pairs), by_key);
	for (size_t i = 0; i < n; i++) {
		if (kept && !strcmp(pairs[kept - 1].key->text, pairs[i].key->text)) {
			if (!pairs[i].merged)
				say_twice(reader, pairs[kept - 1].key, pairs[i].key);
			continue;
		}
		pairs[kept++] = pairs[i];
	}
	qsort(pairs, kept, sizeof(*pairs), by_order);
	return kept;
}

void hc_tree_map(struct hc_tree_reader *reader, struct hc_tree *mapping, size_t from)
{
	struct hc_tree_pair *pairs;
	size_t n;

	merge_all(reader, from);
	if (reader->failed || reader->n == from)
		return;
	pairs = reader->stack + from;
	for (size_t i = 0; i < reader->n - from; i++)
		pairs[i].order = i;
	n = keep_first(reader, pairs, reader->n - from);
	mapping->keys = hc_alloc(reader->arena, n * sizeof(struct hc_tree *));
	mapping->values = hc_alloc(reader->arena, n * sizeof(struct hc_tree *));
	for (size_t i = 0; i < n; i++) {
		if (is_merge(&pairs[i]))
			continue;
		mapping->keys[mapping->n] = pairs[i].key;
		mapping->values[mapping->n++] = pairs[i].value;
		mapping->size += pairs[i].key->size + pairs[i].value->size;
	}
}
