/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection: one line comes in, lines go out, and then it is closed. Nothing here waits: what
 * cannot be written now is kept until the socket takes more. It is cut off when the request does
 * not come in time, when nothing that waits is read for that long, or when too much waits already.
 *
 * request_answer() may be called from anywhere, so it never takes the connection down under its
 * caller; that happens when the loop comes back to it.
 */

#include "connection.h"

#include <ctype.h>
#include <errno.h>
#include <json-c/json.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "answer.h"
#include "user.h"

struct buffer {
	char *data;
	size_t from, to, room; /* what is in it */
};

struct connection {
	struct request request; /* first */
	struct connection_use use;
	int fd;
	sd_event_source *io, *timer, *cut;
	struct buffer in, out;
	char *user;
	bool taken; /* its request was handed on */
	bool ended; /* nothing more will be said */
};

static void *must(void *p)
{
	if (!p)
		abort(); /* memory has run out */
	return p;
}

static void add(struct buffer *buffer, const char *data, size_t size)
{
	if (buffer->from) {
		memmove(buffer->data, buffer->data + buffer->from, buffer->to - buffer->from);
		buffer->to -= buffer->from;
		buffer->from = 0;
	}
	if (buffer->room - buffer->to < size) {
		buffer->room = 2 * buffer->room + size;
		buffer->data = must(realloc(buffer->data, buffer->room));
	}
	memcpy(buffer->data + buffer->to, data, size);
	buffer->to += size;
}

static size_t waiting(const struct buffer *buffer)
{
	return buffer->to - buffer->from;
}

/* What it wants to be woken for; that the other side is gone is always told. */
static void listen_for(struct connection *connection)
{
	uint32_t events = connection->taken ? 0 : EPOLLIN;

	if (waiting(&connection->out) || connection->ended)
		events |= EPOLLOUT;
	(void)sd_event_source_set_io_events(connection->io, events); /* a known source */
}

