/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that listens to corosync's quorum service. Without a connection this node is alone, as
 * far as it can tell.
 */

#include "view.h"

#include <corosync/corotypes.h>
#include <corosync/quorum.h>
#include <hcstate/thread.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <time.h>

enum {
	RETRY_MS = 500, /* until corosync runs */
	JOIN_S = 2,
	LONGEST_MS = 60 * 1000,
};

struct view {
	int ring, wake;
	pthread_t thread;
	pthread_mutex_t lock; /* of all below; never held while corosync is asked */
	bool stop;
	struct sighting seen;
	uint64_t at; /* when to ring; 0: never */
	void (*tell)(void *arg, bool apart);
	void *arg;
	/* the thread's own */
	quorum_handle_t quorum; /* 0: not connected */
	int fd;
};

static void ring(int fd)
{
	(void)eventfd_write(fd, 1); /* fails only when it is readable already */
}

static void take(struct view *view, bool quorate, bool apart, const uint32_t *members, size_t n)
{
	bool news;

	pthread_mutex_lock(&view->lock);
	news = sighting_take(&view->seen, quorate, members, n, hc_now());
	news |= sighting_part(&view->seen, apart);
	if (news && view->tell)
		view->tell(view->arg, view->seen.apart);
	pthread_mutex_unlock(&view->lock);
	if (news)
		ring(view->ring);
}

static void notified(quorum_handle_t handle, uint32_t quorate, uint64_t ring_seq, uint32_t n,
		     uint32_t *members)
{
	const void *context;

	(void)ring_seq;
	if (quorum_context_get(handle, &context) == CS_OK)
		take(*(struct view *const *)context, quorate, false, members, n);
}

/* What the members do nobody can tell any more; that they are gone is not said. */
static void hang_up(struct view *view)
{
	uint32_t members[VIEW_MAX];
	size_t n = 0;

	if (view->quorum)
		(void)HC_COROSYNC(quorum_finalize(view->quorum)); /* it goes either way */
	view->quorum = 0;
	for (size_t i = 0; i < view->seen.n; i++) /* only this thread changes it */
		if (!view->seen.v[i].gone)
			members[n++] = view->seen.v[i].id;
	take(view, false, true, members, n);
}

static cs_error_t connect_quorum(struct view *view, struct view **context)
{
	quorum_callbacks_t callbacks = {.quorum_notify_fn = notified};
	uint32_t type;
	cs_error_t r = HC_COROSYNC(quorum_initialize(&view->quorum, &callbacks, &type));

	if (r != CS_OK) {
		view->quorum = 0;
		return r;
	}
	r = quorum_context_set(view->quorum, context);
	if (r == CS_OK)
		r = quorum_fd_get(view->quorum, &view->fd);
	return r == CS_OK ? quorum_trackstart(view->quorum, CS_TRACK_CURRENT | CS_TRACK_CHANGES)
			  : r;
}

static int patience(const struct view *view, uint64_t at)
{
	uint64_t now = hc_now(), left = at > now ? (at - now + 999) / 1000 : 0;

	if (!view->quorum && (!at || left > RETRY_MS))
		return RETRY_MS;
	return at && left < LONGEST_MS ? (int)left : LONGEST_MS;
}

/* Gives whether to go on. */
static bool wait_for(struct view *view)
{
	struct pollfd fds[] = {
		{.fd = view->wake, .events = POLLIN},
		{.fd = view->quorum ? view->fd : -1, .events = POLLIN},
	};
	eventfd_t value;
	uint64_t at;
	bool stop, due;

	pthread_mutex_lock(&view->lock);
	at = view->at;
	pthread_mutex_unlock(&view->lock);
	(void)poll(fds, HC_COUNT(fds), patience(view, at)); /* each is looked at anyway */
	(void)eventfd_read(view->wake, &value);             /* or there was nothing to read */
	pthread_mutex_lock(&view->lock);
	due = view->at && hc_now() >= view->at;
	if (due)
		view->at = 0;
	stop = view->stop;
	pthread_mutex_unlock(&view->lock);
	if (due)
		ring(view->ring);
	return !stop;
}

static void *run(void *data)
{
	struct view *view = data, *context = view;

	do {
		cs_error_t r = view->quorum ? quorum_dispatch(view->quorum, CS_DISPATCH_ALL)
					    : connect_quorum(view, &context);

		if (r != CS_OK && r != CS_ERR_TRY_AGAIN)
			hang_up(view);
	} while (wait_for(view));
	if (view->quorum)
		(void)HC_COROSYNC(quorum_finalize(view->quorum));
	return NULL;
}

struct view *view_new(int fd)
{
	struct view *view = calloc(1, sizeof(*view));

	if (!view)
		abort(); /* memory has run out */
	view->ring = fd;
	view->seen.since =
		hc_now(); /* until corosync says something this node is alone since now */
	view->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	(void)pthread_mutex_init(&view->lock, NULL); /* cannot fail on Linux */
	if (view->wake < 0 || hc_thread_start(&view->thread, run, view))
		abort(); /* out of files or threads */
	return view;
}

bool view_free(struct view *view)
{
	struct timespec until;

	if (!view)
		return true;
	pthread_mutex_lock(&view->lock);
	view->stop = true;
	pthread_mutex_unlock(&view->lock);
	ring(view->wake);
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += JOIN_S;
	if (pthread_timedjoin_np(view->thread, NULL, &until)) {
		(void)pthread_detach(view->thread);
		return false;
	}
	(void)pthread_mutex_destroy(&view->lock);
	(void)close(view->wake);
	free(view);
	return true;
}

struct sighting view_see(struct view *view)
{
	struct sighting seen;

	pthread_mutex_lock(&view->lock);
	seen = view->seen;
	pthread_mutex_unlock(&view->lock);
	return seen;
}

void view_tell(struct view *view, void (*tell)(void *arg, bool apart), void *arg)
{
	pthread_mutex_lock(&view->lock);
	view->tell = tell;
	view->arg = arg;
	if (tell)
		tell(arg, view->seen.apart);
	pthread_mutex_unlock(&view->lock);
}

void view_ring_at(struct view *view, uint64_t at)
{
	bool sooner;

	pthread_mutex_lock(&view->lock);
	sooner = at && (!view->at || at < view->at);
	view->at = at;
	pthread_mutex_unlock(&view->lock);
	if (sooner)
		ring(view->wake);
}
