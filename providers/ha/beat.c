/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The beat's thread. It shares with the rest of the process what stands under the lock, and never
 * holds that while the storage is asked: a storage that hangs holds up nobody but this thread.
 */

#include "beat.h"

#include <errno.h>
#include <hcstate/thread.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>

enum {
	PERIOD_US = 1000000,
	JOIN_S = 4,      /* one operation waits three seconds at most */
	QUICK = 4,       /* times as fast as usual ... */
	QUICK_ONES = 12, /* ... for so many beats */
	GIVE_UP = 5, /* answers in a row that did not come: another connection may fare better */
};

struct beat {
	char *node;
	int ring;
	pthread_t thread;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t changed;
	bool stop;
	uint64_t period;
	bool hurry;     /* the next beat is due at once */
	unsigned quick; /* how many are quick ones */
	bool apart;
	bool used;               /* there is a store */
	struct beat_store store; /* only the thread asks it */
	uint64_t last;
	struct beats heard;
	/* the thread's own */
	enum ha_leaving (*leaving)(void);
	enum beat_says says;
	uint64_t seq, number;
	unsigned failed; /* rounds in a row */
};

static void ring(const struct beat *beat)
{
	(void)eventfd_write(beat->ring, 1); /* fails only when it is readable already */
}

/* Another one is worth a try: this one was shut out, or it says nothing any more. */
static void give_back(struct beat *beat, bool failed)
{
	struct beat_store store;

	pthread_mutex_lock(&beat->lock);
	store = beat->store;
	beat->used = false;
	pthread_mutex_unlock(&beat->lock);
	store.give(store.arg, failed);
	beat->failed = 0;
}

static int write_beat(struct beat *beat, struct hc_arena *arena, enum beat_says says)
{
	struct beat_word word = {.seq = ++beat->seq, .says = says};
	uint64_t began = hc_now();
	int r;

	pthread_mutex_lock(&beat->lock);
	word.apart = beat->apart;
	pthread_mutex_unlock(&beat->lock);
	r = beat->store.write(beat->store.arg, beat->node, beat_write(arena, &word));
	if (r)
		return r;
	pthread_mutex_lock(&beat->lock);
	beat->last = began;
	pthread_mutex_unlock(&beat->lock);
	return 0;
}

static int listen_once(struct beat *beat, struct hc_arena *arena, bool *news)
{
	struct hc_map texts = {0};
	uint64_t number = beat->number;
	int r = beat->store.read(beat->store.arg, arena, &texts);

	if (!r && beat->store.news)
		r = beat->store.news(beat->store.arg, &number);
	if (r)
		return r;
	pthread_mutex_lock(&beat->lock);
	beat->heard.period = beat->period;
	*news |= beats_take(&beat->heard, &texts, hc_now());
	pthread_mutex_unlock(&beat->lock);
	*news |= number != beat->number;
	beat->number = number;
	return 0;
}

static enum beat_says now_says(const struct beat *beat)
{
	switch (beat->leaving ? beat->leaving() : HA_STAYS) {
	case HA_STAYS:
		break;
	case HA_REBOOTS:
		return BEAT_REBOOTS;
	case HA_POWERS_OFF:
		return BEAT_POWERS_OFF;
	}
	return BEAT_STAYS;
}

static void beat_once(struct beat *beat)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	enum beat_says says = now_says(beat);
	bool news = says != beat->says;
	int r = write_beat(beat, arena, says);

	beat->says = says;
	if (!r)
		r = listen_once(beat, arena, &news);
	beat->failed = r ? beat->failed + 1 : 0;
	/* no pool yet: it is not the connection's fault */
	if (r && ((r != -ETIMEDOUT && r != -ENOENT) || beat->failed >= GIVE_UP)) {
		give_back(beat, true);
		news = true;
	}
	if (news)
		ring(beat);
}

