/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From paths to a generation. The stages are their own files; here they are put in order, and go on
 * after mistakes, so that one run reports all of them.
 *
 * The trees are only needed until the last document is decoded, and are larger than what comes of
 * them: they have an arena of their own. The texts stay, to show the line of a late error.
 */

#include "load.h"

#include "decode.h"
#include "value.h"

#include <sodium.h>
#include <string.h>

enum { MAX_DOCUMENTS = 1000000 };

/* What lives only while a generation is loaded. */
struct loading {
	const struct hc_registry *registry;
	struct hc_generation *generation;
	struct hc_arena *trees;
	struct hc_source **sources;
	size_t nsource, sourceroom;
	struct hc_tree **documents;
	size_t ndocument, documentroom;
	crypto_generichash_state hash;
};

struct hc_generation *hc_generation_free(struct hc_generation *generation)
{
	if (generation)
		(void)hc_arena_free(generation->arena); /* it lies in there itself */
	return NULL;
}

void hc_generation_freep(struct hc_generation **generation)
{
	*generation = hc_generation_free(*generation);
}

/* The file's name within what -f named: the set is the same wherever it lies. */
static const char *relative(const char *path, const char *root)
{
	size_t size = strlen(root);
	const char *slash = strrchr(path, '/');

	while (size > 1 && root[size - 1] == '/')
		size--;
	if (!strncmp(path, root, size) && path[size] == '/')
		return path + size + 1;
	return slash ? slash + 1 : path;
}

/* Name and text, each with its end: no two sets give the same bytes. */
static void hash_source(struct loading *loading, const struct hc_source *source, const char *root)
{
	const char *name = relative(source->path, root);
	unsigned char size[8];

	for (size_t i = 0; i < sizeof(size); i++)
		size[i] = (unsigned char)((uint64_t)source->size >> 8 * i);
	(void)crypto_generichash_update(&loading->hash, (const unsigned char *)name,
					strlen(name) + 1);
	(void)crypto_generichash_update(&loading->hash, size, sizeof(size));
	(void)crypto_generichash_update(&loading->hash, (const unsigned char *)source->text,
					source->size);
}

static void begin_hash(struct loading *loading)
{
	/* It fails only for sizes it does not know. */
	(void)crypto_generichash_init(&loading->hash, NULL, 0, crypto_generichash_BYTES);
}

static void hash_sources(struct loading *loading, size_t first, const char *root)
{
	for (size_t i = first; i < loading->nsource; i++)
		hash_source(loading, loading->sources[i], root);
}

static void end_hash(struct loading *loading)
{
	unsigned char hash[crypto_generichash_BYTES];
	char *id = hc_alloc(loading->generation->arena, 17);

	(void)crypto_generichash_final(&loading->hash, hash, sizeof(hash)); /* likewise */
	sodium_bin2hex(id, 17, hash, 8);
	loading->generation->id = id;
}

static void find_sources(struct loading *loading, const char *const *paths)
{
	struct hc_generation *generation = loading->generation;

	begin_hash(loading);
	generation->root = *paths && !paths[1] ? hc_strdup(generation->arena, *paths) : NULL;
	for (; *paths; paths++) {
		size_t first = loading->nsource, errors = generation->diags.errors;

		hc_source_find(generation->arena, *paths, &generation->diags, &loading->sources,
			       &loading->nsource, &loading->sourceroom);
		generation->partial |= generation->diags.errors > errors;
		hash_sources(loading, first, *paths);
	}
	end_hash(loading);
}

static void read_source(struct loading *loading, const struct hc_source *source)
{
	struct hc_generation *generation = loading->generation;
	struct hc_tree **documents;
	size_t n;

	if (!hc_tree_read(loading->trees, source, &generation->diags, &documents, &n))
		generation->partial = true;
	for (size_t i = 0; i < n; i++) {
		loading->documents = hc_grow(loading->trees, loading->documents, loading->ndocument,
					     &loading->documentroom, sizeof(*loading->documents));
		loading->documents[loading->ndocument++] = documents[i];
	}
}

static void read_sources(struct loading *loading)
{
	struct hc_diags *diags = &loading->generation->diags;

	for (size_t i = 0; i < loading->nsource; i++) {
		read_source(loading, loading->sources[i]);
		if (loading->ndocument <= MAX_DOCUMENTS)
			continue;
		hc_say(diags, HC_ERROR, (struct hc_place){.source = loading->sources[i]},
		       "with this file there are more than %d documents", MAX_DOCUMENTS);
		loading->ndocument = MAX_DOCUMENTS;
		loading->generation->partial = true;
		break;
	}
	loading->generation->documents = loading->ndocument;
}

