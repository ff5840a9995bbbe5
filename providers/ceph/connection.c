/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connection to the monitors: made when first needed, shared by all worker threads, made anew
 * after it failed. A cluster that is dead costs its timeout once in two seconds, not once for each
 * command: in between the answer is the last reason, at once.
 *
 * The lock is held while connecting, as all who come meanwhile want that very connection. It is
 * not held while anything is asked or while a handle ends.
 */

#include "connection.h"

#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>

#include <ceph-client/dial.h>
#include <ceph-client/reach.h>
#include <ceph-client/sealed_key.h>
#include <ceph-client/wants.h>

enum {
	RETRY_US = 2000000,    /* after a failure that took time: no attempt before */
	QUICK_US = 100000,     /* what took less costs nothing to try again */
	MANAGER_US = 10000000, /* likewise, of the manager */
};

/* One librados handle. */
struct link {
	rados_t cluster;
	unsigned users; /* the connection itself is one of them while it offers it */
};

struct connection {
	pthread_mutex_t lock;
	struct link *link; /* what is offered; NULL: nothing */
	uint64_t failed;   /* when connecting failed; 0: it did not, or it is to be tried */
	int error;         /* ... with what */
	char *why;         /* ... in words */
	uint64_t manager;  /* when the manager was found not to answer */
	int watch;         /* an eventfd */
};

struct connection *connection_new(void)
{
	struct connection *connection = calloc(1, sizeof(*connection));

	if (!connection)
		abort(); /* memory has run out */
	connection->watch = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (connection->watch < 0)
		abort();                                   /* out of files */
	(void)pthread_mutex_init(&connection->lock, NULL); /* cannot fail on Linux */
	return connection;
}

/* After it no callback comes any more. */
static void link_end(struct link *link)
{
	(void)rados_monitor_log2(link->cluster, "info", NULL, NULL); /* it ends anyway */
	rados_shutdown(link->cluster);
	free(link);
}

/* With the lock held: whether the caller has to end it, without the lock. */
static bool unref(struct link *link)
{
	return link && !--link->users;
}

struct connection *connection_free(struct connection *connection)
{
	if (!connection)
		return NULL;
	if (unref(connection->link))
		link_end(connection->link);
	(void)close(connection->watch);
	(void)pthread_mutex_destroy(&connection->lock);
	free(connection->why);
	free(connection);
	return NULL;
}

int connection_watch(struct connection *connection)
{
	return connection->watch;
}

/* In a thread of librados. The fd outlives the handle, see connection_free(). */
static void heard(void *arg, const char *line, const char *channel, const char *who,
		  const char *name, uint64_t sec, uint64_t nsec, uint64_t seq, const char *level,
		  const char *msg)
{
	const struct connection *connection = arg;

	(void)line, (void)channel, (void)who, (void)name, (void)sec, (void)nsec, (void)seq;
	(void)level, (void)msg;
	(void)eventfd_write(connection->watch, 1); /* fails only when it is readable already */
}

/* The key as librados wants it; `to` is to be wiped. */
static int copy_key(struct hc_call *call, char to[SEALED_KEY_MAX + 1])
{
	_cleanup_(hc_secret_close) uint8_t *key = NULL;
	size_t size;
	int r = sealed_key_open(call, HC_CEPH_SECRET, HC_CEPH_ADMIN_KEY, NULL, &key, &size);

	if (r)
		return r;
	memcpy(to, key, size);
	to[size] = '\0';
	return 0;
}

static int connect_as_admin(struct hc_call *call, rados_t *cluster)
{
	const struct wants wants = wants_of(call);
	char key[SEALED_KEY_MAX + 1] = "";
	const struct dial to = {
		.entity = "client.admin",
		.hosts = mon_hosts(call->arena, &wants),
		.key = key,
		.fsid = wants.fsid,
		.op_s = "10",
	};
	const char *why;
	int r;

	if (!wants.resource || !wants.fsid)
		return hc_fail(
			call, ENOENT, wants.resource,
			wants.resource
				? "the CephCluster has no fsid: hcstate secrets init makes one"
				: "the manifests have no CephCluster");
	if (!*to.hosts)
		return hc_fail(call, ENOENT, wants.resource,
			       "no monitor has an address in its public network");
	if (!reach(&wants))
		return hc_fail(call, ENOTCONN, NULL, "no monitor answers at %s", to.hosts);
	r = copy_key(call, key);
	if (!r) {
		r = dial(call->arena, &to, cluster, &why);
		if (r)
			r = hc_fail(call, -r, NULL, "%s", why);
	}
	explicit_bzero(key, sizeof(key));
	return r;
}

/* What was said last, for who comes soon after. */
static void remember(struct hc_call *call, struct connection *connection, uint64_t began, int r)
{
	const char *why = hc_said(call, strerror(-r));

	free(connection->why);
	connection->why = strdup(why);
	connection->error = r;
	connection->failed = hc_now() - began < QUICK_US ? 0 : hc_now();
	if (!connection->why)
		abort();
}

/* With the lock held. */
static int link_new(struct hc_call *call, struct connection *connection)
{
	uint64_t began = hc_now();
	struct link *link;
	rados_t cluster = NULL;
	int r;

	if (connection->failed && hc_now() - connection->failed < RETRY_US)
		return hc_fail(call, -connection->error, NULL, "%s", connection->why);
	r = connect_as_admin(call, &cluster);
	if (r) {
		remember(call, connection, began, r);
		return r;
	}
	link = calloc(1, sizeof(*link));
	if (!link)
		abort();
	link->cluster = cluster;
	link->users = 1;
	connection->link = link;
	connection->failed = 0;
	/* without news of it the cluster is only looked at less often */
	(void)rados_monitor_log2(cluster, "info", heard, connection);
	return 0;
}

int connection_take(struct hc_call *call, struct connection *connection, struct link **link)
{
	int r = 0;

	pthread_mutex_lock(&connection->lock);
	if (!connection->link)
		r = link_new(call, connection);
	if (connection->link) {
		*link = connection->link;
		connection->link->users++;
	}
	pthread_mutex_unlock(&connection->lock);
	return r;
}

void connection_give(struct connection *connection, struct link *link, bool failed)
{
	bool last;

	pthread_mutex_lock(&connection->lock);
	if (failed && connection->link == link) {
		connection->link = NULL;
		(void)unref(link); /* the caller is one more user of it */
	}
	last = unref(link);
	pthread_mutex_unlock(&connection->lock);
	if (last)
		link_end(link);
}

rados_t link_cluster(const struct link *link)
{
	return link->cluster;
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
