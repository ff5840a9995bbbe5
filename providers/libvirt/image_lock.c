/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock of an Image. The holder counts from before it asked, by its own clock, and stops before
 * the OSD's count is over; so two never write the same image, unless a write that was sent before
 * arrives after it: those go to an image under another name than what is used in the end.
 */

#include "image_lock.h"

#include <errno.h>
#include <hcstate/thread.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#define POOL "hcstate"
#define NAMESPACE "volume"
#define LOCK "hcstate"

enum {
	HELD_S = 30,
	RENEW_S = 8,
	SURE_US = 25000000, /* what we count on, of HELD_S */
	RANDOM = 16,        /* bytes */
	LOCKERS = 4096,     /* bytes of their names */
};

struct image_lock {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	pthread_t thread;
	bool stop;
	uint64_t until; /* hc_now() */
	rados_ioctx_t io;
	char *object;
	char *cookie; /* "pve1 RANDOM" */
};

static int ask(struct image_lock *lock)
{
	struct timeval duration = {.tv_sec = HELD_S};

	return rados_lock_exclusive(lock->io, lock->object, LOCK, lock->cookie, "", &duration,
				    LIBRADOS_LOCK_FLAG_MAY_RENEW);
}

/* With the mutex held: false when it is to end. */
static bool rest(struct image_lock *lock)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += RENEW_S;
	while (!lock->stop)
		if (pthread_cond_timedwait(&lock->changed, &lock->mutex, &until))
			break;
	return !lock->stop;
}

static void *keep(void *data)
{
	struct image_lock *lock = data;

	pthread_mutex_lock(&lock->mutex);
	while (rest(lock)) {
		uint64_t now = hc_now();
		int r;

		pthread_mutex_unlock(&lock->mutex);
		r = ask(lock);
		pthread_mutex_lock(&lock->mutex);
		if (!r)
			lock->until = now + SURE_US;
	}
	pthread_mutex_unlock(&lock->mutex);
	return NULL;
}

static struct image_lock *lock_new(rados_ioctx_t io, const char *name, const char *node)
{
	struct image_lock *lock = calloc(1, sizeof(*lock));
	char hex[2 * RANDOM + 1];
	uint8_t random[RANDOM];

	if (!lock || asprintf(&lock->object, "image.%s", name) < 0)
		abort(); /* memory has run out */
	lock->io = io;
	randombytes_buf(random, sizeof(random));
	(void)sodium_bin2hex(hex, sizeof(hex), random, sizeof(random));
	if (asprintf(&lock->cookie, "%s %s", node, hex) < 0)
		abort();
	(void)pthread_mutex_init(&lock->mutex, NULL); /* these cannot fail on Linux */
	hc_cond_init(&lock->changed);
	return lock;
}

static struct image_lock *lock_end(struct image_lock *lock)
{
	rados_ioctx_destroy(lock->io);
	(void)pthread_cond_destroy(&lock->changed);
	(void)pthread_mutex_destroy(&lock->mutex);
	free(lock->object);
	free(lock->cookie);
	free(lock);
	return NULL;
}

/* The cookie begins with its holder's node. */
static const char *who(struct hc_arena *arena, struct image_lock *lock)
{
	char tag[64], clients[LOCKERS], cookies[LOCKERS], addresses[LOCKERS];
	size_t tags = sizeof(tag), nclient = LOCKERS, ncookie = LOCKERS, naddress = LOCKERS;
	int exclusive;
	ssize_t n = rados_list_lockers(lock->io, lock->object, LOCK, &exclusive, tag, &tags,
				       clients, &nclient, cookies, &ncookie, addresses, &naddress);

	return n > 0 ? hc_strndup(arena, cookies, strcspn(cookies, " ")) : "another node";
}

int image_lock_take(struct hc_arena *arena, rados_t rados, const char *name, const char *node,
		    struct image_lock **lock, const char **holder)
{
	struct image_lock *made;
	rados_ioctx_t io;
	int r = rados_ioctx_create(rados, POOL, &io);

	if (r < 0)
		return r;
	rados_ioctx_set_namespace(io, NAMESPACE);
	made = lock_new(io, name, node);
	made->until = hc_now() + SURE_US;
	r = ask(made);
	if (r == -EBUSY)
		*holder = who(arena, made);
	if (!r) {
		r = hc_thread_start(&made->thread, keep, made);
		if (r)
			(void)rados_unlock(made->io, made->object, LOCK,
					   made->cookie); /* else it ends by itself */
	}
	if (r)
		(void)lock_end(made);
	else
		*lock = made;
	return r;
}

bool image_lock_held(struct image_lock *lock)
{
	bool held;

	pthread_mutex_lock(&lock->mutex);
	held = hc_now() < lock->until;
	pthread_mutex_unlock(&lock->mutex);
	return held;
}

struct image_lock *image_lock_free(struct image_lock *lock)
{
	if (!lock)
		return NULL;
	pthread_mutex_lock(&lock->mutex);
	lock->stop = true;
	pthread_cond_broadcast(&lock->changed);
	pthread_mutex_unlock(&lock->mutex);
	(void)pthread_join(lock->thread, NULL); /* one RADOS operation at most, which has an end */
	(void)rados_unlock(lock->io, lock->object, LOCK, lock->cookie); /* else it ends by itself */
	return lock_end(lock);
}
