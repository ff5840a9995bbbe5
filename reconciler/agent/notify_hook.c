/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A webhook's queue and its thread. Each has its own, so that one that hangs keeps nobody else
 * waiting; within one, events arrive in the order in which they happened. What cannot be delivered
 * is tried again until it is too old, counted from when it happened: after a long silence of the
 * other side the whole queue is too old, and is not worked off for hours.
 *
 * The thread sleeps in poll(), with a timeout that needs no clock. A transfer that does not end
 * when the agent does is left alone with the hook, which then belongs to its thread.
 */

#include "notify_hook.h"

#include <errno.h>
#include <hcstate/thread.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>

#include "notify_send.h"

enum {
	QUEUE = 256,
};

const struct notify_pace notify_usual_pace = {
	.transfer = UINT64_C(10) * 1000000,
	.first = 1000000,
	.longest = UINT64_C(60) * 1000000,
	.patience = UINT64_C(600) * 1000000,
	.complain = UINT64_C(60) * 1000000,
	.flush = 1000000,
	.stop = 1000000,
};

struct item {
	struct json_object *body; /* nobody else's: its count is not for two threads */
	uint64_t posted;          /* hc_now() */
};

struct hook {
	struct hc_arena *arena;
	struct notify_target target;
	struct hc_strings events;
	struct notify_pace pace;
	pthread_t thread;
	int wake, ended; /* eventfd */
	atomic_bool abort;
	uint64_t complained; /* the thread's own: when; 0: never */

	pthread_mutex_t lock; /* for all below */
	struct item queue[QUEUE];
	size_t first, n;
	uint64_t lost; /* events of which the other side knows nothing; said with the next */
	bool stop, done, abandoned;
	notify_complain_fn *complain;
	void *arg;
};

static struct hook *release(struct hook *hook)
{
	for (size_t i = 0; i < hook->n; i++)
		json_object_put(hook->queue[(hook->first + i) % QUEUE].body);
	hc_closep(&hook->wake);
	hc_closep(&hook->ended);
	(void)pthread_mutex_destroy(&hook->lock);
	hc_arena_free(hook->arena); /* it is in there */
	return NULL;
}

static void raise_flag(int fd)
{
	(void)eventfd_write(fd, 1); /* full means it is raised */
}

static void lower_flag(int fd)
{
	eventfd_t count;

	(void)eventfd_read(fd, &count); /* empty means it is lowered */
}

/* Whether it was raised in time. */
static bool wait_flag(int fd, uint64_t us)
{
	struct pollfd one = {.fd = fd, .events = POLLIN};
	uint64_t ms = us / 1000 + (us % 1000 != 0);
	int n;

	do
		n = poll(&one, 1, us == UINT64_MAX || ms > INT_MAX ? -1 : (int)ms);
	while (n < 0 && errno == EINTR); /* a little longer is no harm */
	return n > 0;
}

static void complain(struct hook *hook, const char *what, const char *why)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = NULL;
	uint64_t now = hc_now();

	if (hook->complained && now - hook->complained < hook->pace.complain)
		return;
	hook->complained = now;
	arena = hc_arena_new();
	(void)pthread_mutex_lock(&hook->lock);
	if (!hook->abandoned)
		hook->complain(hook->arg,
			       hc_printf(arena, "webhook %s %s: %s", hook->target.name, what, why));
	(void)pthread_mutex_unlock(&hook->lock);
}

static bool must_stop(struct hook *hook)
{
	bool stop;

	(void)pthread_mutex_lock(&hook->lock);
	stop = hook->stop;
	(void)pthread_mutex_unlock(&hook->lock);
	return stop;
}

/* False: it was woken because all ends. */
static bool rest(struct hook *hook, uint64_t us)
{
	uint64_t until = hc_now() + us;

	for (uint64_t now = hc_now(); now < until; now = hc_now()) {
		if (must_stop(hook))
			return false;
		if (wait_flag(hook->wake, until - now))
			lower_flag(hook->wake);
	}
	return true;
}

static bool take(struct hook *hook, struct item *item)
{
	bool there;

	(void)pthread_mutex_lock(&hook->lock);
	there = hook->n > 0;
	if (there) {
		*item = hook->queue[hook->first];
		hook->first = (hook->first + 1) % QUEUE;
		hook->n--;
	}
	(void)pthread_mutex_unlock(&hook->lock);
	return there;
}

/* False: there will be none. */
static bool next(struct hook *hook, struct item *item)
{
	while (!atomic_load(&hook->abort)) {
		if (take(hook, item))
			return true;
		if (must_stop(hook))
			return false;
		if (wait_flag(hook->wake, UINT64_MAX))
			lower_flag(hook->wake);
	}
	return false;
}

/* Adds to what was lost, or takes from it what is known now. */
static void count_lost(struct hook *hook, uint64_t more, uint64_t known)
{
	(void)pthread_mutex_lock(&hook->lock);
	hook->lost += more - known;
	(void)pthread_mutex_unlock(&hook->lock);
}

