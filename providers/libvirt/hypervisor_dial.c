/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libvirt connects for as long as it takes: a libvirtd that is stopped in the middle holds its
 * client for ever, a machine that vanished holds it for as long as TCP tries. So each attempt has a
 * thread of its own. Who waits for it goes after a while; the thread stays until libvirt lets it
 * go, and closes what nobody wants any more. There are never many of those.
 *
 * libvirt's event loop is one for the process and cannot be ended, so neither can its thread: it is
 * started with the first attempt. hcstate never unmaps a module, so its code stays where it is.
 */

#include "hypervisor_dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <hcstate/thread.h>
#include <libvirt/virterror.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum {
	MOST = 32, /* attempts under way; each is a thread */
	/* A peer that says nothing for so long is gone: what waits for it fails. */
	KEEPALIVE_S = 2,
	KEEPALIVE_COUNT = 3,
	US = 1000000,
};

struct dialling {
	pthread_mutex_t lock;
	pthread_cond_t over;
	unsigned users; /* its thread, and who began it */
	bool done;
	virConnectPtr connect; /* NULL when done: it failed */
	char *why;
	char *uri;
};

static atomic_uint under_way;

static void silent(void *arg, virErrorPtr error)
{
	(void)arg, (void)error; /* who asked looks at the error itself */
}

static void *run_events(void *arg)
{
	(void)arg;
	for (;;)
		if (virEventRunDefaultImpl() < 0)
			(void)poll(NULL, 0, 100); /* out of memory or files: it will get better */
	return NULL;
}

static void begin_once(void)
{
	virSetErrorFunc(NULL, silent);
	if (virInitialize() < 0 || virEventRegisterDefaultImpl() < 0 ||
	    hc_thread_start(NULL, run_events, NULL)) {
		fputs("hcstate: libvirt's client library cannot be set up\n", stderr);
		abort(); /* out of memory, or no more threads */
	}
}

static void unref(struct dialling *dialling)
{
	unsigned users;

	pthread_mutex_lock(&dialling->lock);
	users = --dialling->users;
	pthread_mutex_unlock(&dialling->lock);
	if (users)
		return;
	if (dialling->connect)
		(void)virConnectClose(dialling->connect); /* nobody wants it */
	(void)pthread_mutex_destroy(&dialling->lock);
	(void)pthread_cond_destroy(&dialling->over);
	free(dialling->uri);
	free(dialling->why);
	free(dialling);
}

/* A driver within the process has no such thing, and needs none. */
static bool keep_alive(virConnectPtr connect)
{
	return virConnectSetKeepAlive(connect, KEEPALIVE_S, KEEPALIVE_COUNT) >= 0 ||
	       virGetLastErrorCode() == VIR_ERR_NO_SUPPORT;
}

/* Without anything that asks a person. */
static virConnectPtr connect_to(const char *uri, char **why)
{
	virConnectAuth nobody = {0};
	virConnectPtr connect = virConnectOpenAuth(uri, &nobody, 0);
	const char *said;

	if (connect && keep_alive(connect))
		return connect;
	said = virGetLastErrorMessage();
	*why = strdup(said ? said : "it does not answer");
	if (connect)
		(void)virConnectClose(connect);
	return NULL;
}

static void *dial(void *arg)
{
	struct dialling *dialling = arg;
	char *why = NULL;
	virConnectPtr connect = connect_to(dialling->uri, &why);

	(void)atomic_fetch_sub(&under_way, 1);
	pthread_mutex_lock(&dialling->lock);
	dialling->connect = connect;
	dialling->why = why;
	dialling->done = true;
	(void)pthread_cond_broadcast(&dialling->over); /* cannot fail */
	pthread_mutex_unlock(&dialling->lock);
	unref(dialling);
	return NULL;
}

static struct dialling *make(const char *uri)
{
	struct dialling *dialling = calloc(1, sizeof(*dialling));

	if (!dialling)
		abort(); /* memory has run out */
	dialling->uri = strdup(uri);
	if (!dialling->uri)
		abort();
	dialling->users = 2;
	/* none of these can fail on Linux */
	(void)pthread_mutex_init(&dialling->lock, NULL);
	hc_cond_init(&dialling->over);
	return dialling;
}

struct dialling *dialling_new(const char *uri)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct dialling *dialling;

	(void)pthread_once(&once, begin_once); /* cannot fail */
	if (atomic_fetch_add(&under_way, 1) >= MOST) {
		(void)atomic_fetch_sub(&under_way, 1);
		return NULL;
	}
	dialling = make(uri);
	if (!hc_thread_start(NULL, dial, dialling))
		return dialling;
	(void)atomic_fetch_sub(&under_way, 1);
	dialling->users = 1;
	unref(dialling);
	return NULL;
}

struct dialling *dialling_free(struct dialling *dialling)
{
	if (dialling)
		unref(dialling);
	return NULL;
}

int dialling_wait(struct hc_arena *arena, struct dialling *dialling, uint64_t until,
		  virConnectPtr *connect, const char **why)
{
	const struct timespec end = {
		.tv_sec = (time_t)(until / US),
		.tv_nsec = (long)(until % US) * 1000,
	};
	int r = 0;

	pthread_mutex_lock(&dialling->lock);
	while (!dialling->done && !r)
		r = pthread_cond_timedwait(&dialling->over, &dialling->lock, &end);
	*connect = hc_steal(&dialling->connect);
	if (*connect) {
		r = 0;
	} else if (dialling->done) {
		*why = hc_strdup(arena, dialling->why ? dialling->why : "it does not answer");
		r = -ENOTCONN;
	} else {
		r = -EAGAIN;
	}
	pthread_mutex_unlock(&dialling->lock);
	return r;
}

static bool is_connected(int fd)
{
	int error = 0;
	socklen_t size = sizeof(error);

	return !getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) && !error;
}

static bool accepts(const struct addrinfo *to, uint64_t until)
{
	_cleanup_(hc_closep) int fd =
		socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct pollfd wait = {.fd = fd, .events = POLLOUT};
	uint64_t now;
	int r;

	if (fd < 0)
		return false;
	if (!connect(fd, to->ai_addr, to->ai_addrlen))
		return true;
	if (errno != EINPROGRESS)
		return false;
	do {
		now = hc_now();
		r = poll(&wait, 1, now < until ? (int)((until - now) / 1000) : 0);
	} while (r < 0 && errno == EINTR);
	return r > 0 && is_connected(fd);
}

bool dialling_reach(const char *address, uint16_t port, uint64_t until)
{
	/* A name is looked up in the files of the machine and by DNS, as libvirt will. */
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	struct addrinfo *found = NULL;
	char service[8];
	bool any = false;

	(void)snprintf(service, sizeof(service), "%u", port); /* at most five digits */
	if (getaddrinfo(address, service, &hints, &found))
		return false;
	for (const struct addrinfo *to = found; to && !any; to = to->ai_next)
		any = accepts(to, until);
	freeaddrinfo(found);
	return any;
}
