/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcstate validate: loads the manifests and says what is wrong with them. It needs no provider and
 * no system, so it runs in anybody's CI; kinds that installed providers bring are known too.
 */

#include "command.h"

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

int command_validate(const struct options *options)
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
