/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The envelope that every document has: apiVersion, kind, metadata, spec. Each part is read even
 * when another is broken, so that one run finds the mistakes of all of them.
 */

#include "decode.h"

#include <string.h>

#include <hcstate/agent.h>

#define API_VERSION "hcstate/v1"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

enum { LONGEST_NAME = 63 };

void hc_say_unknown(struct hc_decoder *decoder, struct hc_place place, const char *text,
		    const char *word, const char *const *known)
{
	struct hc_diag *diag = hc_say(decoder->diags, HC_ERROR, place, "%s", text);
	const char *near = diag ? hc_nearest(word, known) : NULL;

	if (near)
		hc_hint(decoder->diags, diag, "did you mean %s?", near);
}

static void say_key(struct hc_decoder *decoder, const struct hc_tree *key, const char *where,
		    const char *const *known)
{
	hc_say_unknown(decoder, key->place,
		       hc_printf(decoder->diags->arena, "%s has no key %s", where, key->text),
		       key->text, known);
}

static void check_keys(struct hc_decoder *decoder, const struct hc_tree *mapping, const char *where,
		       const char *const *known)
{
	for (size_t i = 0; i < mapping->n; i++) {
		const char *const *word = known;

		while (*word && strcmp(*word, mapping->keys[i]->text) != 0)
			word++;
		if (!*word)
			say_key(decoder, mapping->keys[i], where, known);
	}
}

/* The scalar of that key; NULL and said when it is none. */
static const struct hc_tree *scalar_of(struct hc_decoder *decoder, const struct hc_tree *mapping,
				       const char *key, const char *where)
{
	const struct hc_tree *value = hc_tree_get(mapping, key);

	if (!value) {
		hc_say(decoder->diags, HC_ERROR, mapping->place, "%s needs %s", where, key);
		return NULL;
	}
	if (hc_tree_is_null(value)) {
		hc_say_null(decoder, key, value);
		return NULL;
	}
	if (value->type == HC_SCALAR)
		return value;
	hc_say(decoder->diags, HC_ERROR, value->place, "%s wants a text, this is %s", key,
	       hc_tree_what(value));
	return NULL;
}

static void read_version(struct hc_decoder *decoder, const struct hc_tree *document)
{
	const struct hc_tree *version = scalar_of(decoder, document, "apiVersion", "a document");

	if (version && strcmp(version->text, API_VERSION) != 0)
		hc_hint(decoder->diags,
			hc_say(decoder->diags, HC_ERROR, version->place, "apiVersion %s is unknown",
			       version->text),
			"write " API_VERSION);
}

/* The kind and field that such resources are nested in. */
static const struct hc_type *parent_of(const struct hc_registry *registry,
				       const struct hc_type *child, const char **field)
{
	for (size_t t = 0; t < registry->ntype; t++)
		for (size_t i = 0; i < registry->types[t]->nfield; i++)
			if (registry->types[t]->fields[i].item == child) {
				*field = registry->types[t]->fields[i].name;
				return registry->types[t];
			}
	return NULL;
}

/* agent.yaml has the form of a manifest, so it is easily laid among them. */
static void say_agent(struct hc_decoder *decoder, const struct hc_tree *kind)
{
	hc_hint(decoder->diags,
		hc_say(decoder->diags, HC_ERROR, kind->place, "%s is no kind of manifest",
		       kind->text),
		"it belongs in /etc/hcstate/agent.yaml, on each machine");
}

static void say_no_kind(struct hc_decoder *decoder, const struct hc_tree *kind)
{
	const struct hc_registry *registry = decoder->registry;
	const char **known =
		hc_alloc(decoder->diags->arena, (registry->ntype + 1) * sizeof(*known));
	size_t n = 0;

	for (size_t i = 0; i < registry->ntype; i++)
		if (decoder->live || registry->types[i]->from == HC_KIND)
			known[n++] = registry->types[i]->name;
	hc_say_unknown(decoder, kind->place,
		       hc_printf(decoder->diags->arena, "there is no kind %s", kind->text),
		       kind->text, known);
}

