/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connection to Ceph. Several threads use one librados handle at once, so a handle through
 * which nobody answered is only put aside; whoever gives it back last ends it. A cluster that is
 * dead costs its timeout once in two seconds, in between the answer is the last reason, at once.
 *
 * The lock is held while connecting, as all who come meanwhile want that very connection. It is not
 * held while a handle ends, which waits for what is under way.
 */

#include "cluster.h"

#include <glob.h>
#include <pthread.h>
#include <string.h>

#include <ceph-client/dial.h>
#include <ceph-client/reach.h>
#include <ceph-client/sealed_key.h>
#include <ceph-client/wants.h>
#include <hcstate/directory.h>

enum {
	RETRY_US = 2000000, /* after a failure that took time: no attempt before */
	QUICK_US = 100000,  /* what took less costs nothing to try again */
};

struct link {
	rados_t rados;
	unsigned users; /* the cluster itself is one of them while it offers it */
	struct link *next;
};

struct cluster {
	pthread_mutex_t lock;
	struct link *links;   /* all that somebody uses */
	struct link *offered; /* one of them, or NULL */
	uint64_t failed;      /* when connecting failed; 0: it did not, or it is to be tried */
	int error;            /* ... with what */
	char *why;            /* ... in words */
};

struct cluster *cluster_new(void)
{
	struct cluster *cluster = calloc(1, sizeof(*cluster));

	if (!cluster)
		abort();                                /* memory has run out */
	(void)pthread_mutex_init(&cluster->lock, NULL); /* cannot fail on Linux */
	return cluster;
}

/* With the lock held: takes one user away; gives the link if it was the last, off the list. */
static struct link *unref(struct cluster *cluster, struct link *link)
{
	struct link **at = &cluster->links;

	if (--link->users)
		return NULL;
	while (*at != link)
		at = &(*at)->next;
	*at = link->next;
	return link;
}

static void link_end(struct link *link)
{
	if (link)
		rados_shutdown(link->rados);
	free(link);
}

struct cluster *cluster_free(struct cluster *cluster)
{
	if (!cluster)
		return NULL;
	if (cluster->offered)
		link_end(unref(cluster, cluster->offered));
	if (cluster->links)
		return NULL; /* a job that hangs still uses one, and will give it back here */
	(void)pthread_mutex_destroy(&cluster->lock);
	free(cluster->why);
	free(cluster);
	return NULL;
}

bool cluster_wanted(const struct hc_call *call)
{
	size_t n;

	(void)hc_of_type(call->whole, &hc_ceph_cluster, &n);
	return n > 0;
}

bool cluster_unborn(struct hc_arena *arena)
{
	const char *notes = hc_printf(arena, "%s/ceph-*", hc_state_directory());
	glob_t found = {0};
	bool noted = glob(notes, GLOB_NOSORT, NULL, &found) != GLOB_NOMATCH;

	globfree(&found);
	return !noted && access("/etc/ceph/ceph.conf", F_OK) && errno == ENOENT;
}

/* With the key as librados wants it. What goes wrong is said of `call`. */
static int connect_with_key(struct hc_call *call, const struct dial *who, rados_t *rados)
{
	_cleanup_(hc_secret_close) uint8_t *sealed = NULL;
	char key[SEALED_KEY_MAX + 1] = "";
	struct dial to = *who;
	const char *why;
	size_t size;
	int r = sealed_key_open(call, HC_CEPH_SECRET, HC_CEPH_ADMIN_KEY, NULL, &sealed, &size);

	if (r)
		return r;
	memcpy(key, sealed, size);
	to.key = key;
	r = dial(call->arena, &to, rados, &why);
	explicit_bzero(key, sizeof(key));
	return r ? hc_fail(call, -r, NULL, "%s", why) : 0;
}

static int connect_as_admin(struct hc_call *call, rados_t *rados)
{
	const struct wants wants = wants_of(call);
	const struct dial to = {
		.entity = "client.admin",
		.hosts = mon_hosts(call->arena, &wants),
		.fsid = wants.fsid,
		.op_s = "20",
	};

	if (!wants.fsid)
		return hc_fail(call, ENOTCONN, wants.resource, "the CephCluster has no fsid yet");
	if (!*to.hosts)
		return hc_fail(call, ENOTCONN, wants.resource,
			       "no monitor has an address in its public network");
	if (!reach(&wants))
		return hc_fail(call, ENOTCONN, NULL, "no monitor of Ceph answers at %s", to.hosts);
	return connect_with_key(call, &to, rados);
}

/* What was said last, for who comes soon after. */
static void remember(struct cluster *cluster, const struct hc_call *said, uint64_t began, int r)
{
	free(cluster->why);
	cluster->why = strdup(hc_said(said, strerror(-r)));
	cluster->error = r;
	cluster->failed = hc_now() - began < QUICK_US ? 0 : hc_now();
	if (!cluster->why)
		abort();
}

/* With the lock held. */
static int link_new(struct hc_call *call, struct cluster *cluster)
{
	struct hc_call quiet = hc_quiet(call);
	uint64_t began = hc_now();
	rados_t rados = NULL;
	struct link *link;
	int r;

	if (cluster->failed && began - cluster->failed < RETRY_US)
		return cluster->error;
	r = connect_as_admin(&quiet, &rados);
	if (r) {
		remember(cluster, &quiet, began, r);
		return r;
	}
	link = calloc(1, sizeof(*link));
	if (!link)
		abort();
	*link = (struct link){.rados = rados, .users = 1, .next = cluster->links};
	cluster->links = cluster->offered = link;
	cluster->failed = 0;
	return 0;
}

int cluster_take(struct hc_call *call, struct cluster *cluster, rados_t *rados, const char **why)
{
	int r = 0;

	*rados = NULL;
	if (!cluster_wanted(call)) {
		*why = "the manifests have no CephCluster";
		return -ENOENT;
	}
	pthread_mutex_lock(&cluster->lock);
	if (!cluster->offered)
		r = link_new(call, cluster);
	if (cluster->offered) {
		*rados = cluster->offered->rados;
		cluster->offered->users++;
	} else {
		*why = hc_strdup(call->arena, cluster->why);
	}
	pthread_mutex_unlock(&cluster->lock);
	return r == -ENOENT ? -ENOTCONN : r; /* -ENOENT is said of the manifests alone */
}

void cluster_give(struct cluster *cluster, rados_t rados, bool failed)
{
	struct link *link, *last;

	if (!rados)
		return;
	pthread_mutex_lock(&cluster->lock);
	for (link = cluster->links; link->rados != rados;)
		link = link->next; /* it is there: who gives it back is one of its users */
	if (failed && cluster->offered == link) {
		cluster->offered = NULL;
		(void)unref(cluster, link); /* the caller is one more user of it */
	}
	last = unref(cluster, link);
	pthread_mutex_unlock(&cluster->lock);
	link_end(last);
}
