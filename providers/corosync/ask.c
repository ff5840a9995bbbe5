/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corosync's client libraries wait for ever when corosync hangs. So each question is put from a
 * thread of its own. When it is through in time it is joined, so nothing of it is left behind. When
 * the deadline passes it is left to itself and goes when corosync answers or ends; until then no
 * other question is put. All it touches is its task and the asker, which live as long as it does.
 */

#include "ask.h"

#include <hcstate/thread.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

/* Belongs to the provider and to a thread that was left. */
struct asker {
	pthread_mutex_t lock;
	pthread_cond_t over;
	atomic_uint users;
	bool busy; /* a thread is under way */
};

/* Belongs to the thread while the asker is busy with it, to whoever asked before and after. */
struct task {
	struct asker *asker;
	struct hc_arena *arena;
	ask_function *question;
	void *answer;
	pthread_t thread;
	int result;
	const char *why;
	bool done, left; /* under the asker's lock */
};

struct asker *asker_new(void)
{
	struct asker *asker = calloc(1, sizeof(*asker));

	if (!asker)
		abort();
	atomic_init(&asker->users, 1);
	(void)pthread_mutex_init(&asker->lock, NULL); /* these cannot fail on Linux */
	hc_cond_init(&asker->over);
	return asker;
}

static void unref(struct asker *asker)
{
	if (atomic_fetch_sub(&asker->users, 1) > 1)
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

/* Puts the question and waits, with the lock held. The thread is the task's while it is not left,
 * so it is joined or let go before the lock would let it free the task. */
static int put_and_wait(struct asker *asker, struct task *task, uint64_t deadline, bool *left)
{
	int r = hc_thread_start(&task->thread, put, task);

	if (r)
		return r;
	asker->busy = true;
	atomic_fetch_add(&asker->users, 1);
	*left = !wait_for(task, deadline);
	if (*left)
		(void)pthread_detach(task->thread); /* fails only for a thread that is none */
	return 0;
}

/* Gives the answer to whoever asked. */
static int take(struct hc_call *call, struct task *task, void *answer, size_t size,
		const char **why)
{
	int r = task->result;

	memcpy(answer, task->answer, size);
	*why = task->why ? hc_strdup(call->arena, task->why) : "corosync's answer is no answer";
	hc_arena_adopt(call->arena, &task->arena);
	free(task);
	return r;
}

int ask(struct hc_call *call, struct asker *asker, ask_function *question, void *answer,
	size_t size, const char **why)
{
	struct task *task;
	bool left = false;
	int r;

	pthread_mutex_lock(&asker->lock);
	if (asker->busy) {
		pthread_mutex_unlock(&asker->lock);
		*why = "corosync has not answered an earlier question yet";
		return -EBUSY;
	}
	task = task_new(asker, question, answer, size);
	r = put_and_wait(asker, task, call->deadline, &left);
	pthread_mutex_unlock(&asker->lock);
	if (left) {
		*why = "corosync does not answer";
		return -EBUSY;
	}
	if (r) {
		task_free(task);
		*why = "no thread could be made";
		return r;
	}
	(void)pthread_join(task->thread, NULL); /* it has nothing more to wait for */
	return take(call, task, answer, size, why);
}
