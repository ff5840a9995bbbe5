/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mapping's fields, by the rows of a kind's table: one walker for all kinds. What comes out is a
 * draft, because the fields of one document are the fields of a resource on each of its nodes; they
 * are read once and shared.
 */

#include "decode.h"

#include "value.h"

#include <string.h>

static uint64_t bit(size_t field)
{
	return UINT64_C(1) << field;
}

void hc_draft_begin(struct hc_decoder *decoder, struct hc_draft *draft, const struct hc_type *type,
		    struct hc_place place)
{
	*draft = (struct hc_draft){
		.type = type,
		.place = place,
		.places = hc_alloc(decoder->arena, type->nfield * sizeof(*draft->places)),
	};
}

static void say_no_field(struct hc_decoder *decoder, const struct hc_type *type,
			 const struct hc_tree *key, const char *besides)
{
	const char *known[66];
	size_t n = 0;

	for (size_t i = 0; i < type->nfield; i++)
		if (decoder->live || type->fields[i].origin == HC_WRITTEN)
			known[n++] = type->fields[i].name;
	if (besides)
		known[n++] = besides;
	known[n] = NULL;
	hc_say_unknown(decoder, key->place,
		       hc_printf(decoder->diags->arena, "%s has no field %s", type->name,
				 key->text),
		       key->text, known);
}

static bool may_be_written(struct hc_decoder *decoder, const struct hc_field *field,
			   struct hc_place place)
{
	if (decoder->live || field->origin == HC_WRITTEN)
		return true;
	if (field->origin == HC_DERIVED)
		hc_say(decoder->diags, HC_ERROR, place,
		       "%s cannot be written: hcstate works it out from the other fields",
		       field->name);
	else
		hc_say(decoder->diags, HC_ERROR, place,
		       "%s cannot be written: it is what the system says of itself", field->name);
	return false;
}

static void read_field(struct hc_decoder *decoder, struct hc_draft *draft, size_t i,
		       const struct hc_tree *value)
{
	const struct hc_field *field = &draft->type->fields[i];

	draft->places[i] = value->place;
	draft->written |= bit(i);
	draft->broken &= ~bit(i);
	draft->set &= ~bit(i);
	if (field->type == HC_CHILDREN) {
		draft->children[i] = value;
		draft->set |= bit(i);
	} else if (hc_decode_value(decoder, field, value, (char *)draft->spec + field->offset)) {
		draft->set |= bit(i);
	}
}

void hc_draft_read(struct hc_decoder *decoder, struct hc_draft *draft,
		   const struct hc_tree *mapping, const char *besides)
{
	for (size_t i = 0; i < mapping->n; i++) {
		const struct hc_tree *key = mapping->keys[i];
		int field = hc_field_index(draft->type, key->text);

		if (besides && !strcmp(key->text, besides))
			continue;
		if (field < 0)
			say_no_field(decoder, draft->type, key, besides);
		else if (may_be_written(decoder, &draft->type->fields[field], key->place))
			read_field(decoder, draft, (size_t)field, mapping->values[i]);
	}
}

void hc_draft_default(struct hc_decoder *decoder, struct hc_draft *draft)
{
	for (size_t i = 0; i < draft->type->nfield; i++) {
		const struct hc_field *field = &draft->type->fields[i];
		void *to = (char *)draft->spec + field->offset;
		const char *why;

		if (field->origin != HC_WRITTEN || field->absent != HC_RESET ||
		    draft->written & bit(i))
			continue;
		if (field->type != HC_CHILDREN && field->unset &&
		    hc_value_read(decoder->arena, &decoder->patterns, field, field->unset, to,
				  &why))
			hc_say(decoder->diags, HC_ERROR, draft->place,
			       "the default of %s.%s is wrong: %s", draft->type->name, field->name,
			       why);
		else
			draft->set |= bit(i);
	}
}

/* The first sentence of the row's text. */
static int sentence(const char *doc)
{
	const char *end = doc ? strstr(doc, ". ") : NULL;

	return (int)(end ? (size_t)(end - doc) + 1 : doc ? strlen(doc) : 0);
}

void hc_draft_require(struct hc_decoder *decoder, const struct hc_draft *draft, const char *node)
{
	for (size_t i = 0; i < draft->type->nfield; i++) {
		const struct hc_field *field = &draft->type->fields[i];
		struct hc_diag *diag;

		if (field->origin != HC_WRITTEN || field->absent != HC_REQUIRED ||
		    draft->written & bit(i))
			continue;
		diag = hc_say(decoder->diags, HC_ERROR, draft->place, "%s needs %s%s%s",
			      draft->type->name, field->name, node ? " on " : "", node ? node : "");
		if (field->doc)
			hc_hint(decoder->diags, diag, "%s: %.*s", field->name, sentence(field->doc),
				field->doc);
	}
}
