/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corosync's client libraries wait for ever when corosync hangs. So each question is put from a
 * thread of its own: when the deadline passes the thread is left to itself, with memory of its own,
 * and goes when corosync answers or ends. Until then no other question is put.
 */

#include "ask.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

/* Belongs to the provider and to a thread that was left. */
struct asker {
	pthread_mutex_t lock;
	pthread_cond_t over;
	unsigned users;
	bool busy; /* a thread is under way */
};

/* Belongs to the thread while the asker is busy with it, to whoever asked before and after. */
struct task {
	struct asker *asker;
	struct hc_arena *arena;
	ask_function *question;
	void *answer;
	int result;
	const char *why;
	bool done, left; /* under the asker's lock */
};

struct asker *asker_new(void)
{
	struct asker *asker = calloc(1, sizeof(*asker));
	pthread_condattr_t monotonic;

	if (!asker)
		abort();
	asker->users = 1;
	(void)pthread_mutex_init(&asker->lock, NULL); /* these cannot fail on Linux */
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&asker->over, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	return asker;
}

static void unref(struct asker *asker)
{
	bool last;

	pthread_mutex_lock(&asker->lock);
	last = !--asker->users;
	pthread_mutex_unlock(&asker->lock);
	if (!last)
		return;
	(void)pthread_cond_destroy(&asker->over);
	(void)pthread_mutex_destroy(&asker->lock);
	free(asker);
}

struct asker *asker_free(struct asker *asker)
{
	if (asker)
		unref(asker);
	return NULL;
}

static void task_free(struct task *task)
{
	(void)hc_arena_free(task->arena);
	free(task);
}

static void *put(void *data)
{
	struct task *task = data;
	struct asker *asker = task->asker;
	bool left;

	task->result = task->question(task->arena, task->answer, &task->why);
	pthread_mutex_lock(&asker->lock);
	asker->busy = false;
	task->done = true;
	left = task->left;
	pthread_cond_broadcast(&asker->over);
	pthread_mutex_unlock(&asker->lock);
	if (left)
		task_free(task);
	unref(asker);
	return NULL;
}

/* A detached thread to which no signal goes. */
static int start(struct task *task)
{
	pthread_attr_t detached;
	sigset_t all, before;
	pthread_t thread;
	int r;

	sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &before);
	(void)pthread_attr_init(&detached);
	(void)pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	r = pthread_create(&thread, &detached, put, task);
	(void)pthread_attr_destroy(&detached);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -r;
}

/* With the lock held: whether the thread was through before the deadline. */
static bool wait_for(struct task *task, uint64_t deadline)
{
	const struct timespec until = {
		.tv_sec = (time_t)(deadline / 1000000),
		.tv_nsec = (long)(deadline % 1000000 * 1000),
	};

	while (!task->done)
		if (pthread_cond_timedwait(&task->asker->over, &task->asker->lock, &until))
			break;
	task->left = !task->done;
	return task->done;
}

static struct task *task_new(struct asker *asker, ask_function *question, const void *answer,
			     size_t size)
{
	struct task *task = calloc(1, sizeof(*task));

	if (!task)
		abort();
	task->asker = asker;
	task->arena = hc_arena_new();
	task->question = question;
	task->answer = hc_alloc(task->arena, size);
	memcpy(task->answer, answer, size);
	return task;
}

/* With the lock held: puts the question and waits. NULL: no answer in time. */
static struct task *put_and_wait(struct asker *asker, struct task *task, uint64_t deadline, int *r)
{
	asker->busy = true;
	asker->users++;
	*r = start(task);
	if (*r) {
		asker->busy = false;
		asker->users--;
		task->result = *r;
		task->why = "no thread could be made";
		return task;
	}
	return wait_for(task, deadline) ? task : NULL;
}

int ask(struct hc_call *call, struct asker *asker, ask_function *question, void *answer,
	size_t size, const char **why)
{
	struct task *task = NULL;
	int r = -EBUSY;

	*why = "corosync has not answered an earlier question yet";
	pthread_mutex_lock(&asker->lock);
	if (!asker->busy) {
		*why = "corosync does not answer";
		task = task_new(asker, question, answer, size);
		task = put_and_wait(asker, task, call->deadline, &r);
	}
	pthread_mutex_unlock(&asker->lock);
	if (!task)
		return -EBUSY;
	r = task->result;
	memcpy(answer, task->answer, size);
	*why = task->why ? hc_strdup(call->arena, task->why) : "corosync's answer is no answer";
	hc_arena_adopt(call->arena, &task->arena);
	free(task);
	return r;
}
