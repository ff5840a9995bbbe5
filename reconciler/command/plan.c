/* SPDX-License-Identifier: Apache-2.0 */
/* hcstate plan, which is also apply --dry-run: one look, printed. */

#include <reconciler/print.h>

#include "session.h"

static bool is_refused(const struct hc_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->change[i]->refused)
			return true;
	return plan->refused;
}

static int exit_code(const struct session *session, const struct options *options)
{
	if (!session->engine->aim.member || is_refused(session->cycle->plan))
		return EXIT_FAILED;
	if (!options->detailed_exitcode)
		return EXIT_DONE;
	if (session->cycle->plan->n)
		return EXIT_CHANGES;
	return session->cycle->diff.complete ? EXIT_DONE : EXIT_FAILED;
}

int command_plan(const struct options *options)
{
	struct session session;
	int r = session_open(&session, options, true);

	if (!r)
		r = session_look(&session, options);
	if (!r) {
		if (options->output == OUTPUT_JSON)
			hc_print_json(stdout, hc_plan_json(session.cycle, session.generation->id));
		else
			hc_print_plan(stdout, session.cycle);
		if (!session.engine->aim.member)
			session_say_not_member(options);
		r = exit_code(&session, options);
	}
	session_close(&session);
	return r;
}
