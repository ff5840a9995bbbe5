/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcstate agent: what hcstate.service runs. Signals are blocked before any library starts a thread:
 * they are the loop's.
 */

#include <reconciler/agent/agent.h>

#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <sys/stat.h>

#include <reconciler/lock.h>

#include "session.h"

/* Whether stderr is the journal's (systemd.exec(5)). */
static bool is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat is;
	char *end;

	if (!stream || fstat(STDERR_FILENO, &is) || strtoumax(stream, &end, 10) != is.st_dev)
		return false;
	return *end == ':' && strtoumax(end + 1, NULL, 10) == is.st_ino;
}

static void settle_signals(void)
{
	static const int ours[] = {SIGINT, SIGTERM, SIGHUP};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < HC_COUNT(ours); i++)
		sigaddset(&set, ours[i]);
	(void)sigprocmask(SIG_BLOCK, &set, NULL); /* cannot fail with these arguments */
	(void)signal(SIGPIPE, SIG_IGN);
}

static bool is_of_a_file(const struct hc_diags *diags)
{
	for (size_t i = 0; i < diags->n; i++)
		if (diags->v[i].place.source && diags->v[i].severity == HC_ERROR)
			return true;
	return false;
}

static int lock_error(int r, struct hc_diags *diags)
{
	hc_diags_print(diags, stderr);
	return r == -EWOULDBLOCK ? EXIT_LATER : EXIT_FAILED;
}

int command_agent(const struct options *options)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct hc_diags diags = {.arena = arena};
	struct agent_options agent_options = {
		.config_path = options->config,
		.socket = getenv("HCSTATE_SOCKET"),
		.state_dir = session_state_dir(),
		.hostname = options->hostname,
		.key_file = options->key_file,
		.journal = is_journal(),
		.lock = -1,
	};
	struct hc_registry *registry;
	struct agent *agent;
	int r;

	(void)mallopt(M_ARENA_MAX, 2); /* libraries' threads are many, and mostly sleep */
	settle_signals();
	r = hc_lock(agent_options.state_dir, &diags, &agent_options.lock);
	if (r)
		return lock_error(r, &diags);
	registry = hc_registry_new();
	hc_registry_load(registry, NULL);
	agent = agent_new(registry, &agent_options, &diags);
	hc_diags_print(&diags, stderr);
	if (!agent) {
		(void)hc_registry_free(registry);
		(void)close(agent_options.lock);
		return is_of_a_file(&diags) ? EXIT_MANIFEST : EXIT_FAILED;
	}
	r = agent_run(agent);
	(void)agent_free(agent);
	return r;
}
