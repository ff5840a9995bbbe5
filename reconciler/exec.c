/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program run to its end, watched through a pidfd and up to three pipes, all at once: one that
 * fills its stderr while we wait for its stdout must not hang, nor one that reads nothing of what
 * it is sent. Its end is when the program itself ends, not when the last copy of its stdout is
 * closed: it may leave a daemon behind.
 */

#include <hcstate/exec.h>

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "spawn.h"
#include "text.h"

enum {
	STDERR_KEPT = 4096,
	CHUNK = 4096,
	MARGIN_US = 500 * 1000, /* our caller still has to say what happened, in time */
	GRACE_US = 1000 * 1000, /* a killed process may still be busy in the kernel */
};

/* What is kept of a stream. */
struct kept {
	char *v;
	size_t n, room;
};

struct running {
	struct hc_call *call;
	struct hc_exec *exec;
	uint64_t limit; /* hc_now() when it is killed */
	struct hc_child child;
	size_t sent;    /* of the input */
	bool by_signal; /* how it ended */
	struct kept stdout, stderr;
};

static void close_fd(int *fd)
{
	hc_closep(fd);
	*fd = -1;
}

static void keep(struct kept *kept, const char *data, size_t size)
{
	if (kept->room - kept->n <= size) {
		kept->room = 2 * (kept->room + size) + 1;
		kept->v = realloc(kept->v, kept->room);
		if (!kept->v)
			abort();
	}
	memcpy(kept->v + kept->n, data, size);
	kept->n += size;
	kept->v[kept->n] = '\0';
}

/* Only its end is of interest. */
static void keep_tail(struct kept *kept, const char *data, size_t size)
{
	keep(kept, data, size);
	if (kept->n <= STDERR_KEPT)
		return;
	memmove(kept->v, kept->v + kept->n - STDERR_KEPT, STDERR_KEPT + 1);
	kept->n = STDERR_KEPT;
}

/* Reads once; gives whether there may be more at once. */
static bool read_some(struct running *running, int *fd, struct kept *kept)
{
	char chunk[CHUNK];
	ssize_t n = *fd < 0 ? 0 : read(*fd, chunk, sizeof(chunk));

	if (n > 0) {
		if (kept == &running->stderr)
			keep_tail(kept, chunk, (size_t)n);
		else
			keep(kept, chunk, (size_t)n);
		return kept == &running->stderr || kept->n <= running->exec->max;
	}
	if (!n || (errno != EAGAIN && errno != EINTR))
		close_fd(fd);
	return false;
}

static void write_some(struct running *running)
{
	const struct hc_exec *exec = running->exec;
	ssize_t n = write(running->child.in, (const char *)exec->input + running->sent,
			  exec->input_size - running->sent);

	if (n > 0)
		running->sent += (size_t)n;
	/* It need not read all that it is sent. */
	if ((n < 0 && errno != EAGAIN && errno != EINTR) || running->sent == exec->input_size)
		close_fd(&running->child.in);
}

static int milliseconds(uint64_t until)
{
	uint64_t now = hc_now(), left = until > now ? (until - now + 999) / 1000 : 0;

	return left < INT32_MAX ? (int)left : INT32_MAX;
}

/* Until the program has ended: 0, -ETIMEDOUT or -EFBIG. */
static int attend(struct running *running)
{
	while (running->stdout.n <= running->exec->max) {
		struct pollfd fds[] = {
			{.fd = running->child.pidfd, .events = POLLIN},
			{.fd = running->child.out, .events = POLLIN},
			{.fd = running->child.err, .events = POLLIN},
			{.fd = running->child.in, .events = POLLOUT},
		};
		int n = poll(fds, HC_COUNT(fds), milliseconds(running->limit));

		if (n < 0 && errno != EINTR)
			return -errno;
		if (hc_now() >= running->limit)
			return -ETIMEDOUT;
		if (n <= 0)
			continue;
		if (fds[1].revents)
			(void)read_some(running, &running->child.out, &running->stdout);
		if (fds[2].revents)
			(void)read_some(running, &running->child.err, &running->stderr);
		if (fds[3].revents)
			write_some(running);
		if (fds[0].revents)
			return 0;
	}
	return -EFBIG;
}

/* What it wrote before its end. What it left behind may go on writing: not for ever. */
static int drain(struct running *running)
{
	while (hc_now() < running->limit &&
	       read_some(running, &running->child.out, &running->stdout))
		;
	while (hc_now() < running->limit &&
	       read_some(running, &running->child.err, &running->stderr))
		;
	return running->stdout.n > running->exec->max ? -EFBIG : 0;
}