/* The name of a Node document, or NULL. What is wrong with it is said when it is decoded. */
static const char *node_name(const struct hc_tree *document)
{
	const struct hc_tree *kind, *metadata, *name;

	if (document->type != HC_MAPPING)
		return NULL;
	kind = hc_tree_get(document, "kind");
	metadata = hc_tree_get(document, "metadata");
	if (!kind || kind->type != HC_SCALAR || strcmp(kind->text, "Node") != 0)
		return NULL;
	name = metadata && metadata->type == HC_MAPPING ? hc_tree_get(metadata, "name") : NULL;
	return name && name->type == HC_SCALAR && *name->text ? name->text : NULL;
}

/* Who is there has to be known before what is for all nodes is decoded. */
static void find_nodes(struct loading *loading)
{
	struct hc_generation *generation = loading->generation;
	struct hc_strings *nodes = &generation->nodes;
	size_t room = 0;

	for (size_t i = 0; i < loading->ndocument; i++) {
		const char *name = node_name(loading->documents[i]);

		if (!name)
			continue;
		nodes->v = hc_grow(generation->arena, nodes->v, nodes->n, &room, sizeof(*nodes->v));
		nodes->v[nodes->n++] = hc_strdup(generation->arena, name);
	}
	hc_strings_sort(nodes);
}

static void decode(struct loading *loading)
{
	struct hc_generation *generation = loading->generation;
	struct hc_decoder decoder = {
		.registry = loading->registry,
		.nodes = &generation->nodes,
		.arena = generation->arena,
		.set = &generation->desired,
		.diags = &generation->diags,
	};

	for (size_t i = 0; i < loading->ndocument; i++)
		if (!hc_decode_document(&decoder, loading->documents[i]))
			generation->partial = true;
	hc_patterns_done(&decoder.patterns);
}

static void say_when_empty(struct hc_generation *generation, const char *const *paths)
{
	if (generation->documents || generation->diags.errors)
		return;
	for (; *paths; paths++)
		hc_say(&generation->diags, HC_ERROR, (struct hc_place){0}, "no manifests in %s",
		       *paths);
}

/* What was decoded for any node has done its duty once it was checked. */
static void drop_any_node(struct hc_set *set)
{
	size_t kept = 0;

	for (size_t i = 0; i < set->n; i++)
		if (!set->v[i]->node || strcmp(set->v[i]->node, HC_ANY_NODE) != 0)
			set->v[kept++] = set->v[i];
	set->n = kept;
}

static struct hc_generation *generation_in(struct hc_arena *arena)
{
	struct hc_generation *generation = hc_new(arena, struct hc_generation);

	generation->arena = generation->diags.arena = generation->desired.arena = arena;
	return generation;
}

/* From texts on. */
static void load(struct loading *loading, const char *const *paths)
{
	struct hc_generation *generation = loading->generation;

	generation->sources = loading->sources;
	generation->nsource = loading->nsource;
	read_sources(loading);
	find_nodes(loading);
	decode(loading);
	hc_resolve(loading->registry, generation);
	drop_any_node(&generation->desired);
	say_when_empty(generation, paths);
}

struct hc_generation *hc_load(const struct hc_registry *registry, const char *const *paths)
{
	_cleanup_(hc_arena_freep) struct hc_arena *trees = hc_arena_new();
	struct loading loading = {
		.registry = registry,
		.generation = generation_in(hc_arena_new()),
		.trees = trees,
	};

	find_sources(&loading, paths);
	load(&loading, paths);
	return loading.generation;
}

struct hc_generation *hc_load_texts(const struct hc_registry *registry, struct hc_arena **arena,
				    const char *root, struct hc_source **sources, size_t n,
				    const char *id, const struct hc_commit *commit)
{
	_cleanup_(hc_arena_freep) struct hc_arena *trees = hc_arena_new();
	const char *const paths[] = {root, NULL};
	struct loading loading = {
		.registry = registry,
		.generation = generation_in(hc_steal(arena)),
		.trees = trees,
		.sources = sources,
		.nsource = n,
	};

	begin_hash(&loading);
	hash_sources(&loading, 0, root);
	end_hash(&loading);
	loading.generation->root = root;
	loading.generation->commit = commit;
	if (id)
		loading.generation->id = id;
	load(&loading, paths);
	return loading.generation;
}
