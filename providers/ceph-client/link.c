/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several threads use one librados handle at once, so a handle through which nobody answered is
 * only put aside; whoever gives it back last ends it. A cluster that is dead costs its timeout once
 * in two seconds, not once for each question: in between the answer is the last reason, at once.
 *
 * The lock is held while connecting, as all who come meanwhile want that very connection. It is not
 * held while a handle ends, which waits for what is under way.
 */

#include "link.h"

#include <pthread.h>
#include <string.h>

#include <hcstate/ceph_cluster.h>

#include "dial.h"
#include "reach.h"
#include "sealed_key.h"
#include "wants.h"

enum {
	RETRY_US = 2000000, /* after a failure that took time: no attempt before */
	QUICK_US = 100000,  /* what took less costs nothing to try again */
};

/* One librados handle. */
struct link {
	rados_t rados;
	unsigned users; /* the links themselves are one of them while they offer it */
	struct link *next;
};

struct links {
	struct link_use use;
	pthread_mutex_t lock;
	struct link *list;    /* all that somebody uses */
	struct link *offered; /* one of them, or NULL */
	uint64_t failed;      /* when connecting failed; 0: it did not, or it is to be tried */
	int error;            /* ... with what */
	char *why;            /* ... in words */
};

struct links *links_new(const struct link_use *use)
{
	struct links *links = calloc(1, sizeof(*links));

	if (!links)
		abort(); /* memory has run out */
	links->use = *use;
	(void)pthread_mutex_init(&links->lock, NULL); /* cannot fail on Linux */
	return links;
}

/* With the lock held: takes one user away; gives the link if it was the last, off the list. */
static struct link *unref(struct links *links, struct link *link)
{
	struct link **at = &links->list;

	if (--link->users)
		return NULL;
	while (*at != link)
		at = &(*at)->next;
	*at = link->next;
	return link;
}

/* Without the lock. */
static void link_end(const struct links *links, struct link *link)
{
	if (!link)
		return;
	if (links->use.closes)
		links->use.closes(link->rados, links->use.arg);
	rados_shutdown(link->rados);
	free(link);
}

bool links_free(struct links *links)
{
	struct link *last = NULL;
	bool used;

	if (!links)
		return true;
	pthread_mutex_lock(&links->lock);
	if (links->offered)
		last = unref(links, links->offered);
	links->offered = NULL;
	used = links->list;
	pthread_mutex_unlock(&links->lock);
	link_end(links, last);
	if (used)
		return false;
	(void)pthread_mutex_destroy(&links->lock);
	free(links->why);
	free(links);
	return true;
}

/* With the key as librados wants it. */
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

static int connect_as_admin(struct hc_call *call, const char *op_s, rados_t *rados)
{
	const struct wants wants = wants_of(call);
	const struct dial to = {
		.entity = "client.admin",
		.hosts = mon_hosts(call->arena, &wants),
		.fsid = wants.fsid,
		.op_s = op_s,
	};

	if (!wants.resource)
		return hc_fail(call, ENOENT, NULL, "the manifests have no CephCluster");
	if (!wants.fsid)
		return hc_fail(call, ENOENT, wants.resource,
			       "the CephCluster has no fsid: hcstate secrets init makes one");
	if (!*to.hosts)
		return hc_fail(call, ENOENT, wants.resource,
			       "no monitor has an address in its public network");
	if (!reach(&wants))
		return hc_fail(call, ENOTCONN, NULL, "no monitor answers at %s", to.hosts);
	return connect_with_key(call, &to, rados);
}

/* What was said last, for who comes soon after. */
static void remember(struct links *links, const struct hc_call *said, uint64_t began, int r)
{
	free(links->why);
	links->why = strdup(hc_said(said, strerror(-r)));
	links->error = r;
	links->failed = hc_now() - began < QUICK_US ? 0 : hc_now();
	if (!links->why)
		abort();
}

/* With the lock held. */
static int link_new(struct hc_call *call, struct links *links)
{
	uint64_t began = hc_now();
	rados_t rados = NULL;
	struct link *link;
	int r;

	if (links->failed && began - links->failed < RETRY_US)
		return hc_fail(call, -links->error, NULL, "%s", links->why);
	r = connect_as_admin(call, links->use.op_s, &rados);
	if (r) {
		remember(links, call, began, r);
		return r;
	}
	link = calloc(1, sizeof(*link));
	if (!link)
		abort();
	*link = (struct link){.rados = rados, .users = 1, .next = links->list};
	links->list = links->offered = link;
	links->failed = 0;
	if (links->use.opened)
		links->use.opened(rados, links->use.arg);
	return 0;
}

int links_take(struct hc_call *call, struct links *links, rados_t *rados)
{
	int r = 0;

	*rados = NULL;
	pthread_mutex_lock(&links->lock);
	if (!links->offered)
		r = link_new(call, links);
	if (links->offered) {
		*rados = links->offered->rados;
		links->offered->users++;
	}
	pthread_mutex_unlock(&links->lock);
	return r;
}

void links_give(struct links *links, rados_t rados, bool failed)
{
	struct link *link, *last;

	pthread_mutex_lock(&links->lock);
	for (link = links->list; link->rados != rados;)
		link = link->next; /* it is there: who gives it back is one of its users */
	if (failed && links->offered == link) {
		links->offered = NULL;
		(void)unref(links, link); /* the caller is one more user of it */
	}
	last = unref(links, link);
	pthread_mutex_unlock(&links->lock);
	link_end(links, last);
}
