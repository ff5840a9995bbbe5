/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child process: what it is given and what not. Its environment is PATH and a locale, so that
 * what it says is the same whoever started us. posix_spawn, because between a fork and an exec a
 * process with threads can do next to nothing.
 */

#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>

/* Above the three that the program gets: in a process started without them a pipe could be one. */
static int move_up(int *fd)
{
	int moved = fcntl(*fd, F_DUPFD_CLOEXEC, 3);

	if (moved < 0)
		return -errno;
	(void)close(*fd);
	*fd = moved;
	return 0;
}

/* *ours does not block. */
static int make_pipe(int *ours, int *its, bool we_write)
{
	int fds[2], r;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	*ours = fds[we_write];
	*its = fds[!we_write];
	r = move_up(ours);
	if (!r)
		r = move_up(its);
	if (!r && fcntl(*ours, F_SETFL, O_NONBLOCK))
		r = -errno;
	return r;
}

static int add_actions(posix_spawn_file_actions_t *actions, int in, int out, int err)
{
	int r = in >= 0 ? posix_spawn_file_actions_adddup2(actions, in, 0)
			: posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);

	if (!r)
		r = out >= 0 ? posix_spawn_file_actions_adddup2(actions, out, 1)
			     : posix_spawn_file_actions_addopen(actions, 1, "/dev/null", O_WRONLY,
								0);
	if (!r)
		r = posix_spawn_file_actions_adddup2(actions, err, 2);
	if (!r)
		r = posix_spawn_file_actions_addclosefrom_np(actions, 3);
	if (!r)
		r = posix_spawn_file_actions_addchdir_np(actions, "/");
	return -r;
}

/* No signal blocked or ignored, a session of its own. */
static int set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none, all;
	int r;

	sigemptyset(&none);
	sigfillset(&all);
	r = posix_spawnattr_setsigmask(attributes, &none);
	if (!r)
		r = posix_spawnattr_setsigdefault(attributes, &all);
	if (!r)
		r = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK |
								 POSIX_SPAWN_SETSIGDEF |
								 POSIX_SPAWN_SETSID);
	return -r;
}

static int spawn(struct hc_arena *arena, const char *const *words,
		 const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
		 pid_t *pid)
{
	const char *path = getenv("PATH");
	char *environment[] = {
		hc_printf(arena, "PATH=%s", path ? path : "/usr/sbin:/usr/bin:/sbin:/bin"),
		hc_strdup(arena, "LC_ALL=C.UTF-8"),
		NULL,
	};
	char *const *argv;
	pid_t child;
	int r;

	memcpy(&argv, &words, sizeof(argv)); /* it only reads them: its prototype is too old */
	r = posix_spawnp(&child, argv[0], actions, attributes, argv, environment);
	if (!r)
		*pid = child;
	return -r;
}

static int set_and_spawn(struct hc_arena *arena, const char *const *argv, int in, int out, int err,
			 pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int r = -posix_spawn_file_actions_init(&actions);

	if (r)
		return r;
	r = -posix_spawnattr_init(&attributes);
	if (!r) {
		r = add_actions(&actions, in, out, err);
		if (!r)
			r = set_attributes(&attributes);
		if (!r)
			r = spawn(arena, argv, &actions, &attributes, pid);
		(void)posix_spawnattr_destroy(&attributes);
	}
	(void)posix_spawn_file_actions_destroy(&actions);
	return r;
}

int hc_spawn(struct hc_arena *arena, const char *const *argv, bool with_in, bool with_out,
	     struct hc_child *child)
{
	_cleanup_(hc_closep) int in = -1, out = -1, err = -1;
	int r = 0;

	*child = (struct hc_child){.pid = -1, .pidfd = -1, .in = -1, .out = -1, .err = -1};
	if (with_in)
		r = make_pipe(&child->in, &in, true);
	if (!r && with_out)
		r = make_pipe(&child->out, &out, false);
	if (!r)
		r = make_pipe(&child->err, &err, false);
	if (!r)
		r = set_and_spawn(arena, argv, in, out, err, &child->pid);
	if (r)
		return r;
	child->pidfd = pidfd_open(child->pid, 0);
	return child->pidfd < 0 ? -errno : 0;
}
