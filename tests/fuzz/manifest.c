/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a manifest, through the whole loader but for the files: they may be refused, but
 * never crash, hang, leak or cost much memory. What is said about them is printed, because that is
 * made of the same bytes.
 */

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include <reconciler/load.h>

/* The names of the Node documents are not looked for: some are there, some are not. */
static void load(const struct hc_registry *registry, const struct hc_source *source, FILE *out)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct hc_generation generation = {.arena = arena};
	struct hc_tree **documents;
	size_t n;

	generation.diags.arena = generation.desired.arena = arena;
	if (source->size % 2)
		hc_strings_add(arena, &generation.nodes, "pve1");
	generation.partial = !hc_tree_read(arena, source, &generation.diags, &documents, &n);
	for (size_t i = 0; i < n; i++)
		(void)hc_decode(registry, documents[i], &generation.nodes, &generation.desired,
				&generation.diags);
	hc_resolve(registry, &generation);
	hc_diags_print(&generation.diags, out);
}

static void load_live(const struct hc_registry *registry, const struct hc_source *source, FILE *out)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct hc_diags diags = {.arena = arena};
	struct hc_state live = {.found.arena = arena};
	struct hc_tree **documents;
	size_t n;

	(void)hc_tree_read(arena, source, &diags, &documents, &n);
	for (size_t i = 0; i < n; i++)
		hc_decode_live(registry, documents[i], &live, &diags);
	hc_diags_print(&diags, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(hc_registry_freep) struct hc_registry *registry = hc_registry_new();
	_cleanup_(hc_freep) char *text = malloc(size + 1), *said = NULL;
	struct hc_source source = {.path = "manifest.yaml", .text = text, .size = size};
	size_t said_size;
	FILE *out = open_memstream(&said, &said_size);

	if (!text || !out || sodium_init() < 0)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	load(registry, &source, out);
	load_live(registry, &source, out);
	(void)fclose(out);
	return 0;
}