static void set_patience(struct connection *connection, bool patient)
{
	(void)sd_event_source_set_time_relative(connection->timer, PATIENCE_US);
	(void)sd_event_source_set_enabled(connection->timer,
					  patient ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
}

static void done(struct connection *connection)
{
	connection->use.closed(connection->use.server, connection);
}

void request_answer(struct request *request, struct json_object *line)
{
	struct connection *connection = (struct connection *)request;
	const char *text =
		json_object_to_json_string_ext(line, JSON_C_TO_STRING_PLAIN |
							     JSON_C_TO_STRING_NOSLASHESCAPE);
	bool waits = waiting(&connection->out) > 0;

	if (waiting(&connection->out) > WAITING_MOST) {
		(void)sd_event_source_set_enabled(connection->cut, SD_EVENT_ONESHOT);
	} else {
		add(&connection->out, text, strlen(text));
		add(&connection->out, "\n", 1);
		if (!waits)
			set_patience(connection, false);
		listen_for(connection);
	}
	json_object_put(line);
}

void request_end(struct request *request)
{
	struct connection *connection = (struct connection *)request;

	request->gone = NULL;
	request->more = NULL;
	connection->ended = true;
	listen_for(connection);
}

static void say(struct connection *connection, const char *text, int code)
{
	struct json_object *line = json_object_new_object();

	json_object_object_add(line, "err", json_object_new_string(text));
	request_answer(&connection->request, line);
	line = json_object_new_object();
	json_object_object_add(line, "exit", json_object_new_int(code));
	request_answer(&connection->request, line);
	connection->taken = true;
	request_end(&connection->request);
}

void connection_turn_away(struct connection *connection)
{
	say(connection, "hcstate: the agent has too many connections; try again later\n",
	    EXIT_LATER);
}

/* A whole line. */
static void take(struct connection *connection, const char *text, size_t size)
{
	struct json_tokener *tokener = must(json_tokener_new_ex(16));
	struct json_object *body;

	while (size && isspace((unsigned char)text[size - 1]))
		size--;
	body = json_tokener_parse_ex(tokener, text, (int)size);
	if (json_tokener_get_error(tokener) != json_tokener_success ||
	    json_tokener_get_parse_end(tokener) != size) {
		json_object_put(body);
		body = NULL;
	}
	json_tokener_free(tokener);
	connection->taken = true;
	listen_for(connection);
	if (!json_object_is_type(body, json_type_object)) {
		json_object_put(body);
		say(connection, "hcstate: that is no request\n", EXIT_USAGE);
		return;
	}
	connection->request.body = body;
	set_patience(connection, true);
	connection->use.handle(connection->use.arg, &connection->request);
}

static int drop_late(sd_event_source *source, uint64_t usec, void *arg)
{
	(void)source, (void)usec;
	done(arg);
	return 0;
}

static int drop(sd_event_source *source, void *arg)
{
	(void)source;
	done(arg);
	return 0;
}

/* False: it is gone. */
static bool read_more(struct connection *connection)
{
	char chunk[4096];
	ssize_t n = recv(connection->fd, chunk, sizeof(chunk), MSG_DONTWAIT);
	const char *end;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (!n)
		return false; /* it said nothing that is a request */
	add(&connection->in, chunk, (size_t)n);
	end = memchr(connection->in.data, '\n', connection->in.to);
	if (end && end - connection->in.data <= LINE_MOST)
		take(connection, connection->in.data, (size_t)(end - connection->in.data));
	else if (connection->in.to > LINE_MOST)
		say(connection, "hcstate: the request is too long\n", EXIT_USAGE);
	return true;
}

/* False: it is gone. */
static bool write_more(struct connection *connection)
{
	struct buffer *out = &connection->out;
	ssize_t n = 0;

	if (waiting(out))
		n = send(connection->fd, out->data + out->from, waiting(out),
			 MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	out->from += (size_t)n;
	if (!waiting(out) && connection->ended)
		return false;
	set_patience(connection, !waiting(out) && connection->taken);
	listen_for(connection);
	if (!waiting(out) && connection->request.more)
		connection->request.more(&connection->request);
	return true;
}

static int wake(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct connection *connection = arg;
	bool there = !(events & (EPOLLHUP | EPOLLERR));

	(void)source, (void)fd;
	if (there && events & EPOLLOUT)
		there = write_more(connection);
	else if (there && events & EPOLLIN)
		there = read_more(connection);
	if (!there)
		done(connection);
	return 0;
}

static int add_sources(struct connection *connection)
{
	sd_event *event = connection->use.event;
	int r = sd_event_add_io(event, &connection->io, connection->fd, EPOLLIN, wake, connection);

	if (r >= 0)
		r = sd_event_add_time_relative(event, &connection->timer, CLOCK_MONOTONIC,
					       PATIENCE_US, 0, drop_late, connection);
	if (r >= 0)
		r = sd_event_add_defer(event, &connection->cut, drop, connection);
	if (r >= 0)
		r = sd_event_source_set_enabled(connection->cut, SD_EVENT_OFF);
	return r;
}

struct connection *connection_new(const struct connection_use *use, int fd)
{
	struct connection *connection = must(calloc(1, sizeof(*connection)));
	struct ucred who;
	socklen_t size = sizeof(who);

	connection->use = *use;
	connection->fd = fd;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0 || add_sources(connection) < 0)
		return connection_free(connection);
	connection->user = user_name("/etc/passwd", who.uid);
	connection->request.uid = who.uid;
	connection->request.pid = who.pid;
	connection->request.user = connection->user;
	return connection;
}

struct connection *connection_free(struct connection *connection)
{
	struct buffer *out = connection ? &connection->out : NULL;

	if (!connection)
		return NULL;
	if (connection->request.gone)
		connection->request.gone(&connection->request);
	if (waiting(out)) /* the agent ends; what this does not take is lost */
		(void)!send(connection->fd, out->data + out->from, waiting(out),
			    MSG_DONTWAIT | MSG_NOSIGNAL);
	sd_event_source_disable_unref(connection->io);
	sd_event_source_disable_unref(connection->timer);
	sd_event_source_disable_unref(connection->cut);
	json_object_put(connection->request.body);
	(void)close(connection->fd);
	free(connection->in.data);
	free(connection->out.data);
	free(connection->user);
	free(connection);
	return NULL;
}
