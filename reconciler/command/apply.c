/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcstate apply: the plan, shown and done, until a look finds nothing left to do. Where the agent
 * runs it does that, for two at once would be in each other's way.
 */

#include <json-c/json.h>
#include <string.h>

#include <reconciler/agent/progress.h>
#include <reconciler/lock.h>
#include <reconciler/status.h>

#include "ask.h"
#include "session.h"

static int work(struct session *session, const struct options *options)
{
	struct hc_status status;
	struct progress progress;
	struct answer answer;
	enum hc_end end;
	int exitcode, r;

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
	answer = session_answer(session, options);
	exitcode = answer_end(&answer, &status, end);
	r = hc_status_save(&status, session->engine);
	if (r)
		fprintf(stderr, "hcstate: warning: cannot keep the status in %s: %s\n",
			session->engine->state_dir, strerror(-r));
	return exitcode;
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

static int apply_here(const struct options *options)
{
	_cleanup_(hc_closep) int lock = -1;
	struct session session;
	int r = take_lock(&lock);

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

/* The exit code, or ASK_NOBODY: no agent runs. */
static int apply_there(const struct options *options)
{
	const struct ask how = {.out = stdout, .err = stderr, .needs_root = true};
	struct json_object *request = ask_request(options, "apply");
	struct json_object *approved = json_object_new_array();

	for (size_t i = 0; i < options->approved.n; i++)
		json_object_array_add(approved, json_object_new_string(options->approved.v[i]));
	json_object_object_add(request, "approved", approved);
	json_object_object_add(request, "timeout_us", json_object_new_uint64(options->timeout_us));
	return ask(&how, request);
}

/* What only a process of its own can do. */
static int refuse_beside_agent(const struct options *options)
{
	const char *what = options->alone ? "-f, --node and --key-file" : "--allow-removals";

	fprintf(stderr,
		"hcstate: the agent runs, and makes true what it reads itself: apply does not take "
		"%s beside it (systemctl stop hcstate, or edit what it reads: hcstate status)\n",
		what);
	return EXIT_LATER;
}

int command_apply(const struct options *options)
{
	bool own = options->alone || options->allow_removals != UINT64_MAX;
	int r = ASK_NOBODY;

	if (options->dry_run)
		return command_plan(options);
	if (options->detailed_exitcode) {
		fputs("hcstate: --detailed-exitcode goes with plan or --dry-run\n", stderr);
		return EXIT_USAGE;
	}
	if (own && ask_is_there())
		return refuse_beside_agent(options);
	if (!own)
		r = apply_there(options);
	return r == ASK_NOBODY ? apply_here(options) : r;
}
