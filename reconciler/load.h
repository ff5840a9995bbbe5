/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Manifests: from paths to a generation of desired resources. */

#include "registry.h"
#include "tree.h"

/* One version of the manifests. */
struct hc_generation {
	struct hc_arena *arena;
	struct hc_diags diags;
	struct hc_set desired;   /* of all nodes; sorted */
	struct hc_strings nodes; /* names of the Node documents */
	size_t documents;        /* how many were read */
	bool partial;   /* something could not be read: what seems to be missing may be in there */
	const char *id; /* a digest of all their text, 16 hex digits; or the commit's 40 */
	const struct hc_commit *commit; /* of a git repository: what it is the tree of; or NULL */
	struct hc_source **sources;     /* the files, sorted by path within each root */
	size_t nsource;
	const char *root; /* of one path or of texts: what their paths begin with; else NULL */
};

struct hc_generation *hc_generation_free(struct hc_generation *generation);
void hc_generation_freep(struct hc_generation **generation);

/*
 * Reads, decodes and checks files and directory trees (NULL ends the paths). Always gives a
 * generation; it may be used only while its diags.errors is 0.
 */
struct hc_generation *hc_load(const struct hc_registry *registry, const char *const *paths);

/*
 * The same of texts that somebody else has read: *arena holds all of them and is taken. `id` NULL:
 * their digest. `root`: what is cut off their paths for it, and what is to be said of an empty set.
 */
struct hc_generation *hc_load_texts(const struct hc_registry *registry, struct hc_arena **arena,
				    const char *root, struct hc_source **sources, size_t n,
				    const char *id, const struct hc_commit *commit);

/* The stages of it, each callable alone. */

/* source.c: the files of a path, sorted; for a directory *.yaml and *.yml of its whole tree. */
void hc_source_find(struct hc_arena *arena, const char *path, struct hc_diags *diags,
		    struct hc_source ***sources, size_t *n, size_t *room);
/* Whether a file of that name in a directory is one of them. */
bool hc_is_manifest(const char *name);
/*
 * decode.c: one document to the resources it stands for. `nodes`: names of all Node documents.
 * False: it is too broken to tell which resources it stands for.
 */
bool hc_decode(const struct hc_registry *registry, const struct hc_tree *document,
	       const struct hc_strings *nodes, struct hc_set *desired, struct hc_diags *diags);
/*
 * decode.c: a document of a live state (what `get -o yaml` prints): an envelope with metadata.node,
 * all fields of a kind whoever says them, kinds of every origin. `made: true` and `unknown: WHY`
 * beside spec.
 */
void hc_decode_live(const struct hc_registry *registry, const struct hc_tree *document,
		    struct hc_state *live, struct hc_diags *diags);
/* resolve.c: names once, references, cycles, each type's own check. */
void hc_resolve(const struct hc_registry *registry, struct hc_generation *generation);
