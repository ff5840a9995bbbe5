/* SPDX-License-Identifier: Apache-2.0 */
/* hcstate console VM: its serial console, wherever it runs. hcstate-claim knows where. */

#include "become.h"

int command_console(const struct options *options)
{
	const char *argv[] = {"hcstate console", "console", NULL, "--node", options->node, NULL};

	if (!options->narg) {
		fputs("hcstate: console wants a VM's name\n", stderr);
		return EXIT_USAGE;
	}
	argv[2] = options->args[0];
	return become("hcstate-claim", argv);
}
