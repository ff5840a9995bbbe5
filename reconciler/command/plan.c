/* SPDX-License-Identifier: Apache-2.0 */
/* hcstate plan, which is also apply --dry-run: one look, printed. */

#include "ask.h"
#include "session.h"

static int plan_here(const struct options *options)
{
	struct session session;
	struct answer answer;
	int r = session_open(&session, options, true);

	if (!r)
		r = session_look(&session, options);
	if (!r) {
		answer = session_answer(&session, options);
		r = answer_plan(&answer, options->detailed_exitcode);
	}
	session_close(&session);
	return r;
}

int command_plan(const struct options *options)
{
	int r = ask_instead(options, "plan", stdout, stderr);

	if (r != ASK_NOBODY)
		return r;
	if (options->cluster)
		fputs("hcstate: no agent runs here, which would know of the other nodes\n", stderr);
	return plan_here(options);
}
