/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What building a tree is made of: its reader and mappings. Only tree*.c includes this. */

#include <yaml.h>

#include "tree.h"

struct hc_tree_pair {
	struct hc_tree *key, *value; /* of a sequence's item: no key */
	size_t order;                /* as written; what a merge key brings comes last */
	bool merged;
};

struct hc_tree_reader {
	struct hc_arena *arena;
	const struct hc_source *source;
	struct hc_diags *diags;
	yaml_parser_t parser;
	uint32_t first_line;        /* lines of the source before what the parser was given */
	void *anchors;              /* a tsearch() tree of the document's anchors */
	struct hc_tree_pair *stack; /* items and pairs of what is not complete yet */
	size_t n, room;
	size_t total; /* nodes of this document so far, aliases counted in full */
	bool failed;  /* the document is given up */
	uint32_t failed_line;
};

/* Says an error and gives the document up. NULL, for whoever wanted a node. */
struct hc_tree *hc_tree_fail(struct hc_tree_reader *reader, struct hc_place place,
			     const char *format, ...) HC_PRINTF(3, 4);
/* Says what libyaml did not like. */
void hc_tree_syntax(struct hc_tree_reader *reader);
struct hc_place hc_tree_place(const struct hc_tree_reader *reader, yaml_mark_t mark);

void hc_tree_push(struct hc_tree_reader *reader, struct hc_tree_pair pair);
/* Counts nodes that an alias or a merge key stands for. False: too many, said. */
bool hc_tree_count(struct hc_tree_reader *reader, struct hc_place place, size_t nodes);
/* Makes the mapping's pairs of what is on the stack from `from` on: merged, each key once. */
void hc_tree_map(struct hc_tree_reader *reader, struct hc_tree *mapping, size_t from);