/* Until the next beat is due, or there is something else to say. false: stop. */
static bool wait_for_it(struct beat *beat)
{
	uint64_t at;
	struct timespec until;
	bool stop;

	pthread_mutex_lock(&beat->lock);
	at = hc_now() + (beat->quick ? beat->period / QUICK : beat->period);
	beat->quick -= beat->quick > 0;
	until = (struct timespec){
		.tv_sec = (time_t)(at / 1000000),
		.tv_nsec = (long)(at % 1000000 * 1000),
	};
	while (!beat->stop && !beat->hurry)
		if (pthread_cond_timedwait(&beat->changed, &beat->lock, &until))
			break;
	while (!beat->stop && !beat->used)
		(void)pthread_cond_wait(&beat->changed, &beat->lock); /* cannot fail */
	beat->hurry = false;
	stop = beat->stop;
	pthread_mutex_unlock(&beat->lock);
	return !stop;
}

bool beat_wants_store(struct beat *beat)
{
	bool wants;

	pthread_mutex_lock(&beat->lock);
	wants = !beat->used;
	pthread_mutex_unlock(&beat->lock);
	return wants;
}

static void say_goodbye(struct beat *beat)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	enum beat_says says = now_says(beat);

	if (beat_wants_store(beat))
		return;
	if (!beat->failed) /* else it would only hang */
		(void)write_beat(beat, arena, says == BEAT_STAYS ? BEAT_STOPPED : says);
	give_back(beat, false);
}

static void *run(void *data)
{
	struct beat *beat = data;

	while (wait_for_it(beat))
		beat_once(beat);
	say_goodbye(beat);
	return NULL;
}

struct beat *beat_new(const char *node, int fd, enum ha_leaving (*leaving)(void))
{
	struct beat *beat = calloc(1, sizeof(*beat));

	if (!beat)
		abort(); /* memory has run out */
	beat->node = strdup(node);
	beat->ring = fd;
	beat->period = PERIOD_US;
	beat->last = hc_now();
	beat->leaving = leaving;
	/* one that begins anew must not repeat the number of the one before */
	beat->seq = hc_wall_us() / 1000;
	(void)pthread_mutex_init(&beat->lock, NULL); /* these cannot fail on Linux */
	hc_cond_init(&beat->changed);
	if (!beat->node || hc_thread_start(&beat->thread, run, beat))
		abort(); /* out of memory or threads */
	return beat;
}

bool beat_free(struct beat *beat)
{
	struct timespec until;

	if (!beat)
		return true;
	pthread_mutex_lock(&beat->lock);
	beat->stop = true;
	pthread_cond_broadcast(&beat->changed);
	pthread_mutex_unlock(&beat->lock);
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += JOIN_S;
	if (pthread_timedjoin_np(beat->thread, NULL, &until)) {
		(void)pthread_detach(beat->thread);
		return false; /* it hangs in the storage and may still come back to its memory */
	}
	beats_done(&beat->heard);
	(void)pthread_cond_destroy(&beat->changed);
	(void)pthread_mutex_destroy(&beat->lock);
	free(beat->node);
	free(beat);
	return true;
}

void beat_set_apart(struct beat *beat, bool apart)
{
	pthread_mutex_lock(&beat->lock);
	beat->apart = apart;
	beat->hurry = true;
	beat->quick = QUICK_ONES;
	pthread_cond_broadcast(&beat->changed);
	pthread_mutex_unlock(&beat->lock);
}

void beat_set_period(struct beat *beat, uint64_t period)
{
	pthread_mutex_lock(&beat->lock);
	beat->period = period;
	pthread_mutex_unlock(&beat->lock);
}

void beat_use_store(struct beat *beat, const struct beat_store *store)
{
	pthread_mutex_lock(&beat->lock);
	beat->store = *store;
	beat->used = true;
	beat->hurry = true; /* the first beat at once */
	pthread_cond_broadcast(&beat->changed);
	pthread_mutex_unlock(&beat->lock);
}

uint64_t beat_last(struct beat *beat)
{
	uint64_t last;

	pthread_mutex_lock(&beat->lock);
	last = beat->last;
	pthread_mutex_unlock(&beat->lock);
	return last;
}

struct beats beat_heard(struct beat *beat)
{
	struct beats copy;

	pthread_mutex_lock(&beat->lock);
	copy = beat->heard;
	copy.v = calloc(copy.n + 1, sizeof(*copy.v));
	if (!copy.v)
		abort();
	if (copy.n)
		memcpy(copy.v, beat->heard.v, copy.n * sizeof(*copy.v));
	pthread_mutex_unlock(&beat->lock);
	return copy;
}
