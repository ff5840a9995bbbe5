/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An OSD's own word, over its admin socket: a request of JSON and a NUL, an answer of four bytes of
 * length and JSON. The OSD map may still say "up" of a run that ended with the machine's power.
 */

#include "osd.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#define REQUEST "{\"prefix\":\"status\",\"format\":\"json\"}"

enum {
	ANSWER_MAX = 64 * 1024,
	PATIENCE_S = 1,
};

static int dial_socket(uint32_t id)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	(void)snprintf(to.sun_path, sizeof(to.sun_path), "/run/ceph/ceph-osd.%u.asok", id);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		(void)close(fd); /* nothing was written */
		return -1;
	}
	return fd;
}

static bool receive(int fd, void *to, size_t size)
{
	for (size_t have = 0; have < size;) {
		ssize_t n = recv(fd, (char *)to + have, size - have, 0);

		if (n <= 0)
			return false;
		have += (size_t)n;
	}
	return true;
}

const char *osd_word(struct hc_arena *arena, uint32_t id)
{
	_cleanup_(hc_closep) int fd = dial_socket(id);
	struct json_object *answer;
	uint32_t size;
	const char *word;
	char *text;

	if (fd < 0 || send(fd, REQUEST, sizeof(REQUEST), MSG_NOSIGNAL) != sizeof(REQUEST) ||
	    !receive(fd, &size, sizeof(size)))
		return "";
	size = ntohl(size);
	if (size > ANSWER_MAX)
		return "";
	text = hc_alloc(arena, size + 1);
	if (!receive(fd, text, size))
		return "";
	answer = json_tokener_parse(text);
	word = json_text(arena, answer, "state", "");
	json_object_put(answer);
	return word;
}
