/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcstate validate: loads the manifests and says what is wrong with them. It needs no provider and
 * no system, so it runs in anybody's CI; kinds that installed providers bring are known too.
 *
 * One file that has a document of kind Agent is an agent.yaml and is checked as the agent would:
 * nobody has to look for another word before `systemctl reload`.
 */

#include "command.h"

#include <string.h>
#include <sys/stat.h>

#include <hcstate/agent.h>
#include <reconciler/agent/config.h>

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static bool is_agent(const struct hc_tree *document)
{
	const struct hc_tree *kind =
		document->type == HC_MAPPING ? hc_tree_get(document, "kind") : NULL;

	return kind && kind->type == HC_SCALAR && !strcmp(kind->text, hc_agent.name);
}

/* Whether -f names one file, and it has an Agent. What is wrong with it is said by what loads it.
 */
static bool is_agent_file(const char *const *paths)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct hc_diags diags = {.arena = arena};
	struct hc_source **sources = NULL;
	struct hc_tree **documents = NULL;
	size_t n = 0, room = 0, ndocument = 0;
	struct stat is;

	if (paths[1] || stat(*paths, &is) || !S_ISREG(is.st_mode))
		return false;
	hc_source_find(arena, *paths, &diags, &sources, &n, &room);
	if (n)
		(void)hc_tree_read(arena, sources[0], &diags, &documents, &ndocument);
	for (size_t i = 0; i < ndocument; i++)
		if (is_agent(documents[i]))
			return true;
	return false;
}

static int print_agent(const struct options *options)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct hc_generation is = {.arena = arena, .diags = {.arena = arena}, .documents = 1};

	(void)config_load(arena, options->files[0], options->hostname, &is.diags);
	if (options->output == OUTPUT_JSON)
		command_print_report(&is);
	else
		hc_diags_print(&is.diags, stderr);
	if (is.diags.errors)
		return EXIT_MANIFEST;
	if (options->output != OUTPUT_JSON)
		puts("the agent's configuration: valid");
	return EXIT_DONE;
}

static int print_manifests(const struct options *options)
{
	_cleanup_(hc_registry_freep) struct hc_registry *registry = hc_registry_new();
	_cleanup_(hc_generation_freep) struct hc_generation *generation = NULL;

	hc_registry_load(registry, NULL);
	generation = hc_load(registry, options->files);
	if (options->output == OUTPUT_JSON)
		command_print_report(generation);
	else
		hc_diags_print(&generation->diags, stderr);
	if (generation->diags.errors)
		return EXIT_MANIFEST;
	if (options->output != OUTPUT_JSON)
		printf("%zu document%s, %zu resource%s: valid\n", generation->documents,
		       plural(generation->documents), generation->desired.n,
		       plural(generation->desired.n));
	return EXIT_DONE;
}

int command_validate(const struct options *options)
{
	return is_agent_file(options->files) ? print_agent(options) : print_manifests(options);
}
