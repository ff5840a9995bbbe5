/* SPDX-License-Identifier: Apache-2.0 */
/*
 * librados says after four seconds that no monitor answers, also where every machine refuses at
 * once because none has a monitor yet. While a cluster is being made each look would cost that, so
 * it is asked first whether anybody listens: all monitors' ports at the same time.
 */

#include "reach.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

enum {
	PATIENCE_MS = 1000,
	MOST = 64, /* sockets; nobody has more monitors than half of that */
};

/* v2's and v1's, as monitors listen. */
static const uint16_t ports[] = {3300, 6789};

static socklen_t fill(struct sockaddr_storage *to, const struct hc_address *address, uint16_t port)
{
	struct sockaddr_in *in = (struct sockaddr_in *)to;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;

	*to = (struct sockaddr_storage){.ss_family = address->family};
	if (address->family == AF_INET) {
		in->sin_port = htons(port);
		memcpy(&in->sin_addr, address->bytes, sizeof(in->sin_addr));
		return sizeof(*in);
	}
	in6->sin6_port = htons(port);
	memcpy(&in6->sin6_addr, address->bytes, sizeof(in6->sin6_addr));
	return sizeof(*in6);
}

/* A socket on its way there; -1: refused. */
static int begin(const struct hc_address *address, uint16_t port)
{
	struct sockaddr_storage to;
	socklen_t size = fill(&to, address, port);
	int fd = socket(address->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)&to, size) && errno != EINPROGRESS) {
		(void)close(fd);
		fd = -1;
	}
	return fd;
}

static bool is_connected(int fd)
{
	int error = 0;
	socklen_t size = sizeof(error);

	return !getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) && !error;
}

/* Looks at those that poll has something of; gives how many are still on their way. */
static size_t look(struct pollfd *fds, size_t n, bool *any)
{
	size_t waiting = 0;

	for (size_t i = 0; i < n; i++) {
		if (fds[i].fd < 0)
			continue;
		if (!fds[i].revents) {
			waiting++;
			continue;
		}
		*any |= is_connected(fds[i].fd);
		(void)close(fds[i].fd);
		fds[i].fd = -1;
	}
	return waiting;
}

bool reach(const struct wants *wants)
{
	struct pollfd fds[MOST];
	uint64_t deadline = hc_now() + PATIENCE_MS * UINT64_C(1000), now;
	size_t n = 0, waiting;
	bool any = false;

	for (size_t i = 0; i < wants->nmon; i++)
		for (size_t k = 0; k < HC_COUNT(ports) && n < MOST; k++)
			if (wants->mons[i].address.family)
				fds[n++] = (struct pollfd){
					.fd = begin(&wants->mons[i].address, ports[k]),
					.events = POLLOUT,
				};
	do {
		now = hc_now();
		if (n && poll(fds, n, now < deadline ? (int)((deadline - now) / 1000) : 0) < 0 &&
		    errno != EINTR)
			break;
		waiting = look(fds, n, &any);
	} while (!any && waiting && hc_now() < deadline);
	for (size_t i = 0; i < n; i++)
		if (fds[i].fd >= 0)
			(void)close(fds[i].fd);
	return any;
}
