/* SPDX-License-Identifier: Apache-2.0 */
/* hcstate get [KIND[/NAME[@NODE]]]: what is there, or with --desired what should be. */

#include "ask.h"
#include "session.h"

int session_get(const struct options *options, const char *selector, FILE *out)
{
	struct session session;
	struct answer answer;
	int r = session_open(&session, options, true);

	if (!r && !options->desired)
		r = session_look(&session, options);
	if (!r) {
		answer = session_answer(&session, options);
		answer.out = out;
		r = answer_get(&answer, selector, options->desired);
	}
	session_close(&session);
	return r;
}

int command_get(const struct options *options)
{
	int r = ask_instead(options, "get", stdout, stderr);

	if (r == ASK_NOBODY)
		r = session_get(options, options->narg ? options->args[0] : NULL, stdout);
	return r;
}
