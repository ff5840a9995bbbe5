/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connection to the monitors, with what this provider wants beside it: news of the cluster's
 * log, by which it is looked at again, and what is known of the manager. That one may be silent
 * while the monitors answer, so it has a pause of its own.
 */

#include "connection.h"

#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>

#include <ceph-client/link.h>

enum {
	MANAGER_US = 10000000, /* it is not waited for again so soon */
};

#define OP_S "10" /* what is asked of OSDs is little */

struct connection {
	struct links *links;
	int watch; /* an eventfd */
	pthread_mutex_t lock;
	uint64_t manager; /* when it was found not to answer */
};

bool connection_is_news(const char *channel, const char *text)
{
	static const char end[] = "finished";
	size_t size = text ? strlen(text) : 0;

	if (!channel || strcmp(channel, "audit") != 0)
		return true;
	return size >= strlen(end) && !strcmp(text + size - strlen(end), end);
}

/* In a thread of librados. The fd outlives the handle, see connection_free(). */
static void heard(void *arg, const char *line, const char *channel, const char *who,
		  const char *name, uint64_t sec, uint64_t nsec, uint64_t seq, const char *level,
		  const char *msg)
{
	const struct connection *connection = arg;

	(void)line, (void)who, (void)name, (void)sec, (void)nsec, (void)seq, (void)level;
	if (connection_is_news(channel, msg))
		(void)eventfd_write(connection->watch, 1); /* fails only when it is readable */
}

/* Without news of it the cluster is only looked at less often. */
static void opened(rados_t rados, void *arg)
{
	(void)rados_monitor_log2(rados, "info", heard, arg);
}

/* After it no callback comes any more. */
static void closes(rados_t rados, void *arg)
{
	(void)arg;
	(void)rados_monitor_log2(rados, "info", NULL, NULL); /* it ends anyway */
}

struct connection *connection_new(void)
{
	struct connection *connection = calloc(1, sizeof(*connection));
	struct link_use use = {.op_s = OP_S, .opened = opened, .closes = closes};

	if (!connection)
		abort(); /* memory has run out */
	connection->watch = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (connection->watch < 0)
		abort();                                   /* out of files */
	(void)pthread_mutex_init(&connection->lock, NULL); /* cannot fail on Linux */
	use.arg = connection;
	connection->links = links_new(&use);
	return connection;
}

struct connection *connection_free(struct connection *connection)
{
	if (!connection || !links_free(connection->links))
		return NULL;
	(void)close(connection->watch);
	(void)pthread_mutex_destroy(&connection->lock);
	free(connection);
	return NULL;
}

int connection_watch(struct connection *connection)
{
	return connection->watch;
}

int connection_take(struct hc_call *call, struct connection *connection, rados_t *rados)
{
	return links_take(call, connection->links, rados);
}

void connection_give(struct connection *connection, rados_t rados, bool failed)
{
	links_give(connection->links, rados, failed);
}

bool connection_manager_hangs(struct connection *connection)
{
	bool hangs;

	pthread_mutex_lock(&connection->lock);
	hangs = connection->manager && hc_now() - connection->manager < MANAGER_US;
	pthread_mutex_unlock(&connection->lock);
	return hangs;
}

void connection_manager_failed(struct connection *connection)
{
	pthread_mutex_lock(&connection->lock);
	connection->manager = hc_now();
	pthread_mutex_unlock(&connection->lock);
}
