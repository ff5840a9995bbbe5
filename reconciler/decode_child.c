/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Children: nested in the manifest, resources of their own in memory. An item is a mapping of its
 * kind's fields, or a bare value for the one field that says most. Its name is PARENT/KEY, where
 * KEY is its first field, so that an address or a port is the same one wherever it stands in its
 * list. Where the row says so the place names it: PARENT/NAME, or PARENT/SECTION/NAME; or the place
 * is that first field.
 */

#include "decode.h"

#include <inttypes.h>
#include <string.h>

/* What the names of sections and of what is in them are made of. */
#define PART "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.:_-/"

/* Reads one field into the draft, as if it were written out. */
static void read_pair(struct hc_decoder *decoder, struct hc_draft *draft, int field,
		      const struct hc_tree *value)
{
	struct hc_tree pair = {.type = HC_MAPPING, .place = value->place, .n = 1};
	struct hc_tree key = {.type = HC_SCALAR, .place = value->place};
	struct hc_tree *keys[] = {&key}, *values[1];

	key.text = draft->type->fields[field].name;
	memcpy(values, &value, sizeof(value)); /* lent as it is: nobody changes a tree */
	pair.keys = keys;
	pair.values = values;
	hc_draft_read(decoder, draft, &pair, NULL);
}

/* Reads an item's fields into the draft; the draft says what was there. `key`: of an item that its
 * place names. */
static void read_item(struct hc_decoder *decoder, const struct hc_field *row,
		      struct hc_draft *draft, const struct hc_tree *item, const struct hc_tree *key)
{
	bool keyed = row->form == HC_KEYED, first = !row->scalar || (keyed && !key);

	if (item->type == HC_MAPPING)
		hc_draft_read(decoder, draft, item, NULL);
	else
		read_pair(decoder, draft, first ? 0 : hc_field_index(row->item, row->scalar), item);
	if (!keyed || !key)
		return;
	if (draft->written & 1)
		hc_say(decoder->diags, HC_ERROR, draft->places[0], "its %s is %s already",
		       row->item->fields[0].name, key->text);
	read_pair(decoder, draft, 0, key);
}

/* PARENT/NAME, or PARENT/KEY; NULL when the item does not say its key. That is said, unless more is
 * wrong. */
static const char *name_child(struct hc_decoder *decoder, const struct hc_resource *child,
			      const char *name, bool wrong)
{
	const struct hc_field *first = &child->type->fields[0];

	if (name)
		return hc_printf(decoder->arena, "%s/%s", child->parent->name, name);
	if (child->set & 1)
		return hc_printf(decoder->arena, "%s/%s", child->parent->name,
				 hc_value_text(decoder->arena, first,
					       (const char *)child->spec + first->offset));
	if (!wrong)
		hc_say(decoder->diags, HC_ERROR, child->place, "%s needs %s, which names it",
		       child->type->name, first->name);
	return NULL;
}

static void decode_item(struct hc_decoder *decoder, const struct hc_field *row,
			const struct hc_resource *parent, const struct hc_tree *item,
			const struct hc_tree *key, const char *name)
{
	struct hc_resource *child = hc_resource_new(decoder->set, row->item, parent->node, "");
	size_t errors = decoder->diags->errors;
	struct hc_draft draft;

	hc_draft_begin(decoder, &draft, row->item, key ? key->place : item->place);
	draft.spec = child->spec;
	read_item(decoder, row, &draft, item, key);
	hc_draft_default(decoder, &draft);
	hc_draft_require(decoder, &draft, NULL);
	child->set = draft.set;
	child->places = draft.places;
	child->place = draft.place;
	child->parent = parent;
	if (row->item->finish)
		row->item->finish(decoder->arena, child);
	child->name = name_child(decoder, child, name, decoder->diags->errors > errors);
	if (!child->name)
		decoder->set->n--; /* it was the last; what is wrong with it was said */
	else
		hc_decode_children(decoder, &draft, child);
}

/* Whether the item is of a shape that the row takes. */
static bool is_item(struct hc_decoder *decoder, const struct hc_field *row,
		    const struct hc_tree *item, const struct hc_tree *key)
{
	if (hc_tree_is_null(item)) {
		if (row->form == HC_KEYED && key) /* {pve1:1} is the key "pve1:1" */
			hc_say_null(decoder, key->text, item);
		else
			hc_say_null_item(decoder, row->name, item);
		return false;
	}
	if (item->type != HC_SEQUENCE)
		return true;
	hc_say(decoder->diags, HC_ERROR, item->place, "%s: a list where one %s is wanted",
	       row->name, row->item->name);
	return false;
}

/* `key`, `name`: of an item that its place names. */
static void decode_one(struct hc_decoder *decoder, const struct hc_field *row,
		       const struct hc_resource *parent, const struct hc_tree *item,
		       const struct hc_tree *key, const char *name)
{
	if (!is_item(decoder, row, item, key))
		return;
	if (decoder->set->n >= HC_MAX_RESOURCES)
		hc_say(decoder->diags, HC_ERROR, item->place,
		       "the manifests stand for more than %d resources", HC_MAX_RESOURCES);
	else
		decode_item(decoder, row, parent, item, key, name);
}

