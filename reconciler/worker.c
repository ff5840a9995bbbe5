/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Worker threads. One lock guards all queues; finished jobs come back through an eventfd. A job
 * that outlives its deadline is reported late at once and left to its thread, which frees it
 * whenever it returns; until then the lane has one thread less.
 */

#include "worker.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>

/* A job on its way. Belongs to the lane's thread while running, to the loop before and after. */
struct task {
	struct hc_job job;
	struct hc_lane *lane;
	struct task *next;
	sd_event_source *timer; /* the loop's only */
	int result;
	enum {
		QUEUED,
		RUNNING,
		LATE, /* its deadline passed while it was running */
		OVER,
	} state;
	bool one_let_go; /* LATE: of the loop and the thread, one is through with it */
};

struct hc_lane {
	struct hc_workers *workers;
	struct hc_lane *next;
	const char *name;
	unsigned parallel;
	unsigned nthread, nidle, nstuck, nqueued;
	pthread_t *threads;
	pthread_cond_t wanted;
	struct task *queue, **tail;
};

struct hc_workers {
	sd_event *event;
	sd_event_source *source;
	int wake; /* eventfd: something is over */
	pthread_mutex_t lock;
	bool closing;
	struct task *over;
	struct hc_lane *lanes;
	struct hc_arena *arena;
};

static void free_task(struct task *task)
{
	if (task->job.drop)
		task->job.drop(task->job.arg);
	free(task);
}

static void wake_loop(const struct hc_workers *workers)
{
	const uint64_t one = 1;

	/* It can only fail when the counter is full: then the loop is awake. */
	(void)!write(workers->wake, &one, sizeof(one));
}

/* Of a late task, loop and thread each let go once, with the lock held; the second one frees it. */
static struct task *let_go(struct task *task)
{
	if (task->one_let_go)
		return task;
	task->one_let_go = true;
	return NULL;
}

/* Called with the lock held. Gives a task that is to be freed, or NULL. */
static struct task *finish(struct task *task, int result)
{
	struct hc_workers *workers = task->lane->workers;

	if (task->state == LATE) {
		task->lane->nstuck--;
		return let_go(task);
	}
	task->result = result;
	task->state = OVER;
	task->next = workers->over;
	workers->over = task;
	wake_loop(workers);
	return NULL;
}

static struct task *next_task(struct hc_lane *lane)
{
	struct task *task;

	lane->nidle++;
	while (!lane->queue && !lane->workers->closing)
		pthread_cond_wait(&lane->wanted, &lane->workers->lock);
	lane->nidle--;
	task = lane->queue;
	if (!task)
		return NULL;
	lane->queue = task->next;
	lane->nqueued--;
	if (!lane->queue)
		lane->tail = &lane->queue;
	task->state = RUNNING;
	return task;
}

static void *work(void *arg)
{
	struct hc_lane *lane = arg;
	struct hc_workers *workers = lane->workers;
	struct task *task;

	pthread_mutex_lock(&workers->lock);
	while ((task = next_task(lane))) {
		struct task *late;
		int result;

		pthread_mutex_unlock(&workers->lock);
		result = task->job.run(task->job.arg);
		pthread_mutex_lock(&workers->lock);
		late = finish(task, result);
		if (late) {
			pthread_mutex_unlock(&workers->lock);
			free_task(late);
			pthread_mutex_lock(&workers->lock);
		}
	}
	pthread_mutex_unlock(&workers->lock);
	return NULL;
}

static void report(struct task *task, int result)
{
	task->timer = sd_event_source_disable_unref(task->timer);
	task->job.done(task->job.arg, result);
}

static int take_back(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	struct hc_workers *workers = arg;
	struct task *task, *next;
	uint64_t count;

	(void)source, (void)revents;
	(void)!read(fd, &count, sizeof(count)); /* only resets it */
	pthread_mutex_lock(&workers->lock);
	task = workers->over;
	workers->over = NULL;
	pthread_mutex_unlock(&workers->lock);
	for (; task; task = next) {
		next = task->next;
		report(task, task->result);
		free_task(task);
	}
	return 0;
}

static void unqueue(struct hc_lane *lane, const struct task *task)
{
	for (struct task **at = &lane->queue; *at; at = &(*at)->next) {
		if (*at != task)
			continue;
		*at = task->next;
		lane->nqueued--;
		break;
	}
	lane->tail = &lane->queue;
	while (*lane->tail)
		lane->tail = &(*lane->tail)->next;
}

