/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guard. Each VM is suspended once in a time without contact: who resumes it in between, a
 * person, meant that.
 */

#include "guard.h"

#include <errno.h>
#include <hcstate/thread.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	TICK_US = 250000,
	JOIN_S = 2,
};

/* A VM that it guards. */
struct ward {
	char *uuid, *name;
	bool suspended; /* in this time without contact */
	uint64_t left;  /* hc_now() since when it is said to be elsewhere; 0: it is not */
};

struct guard {
	struct guard_use use;
	pthread_t thread;
	pthread_mutex_t lock; /* of all below; not held while somebody is asked */
	pthread_cond_t changed;
	bool stop;
	struct guard_limits limits;
	struct ward *v;
	size_t n;
};

enum guard_verdict guard_judge(const struct guard_contact *contact,
			       const struct guard_limits *limits, uint64_t now)
{
	uint64_t silence = now > contact->beat ? now - contact->beat : 0;
	uint64_t cut_off = contact->quorate || now < contact->since ? 0 : now - contact->since;

	if (silence >= limits->beat || (!contact->quorate && cut_off >= limits->quorum))
		return GUARD_ALONE;
	return contact->quorate ? GUARD_CALM : GUARD_WAITS;
}

static void drop(struct ward *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(v[i].uuid);
		free(v[i].name);
	}
	free(v);
}

static const struct ward *find(const struct ward *v, size_t n, const char *uuid)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(v[i].uuid, uuid))
			return &v[i];
	return NULL;
}

static void add(struct guard *guard, const char *uuid, const char *name, const struct ward *was)
{
	guard->v[guard->n++] = (struct ward){
		.uuid = hc_own(uuid),
		.name = hc_own(name),
		.suspended = was && was->suspended,
	};
}

/* Who is said to be elsewhere may have been taken from here just now, and this node is the last to
 * learn that it is alone: he is kept until there has been contact for as long as that takes. */
static void keep_for_now(struct guard *guard, const struct ward *was, bool calm, uint64_t now)
{
	uint64_t left = was->left && calm ? was->left : now;

	if (find(guard->v, guard->n, was->uuid) || now - left >= guard->limits.beat)
		return;
	add(guard, was->uuid, was->name, was);
	guard->v[guard->n - 1].left = left;
}

void guard_set(struct guard *guard, const struct hc_map *vms, const struct guard_limits *limits)
{
	struct guard_contact contact = guard->use.contact(guard->use.arg);
	uint64_t now = hc_now();
	struct ward *before;
	size_t n;
	bool calm;

	pthread_mutex_lock(&guard->lock);
	calm = guard_judge(&contact, limits, now) == GUARD_CALM;
	guard->limits = *limits;
	before = guard->v;
	n = guard->n;
	guard->v = calloc(vms->n + n + 1, sizeof(*guard->v));
	if (!guard->v)
		abort();
	guard->n = 0;
	for (size_t i = 0; i < vms->n; i++)
		add(guard, vms->v[i].key, vms->v[i].value, find(before, n, vms->v[i].key));
	for (size_t i = 0; i < n; i++)
		keep_for_now(guard, &before[i], calm, now);
	pthread_cond_broadcast(&guard->changed);
	pthread_mutex_unlock(&guard->lock);
	drop(before, n);
}

/* With the lock held. */
static void calm_down(struct guard *guard)
{
	for (size_t i = 0; i < guard->n; i++)
		guard->v[i].suspended = false;
}

/* Copies the next that is to be suspended and was not; gives whether there is one. */
static bool next_ward(struct guard *guard, size_t *at, struct ward *ward)
{
	bool any = false;

	pthread_mutex_lock(&guard->lock);
	for (; !guard->stop && *at < guard->n && !any; ++*at) {
		any = !guard->v[*at].suspended;
		if (any)
			*ward = (struct ward){
				.uuid = hc_own(guard->v[*at].uuid),
				.name = hc_own(guard->v[*at].name),
			};
	}
	pthread_mutex_unlock(&guard->lock);
	return any;
}

static void note(struct guard *guard, const char *uuid)
{
	pthread_mutex_lock(&guard->lock);
	for (size_t i = 0; i < guard->n; i++)
		if (!strcmp(guard->v[i].uuid, uuid))
			guard->v[i].suspended = true;
	pthread_mutex_unlock(&guard->lock);
}

static void suspend_all(struct guard *guard)
{
	struct ward ward;
	size_t at = 0;

	while (next_ward(guard, &at, &ward)) {
		if (!guard->use.suspend(guard->use.arg, ward.uuid, ward.name))
			note(guard, ward.uuid);
		free(ward.uuid);
		free(ward.name);
	}
}

static void look(struct guard *guard)
{
	struct guard_contact contact = guard->use.contact(guard->use.arg);
	enum guard_verdict verdict;

	pthread_mutex_lock(&guard->lock);
	verdict = guard_judge(&contact, &guard->limits, hc_now());
	if (verdict == GUARD_CALM)
		calm_down(guard);
	pthread_mutex_unlock(&guard->lock);
	if (verdict == GUARD_ALONE)
		suspend_all(guard);
}

/* false: stop. */
static bool wait_for_it(struct guard *guard)
{
	uint64_t at = hc_now() + TICK_US;
	const struct timespec until = {
		.tv_sec = (time_t)(at / 1000000),
		.tv_nsec = (long)(at % 1000000 * 1000),
	};
	bool stop;

	pthread_mutex_lock(&guard->lock);
	while (!guard->stop && !guard->n)
		(void)pthread_cond_wait(&guard->changed, &guard->lock); /* cannot fail */
	while (!guard->stop && guard->n)
		if (pthread_cond_timedwait(&guard->changed, &guard->lock, &until))
			break;
	stop = guard->stop;
	pthread_mutex_unlock(&guard->lock);
	return !stop;
}

static void *run(void *data)
{
	struct guard *guard = data;

	while (wait_for_it(guard))
		look(guard);
	return NULL;
}

struct guard *guard_new(const struct guard_use *use)
{
	struct guard *guard = calloc(1, sizeof(*guard));

	if (!guard)
		abort();
	guard->use = *use;
	(void)pthread_mutex_init(&guard->lock, NULL); /* these cannot fail on Linux */
	hc_cond_init(&guard->changed);
	if (hc_thread_start(&guard->thread, run, guard))
		abort(); /* out of threads */
	return guard;
}

bool guard_free(struct guard *guard)
{
	struct timespec until;

	if (!guard)
		return true;
	pthread_mutex_lock(&guard->lock);
	guard->stop = true;
	pthread_cond_broadcast(&guard->changed);
	pthread_mutex_unlock(&guard->lock);
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += JOIN_S;
	if (pthread_timedjoin_np(guard->thread, NULL, &until)) {
		(void)pthread_detach(guard->thread);
		return false; /* it hangs in libvirt and may still come back to its memory */
	}
	drop(guard->v, guard->n);
	(void)pthread_cond_destroy(&guard->changed);
	(void)pthread_mutex_destroy(&guard->lock);
	free(guard);
	return true;
}

void guard_said(struct guard *guard, struct hc_arena *arena, struct hc_strings *said)
{
	pthread_mutex_lock(&guard->lock);
	for (size_t i = 0; i < guard->n; i++)
		if (guard->v[i].suspended)
			hc_strings_add(arena, said,
				       hc_printf(arena,
						 "%s was suspended if it ran here: there is no "
						 "contact to the cluster",
						 guard->v[i].name));
	pthread_mutex_unlock(&guard->lock);
}
