/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* YAML text as a tree of nodes with the place of each. Aliases point to the node of their anchor.
 */

#include <hcstate/diag.h>

enum hc_node_type {
	HC_SCALAR,
	HC_SEQUENCE,
	HC_MAPPING,
};

struct hc_tree {
	enum hc_node_type type;
	struct hc_place place;
	bool quoted; /* scalar: written in quotes or as a block, so it is text whatever it looks
			like */
	const char *text;        /* scalar: its text, a NUL ends it and none is in it */
	size_t n;                /* sequence: items; mapping: pairs */
	struct hc_tree **keys;   /* mapping: scalars, each once */
	struct hc_tree **values; /* sequence: items; mapping: values */
	size_t size;             /* nodes below and with it, each alias counted in full */
};

/* Limits on hostile text. */
enum {
	HC_MAX_DEPTH = 32,
	HC_MAX_NODES = 2000000,         /* of a document, aliases counted in full */
	HC_MAX_FILE = 64 * 1024 * 1024, /* bytes */
};

/*
 * Reads all documents of a source; *documents and their *n live in the arena. What is wrong is said
 * in diags; the other documents of a file with a syntax error are given all the same.
 * False: at least one could not be read.
 */
bool hc_tree_read(struct hc_arena *arena, const struct hc_source *source, struct hc_diags *diags,
		  struct hc_tree ***documents, size_t *n);

struct hc_tree *hc_tree_get(const struct hc_tree *mapping, const char *key); /* or NULL */