/* Whether a key can be a part of a name. */
static bool is_part(struct hc_decoder *decoder, const struct hc_field *row,
		    const struct hc_tree *key, const char *where)
{
	const char *text = key->text;
	size_t size = strlen(text);

	if (size && strspn(text, PART) == size && text[0] != '/' && text[size - 1] != '/' &&
	    !strstr(text, "//"))
		return true;
	hc_hint(decoder->diags,
		hc_say(decoder->diags, HC_ERROR, key->place, "%s: \"%.80s\" is not a name %s",
		       row->name, text, where),
		"it is of letters, digits and any of .:_-, with / between them");
	return false;
}

static void decode_section(struct hc_decoder *decoder, const struct hc_field *row,
			   const struct hc_resource *parent, const struct hc_tree *section,
			   const struct hc_tree *items)
{
	if (!is_part(decoder, row, section, "of a section"))
		return;
	if (hc_tree_is_null(items)) {
		hc_say_null(decoder, section->text, items);
		return;
	}
	if (items->type != HC_MAPPING) {
		hc_hint(decoder->diags,
			hc_say(decoder->diags, HC_ERROR, items->place,
			       "%s: section %s wants a mapping, this is %s", row->name,
			       section->text, hc_tree_what(items)),
			"write %s: {%s: {NAME: VALUE}}", row->name, section->text);
		return;
	}
	for (size_t i = 0; i < items->n && decoder->set->n <= HC_MAX_RESOURCES; i++) {
		const struct hc_tree *key = items->keys[i];

		if (is_part(decoder, row, key, "in a section"))
			decode_one(decoder, row, parent, items->values[i], key,
				   hc_printf(decoder->arena, "%s/%s", section->text, key->text));
	}
}

static bool has_shape(struct hc_decoder *decoder, const struct hc_field *row,
		      const struct hc_tree *tree)
{
	enum hc_node_type wanted = row->form == HC_LIST ? HC_SEQUENCE : HC_MAPPING;
	bool either = row->form == HC_KEYED && tree->type == HC_SEQUENCE;
	struct hc_diag *diag;

	if (hc_tree_is_null(tree)) {
		hc_say_null(decoder, row->name, tree);
		return false;
	}
	if (row->form == HC_ONE || tree->type == wanted || either)
		return true;
	diag = hc_say(decoder->diags, HC_ERROR, tree->place, "%s wants %s, this is %s", row->name,
		      wanted == HC_SEQUENCE ? "a list" : "a mapping", hc_tree_what(tree));
	if (wanted == HC_SEQUENCE && tree->type == HC_SCALAR)
		hc_hint(decoder->diags, diag, "write %s: [%s]", row->name, tree->text);
	else if (row->form == HC_KEYED)
		hc_hint(decoder->diags, diag, "write %s: {NAME: VALUE, ...}", row->name);
	return false;
}

static void decode_row(struct hc_decoder *decoder, const struct hc_field *row,
		       const struct hc_resource *parent, const struct hc_tree *tree)
{
	bool has_keys = row->form == HC_NAMED || row->form == HC_KEYED;

	has_keys = has_keys && tree->type == HC_MAPPING;
	if (!has_shape(decoder, row, tree))
		return;
	if (row->form == HC_ONE) {
		decode_one(decoder, row, parent, tree, NULL, row->key);
		return;
	}
	if (row->max && tree->n > row->max)
		hc_say(decoder->diags, HC_ERROR, tree->place,
		       "%s: %zu items, above %" PRIu64 ", the most it can have", row->name, tree->n,
		       row->max);
	else if (tree->n < row->min)
		hc_say(decoder->diags, HC_ERROR, tree->place,
		       "%s: %zu items, below %" PRIu64 ", the least it can have", row->name,
		       tree->n, row->min);
	for (size_t i = 0; i < tree->n && decoder->set->n <= HC_MAX_RESOURCES; i++) {
		const struct hc_tree *key = has_keys ? tree->keys[i] : NULL;

		if (row->form == HC_SECTIONS)
			decode_section(decoder, row, parent, tree->keys[i], tree->values[i]);
		else
			decode_one(decoder, row, parent, tree->values[i], key,
				   row->form == HC_NAMED ? key->text : NULL);
	}
}

void hc_decode_children(struct hc_decoder *decoder, struct hc_draft *draft,
			const struct hc_resource *parent)
{
	for (size_t i = 0; i < draft->type->nfield; i++) {
		size_t errors = decoder->diags->errors;

		if (!draft->children[i] || draft->broken & UINT64_C(1) << i)
			continue;
		decode_row(decoder, &draft->type->fields[i], parent, draft->children[i]);
		if (decoder->diags->errors > errors)
			draft->broken |= UINT64_C(1) << i;
	}
}
