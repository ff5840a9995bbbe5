/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that has the watchdog. Only it opens, feeds and closes; the others say what is to be,
 * and read what there is to say. It waits for nobody while it feeds: what it says itself goes out
 * as far as it is taken now, and while all is well it asks for no memory, of which there may be
 * none just now.
 */

#include "watchdog.h"

#include <errno.h>
#include <hcstate/thread.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>

#define SECOND UINT64_C(1000000)

enum {
	TICK_US = 500000, /* so that the end of the process is seen in time: agent/pulse.c */
	JOIN_S = 2,
	MEALS = 5, /* in the time of the device */
	MOST_PERIOD_S = 5,
	UNFIT_S = 60, /* until one is tried again that is started by trying */
	BUSY_S = 5,   /* until another is, when nobody asks for it before */
};

/* Which device is to run. */
struct aim {
	char *path; /* NULL: none */
	unsigned seconds;
};

struct watchdog {
	struct watchdog_use use;
	pthread_t thread;
	pthread_mutex_t lock; /* of these; not held while the device is asked */
	pthread_cond_t changed;
	bool stop, asked; /* asked: the aim was said, again perhaps */
	struct aim aim;   /* until the thread takes it */
	char *said;       /* NULL: all is well */
	/* the thread's own */
	struct aim want, runs; /* runs.path NULL: none is open */
	struct watchdog_device device;
	bool kept;           /* it was to stop, and did not */
	struct aim left;     /* may run since an agent before this one, and could not be had yet */
	uint64_t left_until; /* 0: it was not tried yet */
	bool hungry;         /* the loop does not turn: it is not fed */
	uint64_t meal;       /* when it was fed last; 0: not yet */
	uint64_t again;      /* not before is an unfit one tried, */
	uint64_t retry;      /* nor another without being asked for */
	char *why;           /* it could not be opened or fed; NULL: it could */
	bool news;           /* any of these has changed since it was said */
};

uint64_t watchdog_period(unsigned seconds)
{
	unsigned period = seconds / MEALS;

	if (period < 1)
		period = 1;
	return (period < MOST_PERIOD_S ? period : MOST_PERIOD_S) * SECOND;
}

bool watchdog_feeds(const struct watchdog_look *look, unsigned seconds)
{
	return look->now <= look->pulse || look->now - look->pulse <= seconds * SECOND;
}

static void drop(struct aim *aim)
{
	free(aim->path);
	*aim = (struct aim){0};
}

static void blame(struct watchdog *dog, const char *why)
{
	char *before = dog->why;

	if (hc_same(why, before))
		return;
	dog->why = hc_own(why);
	dog->news = true;
	free(before);
}

/* Each time that there is something else to say. */
static void say_it(struct watchdog *dog)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	const struct watchdog_state state = {
		.path = dog->runs.path,
		.seconds = dog->runs.seconds,
		.has = dog->device.seconds,
		.hungry = dog->hungry,
		.endless = dog->device.endless,
		.left = dog->left.path,
		.why = dog->why,
	};
	const char *now = watchdog_words(&state, arena);

	if (hc_same(now, dog->said)) /* only this thread changes it */
		return;
	pthread_mutex_lock(&dog->lock);
	free(dog->said);
	dog->said = hc_own(now);
	pthread_mutex_unlock(&dog->lock);
	if (now)
		watchdog_say_aloud(now);
	if (dog->use.ring >= 0)
		(void)eventfd_write(dog->use.ring, 1); /* fails only when it is readable already */
}

static void tell(struct watchdog *dog)
{
	if (dog->news)
		say_it(dog);
	dog->news = false;
}

/* One that does not stop is kept: closed it would reset the machine. */
static void stand_down(struct watchdog *dog)
{
	dog->news = true;
	dog->kept = !dog->use.stop(dog->use.arg, &dog->device);
	if (dog->kept) {
		dog->device.endless = true;
		return;
	}
	(void)watchdog_note_remove(); /* one that stays only has it stopped once more */
	drop(&dog->runs);
	dog->hungry = false;
	blame(dog, NULL);
}

