/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way to a server over ssh is ssh(1), as for git itself: the library that libgit2 has for it
 * knows no signature of an RSA key that today's servers take, and asks for one type of a server's
 * key whatever known_hosts has. It reads no configuration, asks nobody, and believes only the
 * server's keys that were given. Key and known hosts are files in memory.
 *
 * The stream to git-upload-pack is the process's stdin and stdout. What it says on stderr is the
 * reason when it ends early.
 */

#include "ssh.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

#include "ssh_url.h"

enum { SAID = 2048 };

struct ssh_stream {
	git_smart_subtransport_stream base;
	pid_t pid;
	int in, out, err; /* our ends */
	char said[SAID];  /* the end of its stderr */
	size_t nsaid;
};

struct ssh {
	git_smart_subtransport base;
	struct job *job;
	struct ssh_stream *stream;
};

static void hear(struct ssh_stream *stream)
{
	char chunk[512];
	ssize_t n = read(stream->err, chunk, sizeof(chunk));
	size_t over;

	if (n <= 0) {
		(void)close(stream->err);
		stream->err = -1;
		return;
	}
	over = stream->nsaid + (size_t)n > SAID - 1 ? stream->nsaid + (size_t)n - (SAID - 1) : 0;
	memmove(stream->said, stream->said + over, stream->nsaid - over);
	stream->nsaid -= over;
	memcpy(stream->said + stream->nsaid, chunk, (size_t)n);
	stream->nsaid += (size_t)n;
	stream->said[stream->nsaid] = '\0';
}

/* Its last two lines: what is wrong, and what follows from that. Whoever wanted more says it. */
static void note_end(struct ssh *ssh)
{
	struct ssh_stream *stream = ssh->stream;
	const char *last = "", *before = "";
	char *rest = NULL;

	while (stream->err >= 0)
		hear(stream);
	for (char *line = strtok_r(stream->said, "\r\n", &rest); line;
	     line = strtok_r(NULL, "\r\n", &rest)) {
		before = last;
		last = line;
	}
	if (*last)
		ssh->job->ssh_said =
			hc_printf(ssh->job->arena, "%s%s%s", before, *before ? " " : "", last);
}

static int read_stream(git_smart_subtransport_stream *base, char *buffer, size_t size, size_t *got)
{
	struct ssh_stream *stream = (struct ssh_stream *)base;
	struct ssh *ssh = (struct ssh *)base->subtransport;

	for (;;) {
		struct pollfd fds[] = {
			{.fd = stream->out, .events = POLLIN},
			{.fd = stream->err, .events = POLLIN},
		};
		ssize_t n;

		if (poll(fds, HC_COUNT(fds), -1) < 0 && errno != EINTR)
			return -1;
		if (fds[1].revents)
			hear(stream);
		if (!fds[0].revents)
			continue;
		n = read(stream->out, buffer, size);
		if (n > 0) {
			*got = (size_t)n;
			return 0;
		}
		note_end(ssh);
		*got = 0;
		return 0;
	}
}

static int write_stream(git_smart_subtransport_stream *base, const char *buffer, size_t size)
{
	struct ssh_stream *stream = (struct ssh_stream *)base;

	while (size) {
		ssize_t n = write(stream->in, buffer, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			note_end((struct ssh *)base->subtransport);
			return -1;
		}
		buffer += n;
		size -= (size_t)n;
	}
	return 0;
}

static void free_stream(git_smart_subtransport_stream *base)
{
	struct ssh_stream *stream = (struct ssh_stream *)base;
	struct ssh *ssh = (struct ssh *)base->subtransport;

	hc_closep(&stream->in);
	hc_closep(&stream->out);
	hc_closep(&stream->err);
	if (stream->pid > 0) {
		(void)kill(stream->pid, SIGTERM); /* it may have ended by itself */
		while (waitpid(stream->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	ssh->stream = NULL;
	free(stream);
}

/* In our own process group, so that it goes with us when our time is over. */
static int spawn(const char *const *words, int in, int out, int err, pid_t *pid)
{
	static char path[] = "PATH=/usr/bin:/bin", locale[] = "LC_ALL=C.UTF-8";
	char *environment[] = {path, locale, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	char *const *argv;
	sigset_t all;
	int r = posix_spawn_file_actions_init(&actions);

	if (r)
		return r;
	(void)posix_spawnattr_init(&attributes); /* these fill a struct */
	sigfillset(&all);
	(void)posix_spawnattr_setsigdefault(&attributes, &all);
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	r = posix_spawn_file_actions_adddup2(&actions, in, 0);
	if (!r)
		r = posix_spawn_file_actions_adddup2(&actions, out, 1);
	if (!r)
		r = posix_spawn_file_actions_adddup2(&actions, err, 2);
	if (!r)
		r = posix_spawn_file_actions_addclosefrom_np(&actions, 3);
	memcpy(&argv, &words, sizeof(argv)); /* it only reads them: its prototype is too old */
	if (!r)
		r = posix_spawnp(pid, argv[0], &actions, &attributes, argv, environment);
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&actions);
	return r;
}

static int start(struct ssh *ssh, const char *const *argv)
{
	struct ssh_stream *stream = ssh->stream;
	int in[2] = {-1, -1}, out[2] = {-1, -1}, err[2] = {-1, -1}, r = 0;

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		r = errno;
	stream->in = in[1];
	stream->out = out[0];
	stream->err = err[0];
	if (!r)
		r = spawn(argv, in[0], out[1], err[1], &stream->pid);
	hc_closep(&in[0]);
	hc_closep(&out[1]);
	hc_closep(&err[1]);
	if (r)
		(void)job_fail(ssh->job, "ssh cannot be run: %s", strerror(r));
	return r ? GIT_EUSER : 0;
}

static int begin(git_smart_subtransport_stream **out, git_smart_subtransport *base, const char *url,
		 git_smart_service_t action)
{
	struct ssh *ssh = (struct ssh *)base;
	const char *const *argv;

	if (action == GIT_SERVICE_UPLOADPACK && ssh->stream) {
		*out = &ssh->stream->base; /* the answer to the list goes on there */
		return 0;
	}
	if (action != GIT_SERVICE_UPLOADPACK_LS || ssh->stream)
		return -1;
	argv = ssh_command(ssh->job, url);
	if (!argv)
		return GIT_EUSER;
	ssh->stream = calloc(1, sizeof(*ssh->stream));
	if (!ssh->stream)
		abort();
	ssh->stream->base = (git_smart_subtransport_stream){
		.subtransport = base,
		.read = read_stream,
		.write = write_stream,
		.free = free_stream,
	};
	*out = &ssh->stream->base;
	return start(ssh, argv);
}

static int end(git_smart_subtransport *base)
{
	(void)base; /* the stream ends when it is freed */
	return 0;
}

static void free_ssh(git_smart_subtransport *base)
{
	free(base);
}

int ssh_subtransport(git_smart_subtransport **out, git_transport *owner, void *param)
{
	struct ssh *ssh = calloc(1, sizeof(*ssh));

	(void)owner;
	if (!ssh)
		abort();
	ssh->base = (git_smart_subtransport){.action = begin, .close = end, .free = free_ssh};
	ssh->job = param;
	*out = &ssh->base;
	return 0;
}
