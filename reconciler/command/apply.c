/* SPDX-License-Identifier: Apache-2.0 */
/* hcstate apply: the plan, shown and done, until a look finds nothing left to do. */

#include <json-c/json.h>
#include <string.h>

#include <reconciler/lock.h>
#include <reconciler/print.h>
#include <reconciler/status.h>
#include <reconciler/text.h>

#include "progress.h"
#include "session.h"

static void print_left(const struct session *session, const struct hc_status *status)
{
	for (size_t i = 0; i < status->n; i++) {
		const struct hc_status_line *line = &status->v[i];

		if (line->condition == HC_CONVERGED || line->condition == HC_FOREIGN ||
		    line->condition == HC_STAYS)
			continue;
		if (!line->finding->change && line->condition != HC_UNCERTAIN)
			continue;
		fprintf(stderr, "hcstate: %s: %s%s%s\n", hc_harmless(status->arena, line->object),
			hc_condition_words[line->condition], line->reason ? ": " : "",
			line->reason ? hc_harmless(status->arena, line->reason) : "");
	}
	if (session->cycle->plan->refused)
		fprintf(stderr, "hcstate: refused: %s\n", session->cycle->plan->refused);
}

static int exit_code(const struct session *session, enum hc_end end)
{
	if (!session->engine->aim.member)
		return EXIT_FAILED;
	switch (end) {
	case HC_END_CONVERGED:
		return EXIT_DONE;
	case HC_END_LATER:
		return EXIT_LATER;
	case HC_END_FAILED:
	case HC_END_STOPPED:
		return EXIT_FAILED;
	}
	return EXIT_FAILED;
}

static const char *const end_words[] = {
	[HC_END_CONVERGED] = "converged",
	[HC_END_FAILED] = "not converged",
	[HC_END_LATER] = "not converged: out of time while waiting",
	[HC_END_STOPPED] = "stopped",
};

static void print_end(const struct session *session, const struct options *options, enum hc_end end,
		      const struct hc_status *status)
{
	struct json_object *root;

	if (options->output == OUTPUT_JSON) {
		root = hc_status_json(status, options->node, session->generation->id);
		json_object_object_add(root, "converged",
				       json_object_new_boolean(end == HC_END_CONVERGED &&
							       session->engine->aim.member));
		hc_print_json(stdout, root);
	} else {
		printf("%s: %s\n", options->node,
		       session->engine->aim.member ? end_words[end] : "not in the manifests");
	}
	if (end != HC_END_CONVERGED)
		print_left(session, status);
	if (!session->engine->aim.member)
		session_say_not_member(options);
}

static int work(struct session *session, const struct options *options)
{
	struct hc_status status;
	struct progress progress;
	enum hc_end end;
	int r;

	progress_begin(&progress, session->arena, options->output == OUTPUT_TEXT);
	session->engine->looked = progress_looked;
	session->engine->progress = progress_step;
	session->engine->still = progress_still;
	session->engine->progress_arg = &progress;
	end = hc_converge(session->engine, options->timeout_us, &session->cycle, &session->diags);
	progress_end(&progress);
	hc_diags_print(&session->diags, stderr);
	if (!session->cycle)
		return EXIT_FAILED;
	hc_status(session->engine, session->cycle, session->arena, &status);
	print_end(session, options, end, &status);
	r = hc_status_save(&status, session->engine);
	if (r)
		fprintf(stderr, "hcstate: warning: cannot keep the status in %s: %s\n",
			session->engine->state_dir, strerror(-r));
	return exit_code(session, end);
}

/* 0, or the exit code; *fd holds the lock. */
static int take_lock(int *fd)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct hc_diags diags = {.arena = arena};
	int r = hc_lock(session_state_dir(), &diags, fd);

	hc_diags_print(&diags, stderr);
	return !r ? 0 : r == -EWOULDBLOCK ? EXIT_LATER : EXIT_FAILED;
}

/* 0, or the exit code: under another node's name its addresses would be put on this one. */
static int check_name(const struct session *session, const struct options *options)
{
	const struct hc_strings *nodes = &session->generation->nodes;

	if (!strcmp(options->node, options->hostname) || !hc_strings_have(nodes, options->hostname))
		return 0;
	fprintf(stderr,
		"hcstate: this machine is %s, which the manifests name too: it does not act as "
		"%s\n",
		options->hostname, options->node);
	return EXIT_FAILED;
}

int command_apply(const struct options *options)
{
	_cleanup_(hc_closep) int lock = -1;
	struct session session;
	int r;

	if (options->dry_run)
		return command_plan(options);
	if (options->detailed_exitcode) {
		fputs("hcstate: --detailed-exitcode goes with plan or --dry-run\n", stderr);
		return EXIT_USAGE;
	}
	r = take_lock(&lock);
	if (r)
		return r;
	r = session_open(&session, options, false);
	if (!r)
		r = check_name(&session, options);
	if (!r)
		r = work(&session, options);
	session_close(&session);
	return r;
}
