/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One document to the resources it stands for. A document of a cluster-scoped kind is one resource;
 * one of a node-scoped kind is a resource on each node of metadata.nodes, else on all nodes, with
 * the fields of spec and over them those of spec.per_node.
 *
 * Sets without Node documents are decoded too, so that a part of a set can be checked alone: what
 * is for all nodes is then decoded once, for a node that stands for any.
 */

#include "decode.h"

#include "value.h"

#include <string.h>

#define PER_NODE "per_node"

/* One document on its way to its nodes. */
struct spread {
	struct hc_decoder *decoder;
	const struct hc_envelope *envelope;
	const struct hc_tree *per_node; /* a mapping, or NULL */
	struct hc_draft base;           /* the fields for all nodes */
};

static void say_no_node(struct hc_decoder *decoder, const struct hc_tree *name, const char *text,
			const struct hc_strings *known)
{
	const char **words = hc_alloc(decoder->diags->arena, (known->n + 1) * sizeof(*words));

	for (size_t i = 0; i < known->n; i++)
		words[i] = known->v[i];
	hc_say_unknown(decoder, name->place,
		       hc_printf(decoder->diags->arena, "%s %s", text, name->text), name->text,
		       words);
}

/* Whether there can be a node of that name. */
static bool is_node(struct hc_decoder *decoder, const struct hc_tree *name)
{
	if (!decoder->nodes->n || hc_strings_have(decoder->nodes, name->text))
		return true;
	say_no_node(decoder, name, "there is no Node", decoder->nodes);
	return false;
}

static void take_node(struct hc_decoder *decoder, const struct hc_tree *item,
		      struct hc_strings *names)
{
	if (hc_tree_is_null(item))
		hc_say_null_item(decoder, "nodes", item);
	else if (item->type != HC_SCALAR || !*item->text)
		hc_say(decoder->diags, HC_ERROR, item->place,
		       "nodes wants names of nodes, this is %s",
		       item->type == HC_SCALAR ? "empty" : hc_tree_what(item));
	else if (hc_strings_have(names, item->text))
		hc_say(decoder->diags, HC_ERROR, item->place, "%s is listed twice", item->text);
	else if (is_node(decoder, item))
		hc_strings_add(decoder->arena, names, item->text);
}

/* The names of metadata.nodes, those that are right. */
static void read_nodes(struct hc_decoder *decoder, const struct hc_tree *nodes,
		       struct hc_strings *names)
{
	if (nodes->type != HC_SEQUENCE) {
		struct hc_diag *diag =
			hc_say(decoder->diags, HC_ERROR, nodes->place,
			       "nodes wants a list, this is %s", hc_tree_what(nodes));
		if (nodes->type == HC_SCALAR && *nodes->text)
			hc_hint(decoder->diags, diag, "write nodes: [%s]", nodes->text);
		return;
	}
	if (!nodes->n)
		hc_hint(decoder->diags,
			hc_say(decoder->diags, HC_ERROR, nodes->place, "nodes is empty"),
			"leave it out for all nodes");
	if (nodes->n > HC_MAX_NODE_LIST) {
		hc_say(decoder->diags, HC_ERROR, nodes->place,
		       "nodes: %zu names, above %d, the most it can have", nodes->n,
		       HC_MAX_NODE_LIST);
		return;
	}
	for (size_t i = 0; i < nodes->n; i++)
		take_node(decoder, nodes->values[i], names);
}

/* What makes the resource of a draft. */
static void make(struct spread *spread, struct hc_draft *draft, const char *node)
{
	const struct hc_envelope *envelope = spread->envelope;
	struct hc_decoder *decoder = spread->decoder;
	const struct hc_type *type = envelope->type;
	struct hc_resource *resource =
		hc_resource_new(decoder->set, type, node, envelope->name ? envelope->name : "");

	hc_draft_require(decoder, draft, spread->per_node ? node : NULL);
	memcpy(resource->spec, draft->spec, type->size);
	resource->set = draft->set;
	resource->places = draft->places;
	resource->place = envelope->place;
	if (type->finish)
		type->finish(decoder->arena, resource);
	hc_decode_children(decoder, draft, resource);
}

/* The fields for one node: its own take the place of the common ones, each as a whole. */
static void make_own(struct spread *spread, const struct hc_tree *own, const char *node)
{
	struct hc_decoder *decoder = spread->decoder;
	struct hc_draft draft = spread->base;
	size_t nplace = draft.type->nfield * sizeof(*draft.places);

	draft.spec = hc_alloc(decoder->arena, draft.type->size);
	memcpy(draft.spec, spread->base.spec, draft.type->size);
	draft.places = hc_alloc(decoder->arena, nplace);
	memcpy(draft.places, spread->base.places, nplace);
	hc_draft_read(decoder, &draft, own, NULL);
	make(spread, &draft, node);
}

static void make_node(struct spread *spread, const char *node)
{
	const struct hc_tree *own = spread->per_node ? hc_tree_get(spread->per_node, node) : NULL;

	if (spread->decoder->set->n >= HC_MAX_RESOURCES)
		hc_say(spread->decoder->diags, HC_ERROR, spread->envelope->place,
		       "the manifests stand for more than %d resources", HC_MAX_RESOURCES);
	else if (own && own->type == HC_MAPPING)
		make_own(spread, own, node);
	else
		make(spread, &spread->base, node);
}

