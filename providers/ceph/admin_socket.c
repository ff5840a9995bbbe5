/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The monitor's admin socket: the command as JSON with a NUL behind it, then the answer's length in
 * four bytes, the most significant first, and the answer. What Ceph's own tool does there takes it
 * a tenth of a second, too long to look again and again.
 */

#include "admin_socket.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	PATIENCE_S = 1,
	ANSWER_MAX = 1024 * 1024,
};

/* -1: nobody listens. */
static int open_socket(const char *path)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t size = strlen(path);
	int fd;

	if (size >= sizeof(to.sun_path))
		return -1;
	memcpy(to.sun_path, path, size);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (!setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) &&
	    !setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) &&
	    !connect(fd, (const struct sockaddr *)&to, sizeof(to)))
		return fd;
	(void)close(fd);
	return -1;
}

static bool receive(int fd, void *data, size_t size)
{
	return recv(fd, data, size, MSG_WAITALL) == (ssize_t)size;
}

static struct json_object *converse(struct hc_arena *arena, int fd, const char *text)
{
	size_t size = strlen(text) + 1;
	uint32_t length;
	char *answer;

	if (send(fd, text, size, MSG_NOSIGNAL) != (ssize_t)size ||
	    !receive(fd, &length, sizeof(length)))
		return NULL;
	length = ntohl(length);
	if (length > ANSWER_MAX)
		return NULL;
	answer = hc_alloc(arena, (size_t)length + 1); /* zeroed: an end is there */
	return receive(fd, answer, length) ? json_tokener_parse(answer) : NULL;
}

char *admin_socket_path(struct hc_arena *arena, const char *node)
{
	return hc_printf(arena, "/run/ceph/ceph-mon.%s.asok", node);
}

struct json_object *admin_socket_ask(struct hc_arena *arena, const char *path,
				     struct json_object *command)
{
	struct json_object *answer = NULL;
	int fd = open_socket(path);

	json_object_object_add(command, "format", json_object_new_string("json"));
	if (fd >= 0) {
		answer = converse(arena, fd,
				  json_object_to_json_string_ext(command, JSON_C_TO_STRING_PLAIN));
		(void)close(fd); /* nothing was written to a file */
	}
	(void)json_object_put(command);
	return answer;
}
