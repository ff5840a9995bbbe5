/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcstate claim: who may run a VM, as it stands in Ceph, and taking it from a node that is gone.
 * hcstate-claim does it.
 */

#include <string.h>

#include "become.h"

enum {
	MOST = 16,
};

static bool is_verb(const char *word)
{
	return !strcmp(word, "show") || !strcmp(word, "break");
}

int command_claim(const struct options *options)
{
	const char *argv[MOST] = {"hcstate claim"};
	size_t n = 1;

	if (!options->narg || !is_verb(options->args[0])) {
		fputs("hcstate: claim show [VM], or claim break VM\n", stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(options->args[0], "break") && options->narg < 2) {
		fputs("hcstate: claim break wants a VM's name\n", stderr);
		return EXIT_USAGE;
	}
	for (int i = 0; i < options->narg; i++)
		argv[n++] = options->args[i];
	argv[n++] = "--node";
	argv[n++] = options->node;
	if (options->to) {
		argv[n++] = "--to";
		argv[n++] = options->to;
	}
	if (options->output == OUTPUT_JSON)
		argv[n++] = "--json";
	if (options->yes)
		argv[n++] = "--yes";
	if (options->force)
		argv[n++] = "--force";
	return become("hcstate-claim", argv);
}