/* per_node names only nodes that the document is for, and gives each a mapping. */
static void check_per_node(struct spread *spread, const struct hc_strings *listed)
{
	struct hc_decoder *decoder = spread->decoder;

	for (size_t i = 0; spread->per_node && i < spread->per_node->n; i++) {
		const struct hc_tree *node = spread->per_node->keys[i];
		const struct hc_tree *value = spread->per_node->values[i];

		if (is_node(decoder, node) && listed && !hc_strings_have(listed, node->text))
			say_no_node(decoder, node, "metadata.nodes does not have", listed);
		if (hc_tree_is_null(value))
			hc_say_null(decoder, node->text, value);
		else if (value->type != HC_MAPPING)
			hc_say(decoder->diags, HC_ERROR, value->place,
			       "%s wants a mapping of fields, this is %s", node->text,
			       hc_tree_what(value));
	}
}

/* Nobody has said which nodes there are: those that the document names, else any. */
static void make_anywhere(struct spread *spread)
{
	const struct hc_tree *per_node = spread->per_node;

	for (size_t i = 0; per_node && i < per_node->n && i < HC_MAX_NODE_LIST; i++)
		make_node(spread, per_node->keys[i]->text);
	if (!per_node || !per_node->n)
		make_node(spread, HC_ANY_NODE);
}

/* Only for what is wrong with it: nothing of it is kept. */
static void make_for_errors(struct spread *spread)
{
	struct hc_decoder *decoder = spread->decoder;
	struct hc_set nowhere = {.arena = decoder->arena}, *set = decoder->set;

	decoder->set = &nowhere;
	if (spread->envelope->type->scope == HC_CLUSTER)
		make(spread, &spread->base, NULL);
	else
		make_anywhere(spread);
	decoder->set = set;
}

static void make_nodes(struct spread *spread)
{
	struct hc_strings listed = {0};
	const struct hc_strings *nodes = spread->decoder->nodes;
	const struct hc_tree *written = spread->envelope->nodes;

	if (written) {
		read_nodes(spread->decoder, written, &listed);
		nodes = &listed;
	}
	check_per_node(spread, written ? &listed : NULL);
	if (!spread->envelope->name || (written && !listed.n))
		make_for_errors(spread);
	else if (!nodes->n)
		make_anywhere(spread);
	for (size_t i = 0; spread->envelope->name && i < nodes->n; i++)
		make_node(spread, nodes->v[i]);
}

static void make_cluster(struct spread *spread)
{
	const struct hc_tree *nodes = spread->envelope->nodes;

	if (nodes)
		hc_say(spread->decoder->diags, HC_ERROR, nodes->place,
		       "a %s is of the whole cluster, it has no nodes of its own",
		       spread->envelope->type->name);
	if (spread->envelope->name)
		make(spread, &spread->base, NULL);
	else
		make_for_errors(spread);
}

/* spec.per_node; NULL when there is none. */
static const struct hc_tree *per_node_of(struct hc_decoder *decoder,
					 const struct hc_envelope *envelope)
{
	const struct hc_tree *per_node = envelope->spec && envelope->type->scope == HC_NODE
						 ? hc_tree_get(envelope->spec, PER_NODE)
						 : NULL;

	if (!per_node || per_node->type == HC_MAPPING)
		return per_node;
	if (hc_tree_is_null(per_node))
		hc_say_null(decoder, PER_NODE, per_node);
	else
		hc_say(decoder->diags, HC_ERROR, per_node->place,
		       PER_NODE " wants a mapping of nodes, this is %s", hc_tree_what(per_node));
	return NULL;
}

bool hc_decode_document(struct hc_decoder *decoder, const struct hc_tree *document)
{
	struct hc_envelope envelope;
	struct spread spread = {.decoder = decoder, .envelope = &envelope};
	bool many;

	hc_envelope_read(decoder, document, &envelope);
	if (!envelope.type)
		return false;
	many = envelope.type->scope == HC_NODE;
	spread.per_node = per_node_of(decoder, &envelope);
	hc_draft_begin(decoder, &spread.base, envelope.type,
		       envelope.spec ? envelope.spec->place : envelope.place);
	spread.base.spec = hc_alloc(decoder->arena, envelope.type->size);
	if (envelope.spec)
		hc_draft_read(decoder, &spread.base, envelope.spec, many ? PER_NODE : NULL);
	hc_draft_default(decoder, &spread.base);
	if (many)
		make_nodes(&spread);
	else
		make_cluster(&spread);
	return envelope.name;
}

bool hc_decode(const struct hc_registry *registry, const struct hc_tree *document,
	       const struct hc_strings *nodes, struct hc_set *desired, struct hc_diags *diags)
{
	struct hc_decoder decoder = {
		.registry = registry,
		.nodes = nodes,
		.arena = desired->arena,
		.set = desired,
		.diags = diags,
	};
	bool whole = hc_decode_document(&decoder, document);

	hc_patterns_done(&decoder.patterns);
	return whole;
}
