/* SPDX-License-Identifier: Apache-2.0 */
/* hcstate get [KIND[/NAME[@NODE]]]: what is there, or with --desired what should be. */

#include "ask.h"
#include "session.h"

static int get_here(const struct options *options)
{
	const char *selector = options->narg ? options->args[0] : NULL;
	struct session session;
	struct answer answer;
	int r = session_open(&session, options, true);

	if (!r && !options->desired)
		r = session_look(&session, options);
	if (!r) {
		answer = session_answer(&session, options);
		r = answer_get(&answer, selector, options->desired);
	}
	session_close(&session);
	return r;
}

int command_get(const struct options *options)
{
	int r = ask_instead(options, "get", stdout, stderr);

	return r == ASK_NOBODY ? get_here(options) : r;
}
