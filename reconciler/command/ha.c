/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcstate ha: how high availability does, and a person's words to it. A word is compared with the
 * manifests and with what is there; hcstate-ha writes it down in the cluster's state.
 */

#include "ha.h"

#include <string.h>

#include "become.h"

enum {
	MOST = 4, /* words, with the verb */
};

static int usage(void)
{
	fputs("hcstate: ha status, ha maintenance on|off NODE, ha disarm, ha arm, ha migrate VM "
	      "NODE, or ha relocate VM NODE\n",
	      stderr);
	return EXIT_USAGE;
}

/* The words as they were given; `then` is what follows. */
static int say(const struct options *options, const char *then)
{
	const char *argv[MOST + 6] = {"hcstate ha"};
	size_t n = 1;

	for (int i = 0; i < options->narg; i++)
		argv[n++] = options->args[i];
	argv[n++] = "--node";
	argv[n++] = options->node;
	argv[n++] = "--then";
	argv[n++] = then;
	return become("hcstate-ha", argv);
}

static int maintenance(const struct options *options)
{
	const char *word = options->narg == 3 ? options->args[1] : "", *then;
	bool on = !strcmp(word, "on");
	struct ha_seen_here seen;
	int r;

	if (!on && strcmp(word, "off") != 0)
		return usage();
	r = ha_look(options, true, &seen);
	if (!r)
		r = ha_check_maintenance(&seen, on, options->args[2], &then);
	if (!r)
		r = say(options, then);
	ha_look_end(&seen);
	return r;
}

static int move(const struct options *options)
{
	bool live = !strcmp(options->args[0], "migrate");
	struct ha_seen_here seen;
	const char *then;
	int r;

	if (options->narg != 3)
		return usage();
	r = ha_look(options, true, &seen);
	if (!r)
		r = ha_check_move(&seen, live, options->args[1], options->args[2], &then);
	if (!r)
		r = say(options, then);
	ha_look_end(&seen);
	return r;
}

int command_ha(const struct options *options)
{
	const char *verb = options->narg ? options->args[0] : "";

	if (!strcmp(verb, "maintenance"))
		return maintenance(options);
	if (!strcmp(verb, "migrate") || !strcmp(verb, "relocate"))
		return move(options);
	if (options->narg != 1)
		return usage();
	if (!strcmp(verb, "status"))
		return ha_status(options);
	if (!strcmp(verb, "disarm"))
		return say(options, "HA is to be disarmed: nothing is fenced, recovered or moved "
				    "until hcstate ha arm");
	if (!strcmp(verb, "arm"))
		return say(options, "HA is to be armed: what is lost is fenced and recovered "
				    "again");
	return usage();
}
