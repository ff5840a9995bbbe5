/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcstate-git at work, fed and heard in pieces from the loop. It has a deadline because nothing in
 * it has one: then it is killed with all that it started, which is in its process group. What it
 * says is kept up to a bound, and looked at only when it has come to an end.
 */

#include "source_git.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#include <reconciler/spawn.h>
#include <reconciler/text.h>

enum {
	CHUNK = 65536,
	SAID = 1024,
	LARGEST = 384 << 20, /* more than a whole answer can be */
	PATIENCE_MS = 2000,  /* with a process that was killed */
	ACCURACY_US = 50000,
};

struct git_child {
	struct hc_child process;
	char *request;
	size_t sent, size;
	char *data;
	size_t n, room;
	char said[SAID + 1]; /* the begin of its stderr */
	size_t nsaid;
	bool late, large;
	sd_event_source *in, *out, *err, *end, *deadline;
	void (*ended)(void *arg, struct git_end *end);
	void *arg;
	uint64_t timeout_us;
};

static void drop(sd_event_source **source, int *fd)
{
	*source = sd_event_source_disable_unref(*source);
	hc_closep(fd);
	*fd = -1;
}

static void stop(struct git_child *child)
{
	if (child->process.pid > 0)
		(void)kill(-child->process.pid, SIGKILL); /* not reaped: the number is its own */
}

/* One that has ended would end us with a signal. */
static ssize_t put(int fd, const char *data, size_t size)
{
	const struct timespec now = {0};
	sigset_t pipe, before;
	ssize_t n;
	int error;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	(void)pthread_sigmask(SIG_BLOCK, &pipe, &before); /* cannot fail with these arguments */
	n = write(fd, data, size);
	error = errno;
	if (!sigismember(&before, SIGPIPE))
		(void)sigtimedwait(&pipe, NULL, &now); /* there may be none */
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = error;
	return n;
}

static int on_in(sd_event_source *source, int fd, uint32_t what, void *arg)
{
	struct git_child *child = arg;
	ssize_t n = put(fd, child->request + child->sent, child->size - child->sent);

	(void)source, (void)what;
	if (n > 0)
		child->sent += (size_t)n;
	if ((n < 0 && errno != EAGAIN && errno != EINTR) || child->sent == child->size) {
		drop(&child->in, &child->process.in);
		child->request = git_request_free(child->request);
	}
	return 0;
}

/* Whether there may be more at once. */
static bool hear(struct git_child *child)
{
	ssize_t n;

	if (child->process.out < 0)
		return false;
	if (child->room - child->n < CHUNK) {
		child->room = 2 * child->room + CHUNK;
		child->data = realloc(child->data, child->room);
		if (!child->data)
			abort();
	}
	n = read(child->process.out, child->data + child->n, CHUNK);
	if (n > 0) {
		child->n += (size_t)n;
		if (child->n <= LARGEST)
			return true;
		child->large = true;
		stop(child);
	}
	if (n >= 0 || (errno != EAGAIN && errno != EINTR))
		drop(&child->out, &child->process.out);
	return false;
}

static int on_out(sd_event_source *source, int fd, uint32_t what, void *arg)
{
	(void)source, (void)fd, (void)what;
	(void)hear(arg); /* the rest when the loop comes here again */
	return 0;
}

/* Its begin is kept. Whether there may be more at once. */
static bool hear_error(struct git_child *child)
{
	char rest[512];
	size_t room = SAID - child->nsaid;
	ssize_t n;

	if (child->process.err < 0)
		return false;
	n = room ? read(child->process.err, child->said + child->nsaid, room)
		 : read(child->process.err, rest, sizeof(rest));
	if (n > 0 && room)
		child->nsaid += (size_t)n;
	if (!n || (n < 0 && errno != EAGAIN && errno != EINTR))
		drop(&child->err, &child->process.err);
	return n > 0;
}

static int on_err(sd_event_source *source, int fd, uint32_t what, void *arg)
{
	(void)source, (void)fd, (void)what;
	(void)hear_error(arg); /* likewise */
	return 0;
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *arg)
{
	struct git_child *child = arg;

	(void)source, (void)usec;
	child->late = true;
	stop(child);
	return 0;
}