static void say_not_a_document(struct hc_decoder *decoder, const struct hc_tree *kind,
			       const struct hc_type *type)
{
	const char *field = NULL;
	const struct hc_type *parent = parent_of(decoder->registry, type, &field);
	struct hc_diag *diag = hc_say(decoder->diags, HC_ERROR, kind->place,
				      "%s is not written as a document", type->name);

	if (parent)
		hc_hint(decoder->diags, diag, "write it in %s, under %s", parent->name, field);
	else
		hc_hint(decoder->diags, diag, "hcstate makes it from the other documents");
}

static const struct hc_type *read_kind(struct hc_decoder *decoder, const struct hc_tree *document)
{
	const struct hc_tree *kind = scalar_of(decoder, document, "kind", "a document");
	const struct hc_type *type = kind ? hc_registry_type(decoder->registry, kind->text) : NULL;

	if (kind && !type && !strcmp(kind->text, hc_agent.name))
		say_agent(decoder, kind);
	else if (kind && !type)
		say_no_kind(decoder, kind);
	if (type && type->from != HC_KIND && !decoder->live) {
		say_not_a_document(decoder, kind, type);
		return NULL;
	}
	return type;
}

static void read_name(struct hc_decoder *decoder, const struct hc_tree *metadata,
		      struct hc_envelope *envelope)
{
	const struct hc_tree *name = scalar_of(decoder, metadata, "name", "metadata");
	size_t size;

	if (!name)
		return;
	envelope->place = name->place;
	size = strlen(name->text);
	if (decoder->live || (size && size <= LONGEST_NAME && strchr(LETTERS, name->text[0]) &&
			      strspn(name->text, LETTERS "._-") == size))
		envelope->name = name->text;
	else
		hc_hint(decoder->diags,
			hc_say(decoder->diags, HC_ERROR, name->place, "\"%.80s\" is not a name",
			       name->text),
			"a name is of letters, digits, '.', '_' and '-', begins with a letter or "
			"digit, and has at most %d of them",
			LONGEST_NAME);
}

/* metadata or spec: a mapping, or NULL. */
static const struct hc_tree *mapping_of(struct hc_decoder *decoder, const struct hc_tree *document,
					const char *key)
{
	const struct hc_tree *value = hc_tree_get(document, key);

	if (!value || value->type == HC_MAPPING)
		return value;
	if (hc_tree_is_null(value))
		hc_say_null(decoder, key, value);
	else
		hc_say(decoder->diags, HC_ERROR, value->place, "%s wants a mapping, this is %s",
		       key, hc_tree_what(value));
	return NULL;
}

static void read_metadata(struct hc_decoder *decoder, const struct hc_tree *document,
			  struct hc_envelope *envelope)
{
	static const char *const written[] = {"name", "nodes", NULL};
	static const char *const live[] = {"name", "node", NULL};
	const struct hc_tree *metadata = mapping_of(decoder, document, "metadata");

	if (!metadata) {
		if (!hc_tree_get(document, "metadata"))
			hc_say(decoder->diags, HC_ERROR, document->place,
			       "a document needs metadata, with a name in it");
		return;
	}
	check_keys(decoder, metadata, "metadata", decoder->live ? live : written);
	read_name(decoder, metadata, envelope);
	envelope->nodes = hc_tree_get(metadata, "nodes");
	envelope->node = hc_tree_get(metadata, "node");
}

void hc_envelope_read(struct hc_decoder *decoder, const struct hc_tree *document,
		      struct hc_envelope *envelope)
{
	static const char *const written[] = {"apiVersion", "kind", "metadata", "spec", NULL};
	static const char *const live[] = {"apiVersion", "kind",    "metadata", "spec",
					   "made",       "unknown", NULL};

	*envelope = (struct hc_envelope){.place = document->place};
	if (document->type != HC_MAPPING) {
		hc_hint(decoder->diags,
			hc_say(decoder->diags, HC_ERROR, document->place,
			       "a document is a mapping, this is %s", hc_tree_what(document)),
			"it has apiVersion, kind, metadata and spec");
		return;
	}
	check_keys(decoder, document, "a document", decoder->live ? live : written);
	read_version(decoder, document);
	envelope->type = read_kind(decoder, document);
	envelope->unknown = decoder->live ? hc_tree_get(document, "unknown") : NULL;
	envelope->made = hc_tree_get(document, "made");
	envelope->spec = mapping_of(decoder, document, "spec");
	if (!envelope->unknown)
		read_metadata(decoder, document, envelope);
}