/* Takes the aim's path. */
static void runs_now(struct watchdog *dog, struct aim aim)
{
	dog->runs = aim;
	dog->kept = false;
	dog->meal = 0;
	dog->news = true;
}

/* What an agent before this one has left is opened whatever is asked for now: to be stopped, if it
 * is not that. After twice its time (a device may wait for longer than it was told) it has reset
 * the machine or never ran, and its note need not stay for ever. */
static void take_over(struct watchdog *dog, uint64_t now)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct aim *left = &dog->left;
	const char *why = NULL;
	int r;

	if (!dog->left_until)
		dog->left_until = now + SECOND * 2 * left->seconds;
	r = dog->use.open(dog->use.arg, arena, left->path, left->seconds, &dog->device, &why);
	blame(dog, r ? why : NULL);
	if (!r) {
		runs_now(dog, *left);
		*left = (struct aim){0};
	} else if (r == -ENOTSUP || now >= dog->left_until) { /* ENOTSUP: it was stopped */
		(void)watchdog_note_remove();
		drop(left);
		dog->again = r == -ENOTSUP ? now + UNFIT_S * SECOND : 0;
		dog->news = true;
	}
}

static int start(struct watchdog *dog, struct hc_arena *arena, const char **why)
{
	const struct aim *want = &dog->want;
	int r = watchdog_note_write(want->path, want->seconds);

	if (r) {
		*why = hc_printf(arena, "%s: that it runs cannot be noted: %s", want->path,
				 strerror(-r));
		return r;
	}
	r = dog->use.open(dog->use.arg, arena, want->path, want->seconds, &dog->device, why);
	if (r)
		(void)watchdog_note_remove(); /* as above */
	return r;
}

static void stand_up(struct watchdog *dog, uint64_t now)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	const char *why = NULL;
	int r = start(dog, arena, &why);

	dog->again = r == -ENOTSUP ? now + UNFIT_S * SECOND : 0;
	dog->retry = r ? now + BUSY_S * SECOND : 0;
	blame(dog, r ? why : NULL);
	if (!r)
		runs_now(dog, (struct aim){hc_own(dog->want.path), dog->want.seconds});
}

static void feed(struct watchdog *dog, const struct watchdog_look *look)
{
	const unsigned asked = dog->runs.seconds, has = dog->device.seconds;
	bool hungry = !watchdog_feeds(look, asked);
	int r;

	dog->news |= hungry != dog->hungry;
	dog->hungry = hungry;
	if (hungry)
		return;
	if (dog->meal && look->now - dog->meal < watchdog_period(has < asked ? has : asked))
		return;
	r = dog->use.feed(dog->use.arg, &dog->device);
	dog->meal = r ? 0 : look->now;
	if (r) {
		_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();

		blame(dog, hc_printf(arena, "%s cannot be fed: %s", dog->runs.path, strerror(-r)));
	} else {
		blame(dog, NULL);
	}
}

/* Who did not stop is not asked again (the kernel says something each time) before it is wanted
 * again, and is fed on as long as the process goes on. */
static void stop_what_is_to_go(struct watchdog *dog, bool ended)
{
	bool wanted = !ended && hc_same(dog->want.path, dog->runs.path) &&
		      dog->want.seconds == dog->runs.seconds;

	if (wanted)
		dog->kept = false;
	else if (!dog->kept)
		stand_down(dog);
}

static void look(struct watchdog *dog)
{
	const struct watchdog_look now = dog->use.look(dog->use.arg);

	if (dog->left.path && !now.ended)
		take_over(dog, now.now);
	if (dog->runs.path)
		stop_what_is_to_go(dog, now.ended);
	if (!dog->runs.path && !dog->left.path && !dog->want.path)
		blame(dog, NULL);
	if (!dog->runs.path && !dog->left.path && dog->want.path && !now.ended &&
	    now.now >= dog->again && now.now >= dog->retry)
		stand_up(dog, now.now);
	if (dog->runs.path)
		feed(dog, &now);
	tell(dog);
}