/* Why there is no answer; NULL: there may be one. */
static const char *what_became(struct git_child *child, struct hc_arena *arena,
			       const siginfo_t *info)
{
	child->said[strcspn(child->said, "\n")] = '\0';
	if (child->late)
		return hc_printf(arena, "it took longer than %.0f s and was stopped",
				 (double)child->timeout_us / 1e6);
	if (child->large)
		return "hcstate-git says more than is taken";
	if (info->si_code != CLD_EXITED)
		return hc_printf(arena, "hcstate-git was ended by signal %d", info->si_status);
	if (info->si_status)
		return hc_printf(arena, "hcstate-git failed with exit code %d%s%s", info->si_status,
				 *child->said ? ": " : "", hc_harmless(arena, child->said));
	return NULL;
}

static int on_end(sd_event_source *source, int fd, uint32_t what, void *arg)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct git_child *child = arg;
	struct git_end end = {0};
	siginfo_t info = {0};

	(void)fd, (void)what;
	(void)sd_event_source_set_enabled(source, SD_EVENT_OFF); /* it exists */
	while (hear(child))
		;
	while (child->nsaid < SAID && hear_error(child))
		;
	stop(child); /* what it may have left behind, which has its group */
	while (waitid(P_PID, (id_t)child->process.pid, &info, WEXITED) && errno == EINTR)
		;
	child->process.pid = -1;
	end.why = what_became(child, arena, &info);
	end.data = child->data;
	end.size = child->n;
	child->ended(child->arg, &end);
	return 0;
}

static int listen_to(struct git_child *child, sd_event *event)
{
	int r = sd_event_add_io(event, &child->in, child->process.in, EPOLLOUT, on_in, child);

	if (r >= 0)
		r = sd_event_add_io(event, &child->out, child->process.out, EPOLLIN, on_out, child);
	if (r >= 0)
		r = sd_event_add_io(event, &child->err, child->process.err, EPOLLIN, on_err, child);
	if (r >= 0)
		r = sd_event_add_io(event, &child->end, child->process.pidfd, EPOLLIN, on_end,
				    child);
	if (r >= 0)
		r = sd_event_add_time_relative(event, &child->deadline, CLOCK_MONOTONIC,
					       child->timeout_us, ACCURACY_US, on_deadline, child);
	return r < 0 ? r : 0;
}

struct git_child *git_child_new(sd_event *event, struct hc_arena *arena, char **request,
				uint64_t timeout_us, void (*ended)(void *arg, struct git_end *end),
				void *arg, const char **why)
{
	const char *const argv[] = {git_program(arena), NULL};
	struct git_child *child = calloc(1, sizeof(*child));
	int r;

	if (!child)
		abort();
	child->request = hc_steal(request);
	child->size = strlen(child->request);
	child->timeout_us = timeout_us;
	child->ended = ended;
	child->arg = arg;
	r = hc_spawn(arena, argv, true, true, &child->process);
	if (!r)
		r = listen_to(child, event);
	if (!r)
		return child;
	*why = hc_printf(arena, "%s cannot be run: %s", argv[0], strerror(-r));
	return git_child_free(child);
}

/* One that even a kill does not end is left to the end of ours. */
static void reap(struct git_child *child)
{
	struct pollfd fd = {.fd = child->process.pidfd, .events = POLLIN};

	stop(child);
	if (poll(&fd, 1, PATIENCE_MS) > 0)
		(void)waitid(P_PID, (id_t)child->process.pid, NULL, WEXITED | WNOHANG);
}

struct git_child *git_child_free(struct git_child *child)
{
	if (!child)
		return NULL;
	if (child->process.pid > 0)
		reap(child);
	child->deadline = sd_event_source_disable_unref(child->deadline);
	drop(&child->in, &child->process.in);
	drop(&child->out, &child->process.out);
	drop(&child->err, &child->process.err);
	drop(&child->end, &child->process.pidfd);
	(void)git_request_free(child->request);
	free(child->data);
	free(child);
	return NULL;
}