static int deadline_passed(sd_event_source *source, uint64_t usec, void *arg)
{
	struct task *task = arg, *last = task;
	struct hc_workers *workers = task->lane->workers;
	bool over;

	(void)source, (void)usec;
	pthread_mutex_lock(&workers->lock);
	over = task->state == OVER; /* take_back() has it */
	if (task->state == QUEUED)
		unqueue(task->lane, task);
	if (task->state == RUNNING) {
		task->state = LATE;
		task->lane->nstuck++;
	}
	pthread_mutex_unlock(&workers->lock);
	if (over)
		return 0;
	report(task, -ETIMEDOUT);
	pthread_mutex_lock(&workers->lock);
	if (task->state == LATE)
		last = let_go(task);
	pthread_mutex_unlock(&workers->lock);
	if (last)
		free_task(last);
	return 0;
}

struct hc_workers *hc_workers_new(sd_event *event)
{
	struct hc_arena *arena = hc_arena_new();
	struct hc_workers *workers = hc_new(arena, struct hc_workers);

	workers->arena = arena;
	workers->event = sd_event_ref(event);
	workers->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&workers->lock, NULL);
	if (workers->wake < 0 || sd_event_add_io(event, &workers->source, workers->wake, EPOLLIN,
						 take_back, workers) < 0)
		return hc_workers_free(workers);
	return workers;
}

static bool join(struct hc_lane *lane)
{
	if (lane->nstuck)
		return false;
	for (unsigned i = 0; i < lane->nthread; i++)
		pthread_join(lane->threads[i], NULL);
	pthread_cond_destroy(&lane->wanted);
	return true;
}

struct hc_workers *hc_workers_free(struct hc_workers *workers)
{
	bool all = true;

	if (!workers)
		return NULL;
	pthread_mutex_lock(&workers->lock);
	workers->closing = true;
	for (struct hc_lane *lane = workers->lanes; lane; lane = lane->next)
		pthread_cond_broadcast(&lane->wanted);
	pthread_mutex_unlock(&workers->lock);
	for (struct hc_lane *lane = workers->lanes; lane; lane = lane->next)
		all &= join(lane);
	sd_event_source_disable_unref(workers->source);
	if (!all)
		return NULL; /* a stuck thread will still come back to all this */
	sd_event_unref(workers->event);
	if (workers->wake >= 0)
		(void)close(workers->wake);
	pthread_mutex_destroy(&workers->lock);
	hc_arena_free(workers->arena);
	return NULL;
}

struct hc_lane *hc_lane_new(struct hc_workers *workers, const char *name, unsigned parallel)
{
	struct hc_lane *lane = hc_new(workers->arena, struct hc_lane);

	lane->workers = workers;
	lane->name = hc_strdup(workers->arena, name);
	lane->parallel = parallel ? parallel : 1;
	lane->threads = hc_alloc(workers->arena, lane->parallel * sizeof(*lane->threads));
	lane->tail = &lane->queue;
	pthread_cond_init(&lane->wanted, NULL);
	lane->next = workers->lanes;
	workers->lanes = lane;
	return lane;
}

/* Called with the lock held. Threads start with all signals blocked: those are the loop's. */
static int add_thread(struct hc_lane *lane)
{
	sigset_t all, before;
	int r;

	if (lane->nidle > lane->nqueued || lane->nthread == lane->parallel)
		return 0;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&lane->threads[lane->nthread], NULL, work, lane);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r)
		return lane->nthread ? 0 : -r;
	lane->nthread++;
	return 0;
}

/* Called with the lock held. */
static int enqueue(struct hc_lane *lane, struct task *task)
{
	int r;

	if (lane->nstuck == lane->parallel)
		return -EBUSY;
	r = add_thread(lane);
	if (r)
		return r;
	*lane->tail = task;
	lane->tail = &task->next;
	lane->nqueued++;
	pthread_cond_signal(&lane->wanted);
	return 0;
}

int hc_lane_run(struct hc_lane *lane, const struct hc_job *job)
{
	struct hc_workers *workers = lane->workers;
	struct task *task = calloc(1, sizeof(*task));
	int r;

	if (!task)
		return -ENOMEM;
	task->job = *job;
	task->lane = lane;
	r = sd_event_add_time(workers->event, &task->timer, CLOCK_MONOTONIC, job->deadline, 0,
			      deadline_passed, task);
	if (r < 0) {
		free(task);
		return r;
	}
	pthread_mutex_lock(&workers->lock);
	r = enqueue(lane, task);
	if (r)
		(void)finish(task, r); /* comes back as every other */
	pthread_mutex_unlock(&workers->lock);
	return 0;
}