static struct timespec next_look(const struct watchdog *dog)
{
	uint64_t at = hc_now() + (dog->use.tick ? dog->use.tick : TICK_US);

	return (struct timespec){
		.tv_sec = (time_t)(at / SECOND),
		.tv_nsec = (long)(at % SECOND * 1000),
	};
}

/* Takes what is to be; false: stop. */
static bool wait_for_it(struct watchdog *dog)
{
	const struct timespec until = next_look(dog);
	struct aim before = {0};
	bool stop;

	pthread_mutex_lock(&dog->lock);
	while (!dog->stop && !dog->asked && !dog->runs.path && !dog->left.path && !dog->want.path)
		(void)pthread_cond_wait(&dog->changed, &dog->lock); /* cannot fail */
	while (!dog->stop && !dog->asked)
		if (pthread_cond_timedwait(&dog->changed, &dog->lock, &until))
			break;
	if (dog->asked) {
		before = dog->want;
		dog->want = dog->aim;
		dog->aim = (struct aim){0};
		dog->asked = false;
		dog->retry = 0;
	}
	stop = dog->stop;
	pthread_mutex_unlock(&dog->lock);
	drop(&before);
	return !stop;
}

static void *run(void *data)
{
	struct watchdog *dog = data;

	while (wait_for_it(dog))
		look(dog);
	if (dog->runs.path)
		stand_down(dog);
	if (dog->runs.path) {
		dog->use.leave(dog->use.arg, &dog->device);
		drop(&dog->runs);
	}
	return NULL;
}

/* Its time has begun, so it is looked at without a wait; it is what is asked for until somebody
 * says what is. */
static void find_left(struct watchdog *dog)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	unsigned seconds = 0;
	const char *path = watchdog_note_read(arena, &seconds);

	if (!path)
		return;
	dog->left = (struct aim){hc_own(path), seconds};
	dog->aim = (struct aim){hc_own(path), seconds};
	dog->asked = true;
}

struct watchdog *watchdog_new(const struct watchdog_use *use)
{
	struct watchdog *dog = calloc(1, sizeof(*dog));

	if (!dog)
		abort();
	dog->use = *use;
	find_left(dog);
	(void)pthread_mutex_init(&dog->lock, NULL); /* these cannot fail on Linux */
	hc_cond_init(&dog->changed);
	if (hc_thread_start(&dog->thread, run, dog))
		abort(); /* out of threads */
	return dog;
}

bool watchdog_free(struct watchdog *dog)
{
	struct timespec until;

	if (!dog)
		return true;
	pthread_mutex_lock(&dog->lock);
	dog->stop = true;
	pthread_cond_broadcast(&dog->changed);
	pthread_mutex_unlock(&dog->lock);
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += JOIN_S;
	if (pthread_timedjoin_np(dog->thread, NULL, &until)) {
		(void)pthread_detach(dog->thread);
		return false; /* it hangs in the device and may still come back to its memory */
	}
	drop(&dog->aim);
	drop(&dog->want);
	drop(&dog->left);
	free(dog->said);
	free(dog->why);
	(void)pthread_cond_destroy(&dog->changed);
	(void)pthread_mutex_destroy(&dog->lock);
	free(dog);
	return true;
}

void watchdog_set(struct watchdog *dog, const char *path, unsigned seconds)
{
	char *given = hc_own(path), *before;

	pthread_mutex_lock(&dog->lock);
	before = dog->aim.path;
	dog->aim = (struct aim){.path = given, .seconds = seconds};
	dog->asked = true;
	pthread_cond_broadcast(&dog->changed);
	pthread_mutex_unlock(&dog->lock);
	free(before);
}

void watchdog_said(struct watchdog *dog, struct hc_arena *arena, struct hc_strings *said)
{
	pthread_mutex_lock(&dog->lock);
	if (dog->said)
		hc_strings_add(arena, said, hc_strdup(arena, dog->said));
	pthread_mutex_unlock(&dog->lock);
}