/* Leaves no process behind; one that even a kill does not end is left to the end of ours. */
static void reap(struct running *running, bool by_force)
{
	struct pollfd fd = {.fd = running->child.pidfd, .events = POLLIN};
	siginfo_t info = {0};

	if (by_force)
		(void)kill(-running->child.pid,
			   SIGKILL); /* it is not reaped, so the number is its own */
	if (by_force && fd.fd >= 0 && poll(&fd, 1, milliseconds(hc_now() + GRACE_US)) <= 0)
		return;
	while (waitid(P_PID, (id_t)running->child.pid, &info, WEXITED) && errno == EINTR)
		;
	running->by_signal = info.si_code != CLD_EXITED;
	running->exec->status = info.si_status + (running->by_signal ? 128 : 0);
}

/* The text as a terminal may have it: in lines, and nothing else that a terminal obeys. */
static char *harmless(struct hc_arena *arena, const struct kept *kept)
{
	char *text = hc_strndup(arena, "", 0), *end;

	if (!kept->n)
		return text;
	text = hc_alloc(arena, kept->n + 1);
	memcpy(text, kept->v, kept->n);
	end = text + kept->n;
	for (char *p = text; p < end;) {
		size_t size = hc_char_size(p, end);

		if (hc_char_harmful(p, size) && *p != '\n')
			memset(p, *p == '\t' ? ' ' : '?', size);
		p += size;
	}
	return text;
}

static void hand_over(struct running *running)
{
	struct hc_exec *exec = running->exec;
	struct hc_arena *arena = running->call->arena;

	exec->size = running->stdout.n;
	exec->out = hc_alloc(arena, exec->size + 1);
	if (exec->size)
		memcpy(exec->out, running->stdout.v, exec->size);
	exec->err = harmless(arena, &running->stderr);
}

/* ": LINE", the last one of the text that says something; "" when none does. */
static const char *last_line(struct hc_arena *arena, const char *text)
{
	size_t end = strlen(text), begin;

	while (end && strchr(" \n", text[end - 1]))
		end--;
	for (begin = end; begin && text[begin - 1] != '\n'; begin--)
		;
	return end ? hc_printf(arena, ": %.*s", (int)(end - begin), text + begin) : "";
}

static int say_status(struct running *running, const char *line)
{
	const struct hc_exec *exec = running->exec;
	const char *program = exec->argv[0];

	if (running->by_signal)
		return hc_fail(running->call, EIO, NULL, "%s was ended by signal %d%s", program,
			       exec->status - 128, line);
	return hc_fail(running->call, EIO, NULL, "%s failed with exit code %d%s", program,
		       exec->status, line);
}

static int say(struct running *running, int r, uint64_t began)
{
	struct hc_call *call = running->call;
	const struct hc_exec *exec = running->exec;
	const char *program = exec->argv[0], *line = last_line(call->arena, exec->err);

	if (r == -ENOENT)
		return hc_fail(call, ENOENT, NULL, "%s is not installed", program);
	if (r == -ETIMEDOUT)
		return hc_fail(call, ETIMEDOUT, NULL,
			       "%s did not come to an end in %.1f s and was killed%s", program,
			       (double)(hc_now() - began) / 1e6, line);
	if (r == -EFBIG)
		return hc_fail(call, EFBIG, NULL, "%s says more than the %zu bytes that are taken",
			       program, exec->max);
	if (r)
		return hc_fail(call, -r, NULL, "cannot run %s: %s", program, strerror(-r));
	return exec->quiet || !exec->status ? 0 : say_status(running, line);
}

static int run(struct running *running)
{
	const struct hc_exec *exec = running->exec;
	int r = hc_spawn(running->call->arena, exec->argv, exec->input, exec->max, &running->child);

	if (!r)
		r = attend(running);
	if (!r)
		r = drain(running);
	if (running->child.pid > 0)
		reap(running, r < 0);
	hand_over(running);
	close_fd(&running->child.in);
	close_fd(&running->child.out);
	close_fd(&running->child.err);
	close_fd(&running->child.pidfd);
	free(running->stdout.v);
	free(running->stderr.v);
	return r;
}

/* Who reads nothing of its input would end us with a signal. Workers have it blocked anyway. */
static void drop_pipe_signal(const sigset_t *before)
{
	const struct timespec now = {0};
	sigset_t pipe;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	if (!sigismember(before, SIGPIPE))
		(void)sigtimedwait(&pipe, NULL, &now); /* there may be none */
	(void)pthread_sigmask(SIG_SETMASK, before, NULL);
}

int hc_exec(struct hc_call *call, struct hc_exec *exec)
{
	uint64_t now = hc_now(), left = call->deadline > now ? call->deadline - now : 0;
	struct running running = {
		.call = call,
		.exec = exec,
		.limit = call->deadline - (left / 10 < MARGIN_US ? left / 10 : MARGIN_US),
	};
	sigset_t pipe, before;
	int r;

	exec->status = 0;
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	(void)pthread_sigmask(SIG_BLOCK, &pipe, &before);
	r = run(&running);
	drop_pipe_signal(&before);
	return say(&running, r, now);
}
