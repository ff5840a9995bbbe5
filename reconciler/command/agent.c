/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcstate agent: what hcstate.service runs. Signals are blocked before any library starts a thread:
 * they are the loop's.
 *
 * An apply may be at work, or the state directory may be on a file system that is read-only for
 * now. To end then would only have systemd start the next, each second, with the same words: so
 * where it is systemd that started it, it waits, and says so once.
 */

#include <reconciler/agent/agent.h>

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include <reconciler/lock.h>

#include "session.h"

enum {
	PATIENCE_US = 30 * 1000 * 1000, /* that systemd is asked for at once */
};

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

/* A moment. Whether it is asked to end meanwhile. */
static bool is_ended(void)
{
	const struct timespec moment = {.tv_sec = 1};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	return sigtimedwait(&set, NULL, &moment) > 0;
}

/* To systemd each time, to people once; `said` is what it was that time. */
static void say_waiting(struct hc_diags *diags, char **said)
{
	const char *why = diags->n ? diags->v[0].text : "it cannot be locked";

	(void)sd_notifyf(0, "STATUS=waits: %s\nEXTEND_TIMEOUT_USEC=%d", why, PATIENCE_US);
	if (*said && !strcmp(*said, why))
		return;
	fprintf(stderr, "hcstate: the agent waits: %s\n", why);
	free(*said);
	*said = strdup(why);
}

/* 0, or the exit code, -1 for an end that was asked for; *fd holds the lock. */
static int take_lock(const char *state_dir, bool waits, int *fd)
{
	char *said = NULL;
	int r, code = 0;

	do {
		_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
		struct hc_diags diags = {.arena = arena};

		r = hc_lock(state_dir, &diags, fd);
		if (!r)
			break;
		hc_closep(fd);
		*fd = -1;
		if (waits) {
			say_waiting(&diags, &said);
			code = is_ended() ? -1 : 0;
		} else {
			hc_diags_print(&diags, stderr);
			code = r == -EWOULDBLOCK ? EXIT_LATER : EXIT_FAILED;
		}
	} while (!code);
	free(said);
	return code;
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
	r = take_lock(agent_options.state_dir, getenv("NOTIFY_SOCKET"), &agent_options.lock);
	if (r)
		return r < 0 ? EXIT_DONE : r;
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