/* One try. */
static enum notify_answer try(struct hook *hook, struct item *item, uint64_t *after)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	enum notify_answer answer;
	const char *why, *text;
	uint64_t lost;

	(void)pthread_mutex_lock(&hook->lock);
	lost = hook->lost;
	(void)pthread_mutex_unlock(&hook->lock);
	if (lost)
		json_object_object_add(item->body, "dropped", json_object_new_uint64(lost));
	text = json_object_to_json_string_ext(item->body, JSON_C_TO_STRING_PLAIN |
								  JSON_C_TO_STRING_NOSLASHESCAPE);
	answer = notify_send(arena, &hook->target, text, hook->pace.transfer, &hook->abort, &why,
			     after);
	switch (answer) {
	case NOTIFY_TAKEN:
		count_lost(hook, 0, lost);
		break;
	case NOTIFY_LATER:
		if (!atomic_load(&hook->abort))
			complain(hook, "cannot be told, and is tried again", why);
		break;
	case NOTIFY_REFUSED:
		count_lost(hook, 1, 0);
		complain(hook, "does not take an event, which is dropped", why);
		break;
	}
	return answer;
}

static void deliver(struct hook *hook, struct item *item)
{
	uint64_t pause = hook->pace.first, after;

	while (try(hook, item, &after) == NOTIFY_LATER) {
		if (after > hook->pace.longest)
			after = hook->pace.longest;
		if (after < pause)
			after = pause;
		if (hc_now() - item->posted + after > hook->pace.patience) {
			count_lost(hook, 1, 0);
			complain(hook, "was not told of an event", "it was tried for too long");
			return;
		}
		if (!rest(hook, after))
			return;
		pause = 2 * pause < hook->pace.longest ? 2 * pause : hook->pace.longest;
	}
}

static void *run(void *arg)
{
	struct hook *hook = arg;
	struct item item;
	bool mine;

	while (next(hook, &item)) {
		deliver(hook, &item);
		json_object_put(item.body);
	}
	(void)pthread_mutex_lock(&hook->lock);
	hook->done = true;
	mine = hook->abandoned;
	raise_flag(hook->ended);
	(void)pthread_mutex_unlock(&hook->lock);
	if (mine)
		(void)release(hook);
	return NULL;
}

static const char *copy(struct hc_arena *arena, const char *text)
{
	return text ? hc_strdup(arena, text) : NULL;
}

struct hook *hook_new(const struct agent_webhook *webhook, const struct notify_pace *pace,
		      notify_complain_fn *complain_fn, void *arg)
{
	struct hc_arena *arena = hc_arena_new();
	struct hook *hook = hc_new(arena, struct hook);

	hook->arena = arena;
	hook->target = (struct notify_target){
		.name = hc_strdup(arena, webhook->name),
		.url = hc_strdup(arena, webhook->spec->url),
		.header_file = copy(arena, webhook->spec->header_file),
		.ca_file = copy(arena, webhook->spec->ca_file),
	};
	for (size_t i = 0; i < webhook->spec->events.n; i++)
		hc_strings_add(arena, &hook->events, webhook->spec->events.v[i]);
	hook->pace = *pace;
	hook->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	hook->ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	hook->complain = complain_fn;
	hook->arg = arg;
	(void)pthread_mutex_init(&hook->lock, NULL);
	if (hook->wake < 0 || hook->ended < 0 || hc_thread_start(&hook->thread, run, hook))
		return release(hook);
	return hook;
}

bool hook_wants(const struct hook *hook, const char *event)
{
	return !hook->events.n || hc_strings_have(&hook->events, event);
}

void hook_post(struct hook *hook, struct json_object *body)
{
	(void)pthread_mutex_lock(&hook->lock);
	if (hook->n == QUEUE) {
		json_object_put(hook->queue[hook->first].body);
		hook->first = (hook->first + 1) % QUEUE;
		hook->n--;
		hook->lost++;
	}
	hook->queue[(hook->first + hook->n) % QUEUE] = (struct item){body, hc_now()};
	hook->n++;
	(void)pthread_mutex_unlock(&hook->lock);
	raise_flag(hook->wake);
}

void hook_stop(struct hook *hook)
{
	(void)pthread_mutex_lock(&hook->lock);
	hook->stop = true;
	(void)pthread_mutex_unlock(&hook->lock);
	raise_flag(hook->wake);
}

void hook_abort(struct hook *hook)
{
	atomic_store(&hook->abort, true);
	raise_flag(hook->wake);
}

bool hook_wait(struct hook *hook, uint64_t us)
{
	return wait_flag(hook->ended, us);
}

void hook_free(struct hook *hook)
{
	bool done;

	(void)pthread_mutex_lock(&hook->lock);
	done = hook->done;
	hook->abandoned = !done;
	if (!done)
		(void)pthread_detach(hook->thread); /* once it is unlocked, it may be gone */
	(void)pthread_mutex_unlock(&hook->lock);
	if (!done)
		return;
	(void)pthread_join(hook->thread, NULL);
	(void)release(hook);
}
