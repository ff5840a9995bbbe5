/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The stages between a document's tree and its resources. Only decode*.c, load.c and resolve.c
 * include this.
 */

#include "load.h"
#include "pattern.h"

/* Where a document goes that is for all nodes while nobody has said which there are. */
#define HC_ANY_NODE "*"

enum {
	HC_MAX_RESOURCES = 1000000,
	HC_MAX_NODE_LIST = 1000, /* names in metadata.nodes */
};

/* What stays the same from document to document. */
struct hc_decoder {
	const struct hc_registry *registry;
	const struct hc_strings *nodes; /* names of all Node documents */
	struct hc_arena *arena;         /* the set's */
	struct hc_set *set;             /* where resources go */
	struct hc_diags *diags;
	struct hc_patterns patterns;
	bool live; /* what a system said: fields of every origin, no defaults */
};

/* The envelope of a document; what is broken is NULL. */
struct hc_envelope {
	const struct hc_type *type;
	const char *name;
	struct hc_place place;      /* of the name, or of the document */
	const struct hc_tree *node; /* metadata.node, of a live document */
	const struct hc_tree *nodes, *spec, *made, *unknown;
};

/* A document's or an item's fields. Those of a document are copied to each of its nodes. */
struct hc_draft {
	const struct hc_type *type;
	struct hc_place place;
	void *spec;
	struct hc_place *places;
	uint64_t set;                       /* fields that spec holds */
	uint64_t written;                   /* fields that are there, right or wrong */
	uint64_t broken;                    /* children that are wrong: said once */
	const struct hc_tree *children[64]; /* by field */
};

/* decode_envelope.c */
void hc_envelope_read(struct hc_decoder *decoder, const struct hc_tree *document,
		      struct hc_envelope *envelope);
/* Says that there is no such word, and which one is near. */
void hc_say_unknown(struct hc_decoder *decoder, struct hc_place place, const char *text,
		    const char *word, const char *const *known);

/* decode_value.c */
bool hc_tree_is_null(const struct hc_tree *tree);
void hc_say_null(struct hc_decoder *decoder, const char *name, const struct hc_tree *tree);
void hc_say_null_item(struct hc_decoder *decoder, const char *name, const struct hc_tree *tree);
/* What the tree is, in words: "a list". */
const char *hc_tree_what(const struct hc_tree *tree);
/* A field's value, for all types but HC_CHILDREN. False: it is wrong, said. */
bool hc_decode_value(struct hc_decoder *decoder, const struct hc_field *field,
		     const struct hc_tree *tree, void *to);

/* decode_field.c */
void hc_draft_begin(struct hc_decoder *decoder, struct hc_draft *draft, const struct hc_type *type,
		    struct hc_place place);
/* Reads the mapping's fields over those that the draft has; the key `besides` is not one. */
void hc_draft_read(struct hc_decoder *decoder, struct hc_draft *draft,
		   const struct hc_tree *mapping, const char *besides);
/* What absence means, for all that is absent. */
void hc_draft_default(struct hc_decoder *decoder, struct hc_draft *draft);
/* Says which fields are required and not there. */
void hc_draft_require(struct hc_decoder *decoder, const struct hc_draft *draft, const char *node);

/* decode_child.c: the resources that are nested in a resource. */
void hc_decode_children(struct hc_decoder *decoder, struct hc_draft *draft,
			const struct hc_resource *parent);

/* decode.c */
bool hc_decode_document(struct hc_decoder *decoder, const struct hc_tree *document);
