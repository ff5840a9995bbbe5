/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The listening side of the agent's socket: who may connect, and how many at once. It is root's
 * alone until it has its group, so there is no moment at which others could connect.
 */

#include "server.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>

#include "connection.h"

#define GROUP "hcstate"

enum {
	MOST = 32, /* connections */
	BACKLOG = 64,
	FULL_US = 1000 * 1000, /* until it is tried again when no more files may be open */
	ACCURACY_US = 10 * 1000,
};

struct server {
	sd_event *event;
	request_fn *handle;
	void *arg;
	int fd;
	char *path; /* NULL: the socket was handed over, and its name is not ours */
	sd_event_source *source;
	sd_event_source *full;                    /* runs while there is no room for more files */
	struct connection *connections[MOST + 1]; /* the last is for those that are turned away */
};

static void closed(void *arg, struct connection *connection)
{
	struct server *server = arg;

	for (size_t i = 0; i < HC_COUNT(server->connections); i++)
		if (server->connections[i] == connection)
			server->connections[i] = NULL;
	(void)connection_free(connection);
}

static size_t free_place(const struct server *server)
{
	size_t i = 0;

	while (i < MOST && server->connections[i])
		i++;
	return i;
}

static int try_again(sd_event_source *source, uint64_t usec, void *arg)
{
	struct server *server = arg;

	(void)source, (void)usec;
	(void)sd_event_source_set_enabled(server->source, SD_EVENT_ON); /* it exists */
	return 0;
}

/* Who waits stays to be seen, so that the loop would come back at once, and again. */
static void pause_listening(struct server *server)
{
	server->full = sd_event_source_disable_unref(server->full);
	if (sd_event_add_time_relative(server->event, &server->full, CLOCK_MONOTONIC, FULL_US,
				       ACCURACY_US, try_again, server) >= 0)
		(void)sd_event_source_set_enabled(server->source, SD_EVENT_OFF);
}

static bool is_full(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static int came(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct server *server = arg;
	const struct connection_use use = {
		.event = server->event,
		.handle = server->handle,
		.closed = closed,
		.arg = server->arg,
		.server = server,
	};
	size_t place = free_place(server);
	int one;

	(void)source, (void)events;
	if (place == MOST && server->connections[MOST])
		server->connections[MOST] = connection_free(server->connections[MOST]);
	one = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (one < 0 && is_full(errno))
		pause_listening(server);
	if (one < 0)
		return 0; /* or it went away again */
	server->connections[place] = connection_new(&use, one);
	if (place == MOST && server->connections[place])
		connection_turn_away(server->connections[place]);
	return 0;
}

/* One that systemd made for us, or -1. */
static int handed_over(void)
{
	for (int i = 0, n = sd_listen_fds(0); i < n; i++)
		if (sd_is_socket(SD_LISTEN_FDS_START + i, AF_UNIX, SOCK_STREAM, 1) > 0)
			return SD_LISTEN_FDS_START + i;
	return -1;
}

static int fail(struct hc_diags *diags, const char *path, int r)
{
	hc_say(diags, HC_ERROR, (struct hc_place){0}, "cannot listen on %s: %s", path,
	       strerror(-r));
	return r;
}

/* What a killed agent left goes; nothing else does. */
static int clear_name(const char *path)
{
	struct stat is;

	if (lstat(path, &is) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(is.st_mode))
		return -EEXIST;
	return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

static int make_directory(struct hc_arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *directory = slash ? hc_strndup(arena, path, (size_t)(slash - path)) : "";

	return !*directory || !mkdir(directory, 0755) || errno == EEXIST ? 0 : -errno;
}

static int bind_to(struct server *server, const char *path)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	const struct group *group = getgrnam(GROUP);
	int r;

	if (strlen(path) >= sizeof(name.sun_path))
		return -ENAMETOOLONG;
	memcpy(name.sun_path, path, strlen(path) + 1);
	r = clear_name(path);
	if (r)
		return r;
	if (fchmod(server->fd, 0600) < 0 ||
	    bind(server->fd, (const struct sockaddr *)&name, sizeof(name)) < 0)
		return -errno;
	server->path = strdup(path);
	if (!server->path)
		abort();
	/* Without the group only root can connect, which is no error. */
	if (group && lchown(path, (uid_t)-1, group->gr_gid) < 0)
		return -errno;
	return chmod(path, 0660) < 0 ? -errno : 0;
}

static int make(struct server *server, const char *path, struct hc_diags *diags)
{
	int r = make_directory(diags->arena, path);

	if (r)
		return fail(diags, path, r);
	server->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	r = server->fd < 0 ? -errno : bind_to(server, path);
	if (!r && listen(server->fd, BACKLOG) < 0)
		r = -errno;
	return r ? fail(diags, path, r) : 0;
}

struct server *server_new(sd_event *event, const char *path, request_fn *handle, void *arg,
			  struct hc_diags *diags)
{
	struct server *server = calloc(1, sizeof(*server));
	int r = 0;

	if (!server)
		abort(); /* memory has run out */
	server->event = sd_event_ref(event);
	server->handle = handle;
	server->arg = arg;
	server->fd = handed_over();
	if (server->fd < 0)
		r = make(server, path, diags);
	if (r)
		return server_free(server);
	r = sd_event_add_io(event, &server->source, server->fd, EPOLLIN, came, server);
	if (r >= 0)
		return server;
	(void)fail(diags, path, r);
	return server_free(server);
}

struct server *server_free(struct server *server)
{
	if (!server)
		return NULL;
	sd_event_source_disable_unref(server->source);
	sd_event_source_disable_unref(server->full);
	for (size_t i = 0; i < HC_COUNT(server->connections); i++)
		server->connections[i] = connection_free(server->connections[i]);
	if (server->fd >= 0)
		(void)close(server->fd);
	if (server->path)
		(void)unlink(server->path); /* one that stays is cleared away by the next */
	free(server->path);
	sd_event_unref(server->event);
	free(server);
	return NULL;
}
