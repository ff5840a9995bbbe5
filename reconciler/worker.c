/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Worker threads. The loop keeps each lane's queue and hands a job over only when a thread is free
 * for it, so a job's time begins when it does. One lock guards what threads and loop pass to each
 * other; finished jobs come back through an eventfd.
 *
 * A job that outlives its patience is reported late at once and left to its thread; until it comes
 * back the lane has one thread less. When all of a lane's threads are stuck like that, whatever
 * waits for one is given back.
 */

#include "worker.h"

#include <errno.h>
#include <hcstate/thread.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/eventfd.h>

enum {
	ACCURACY_US = 1000, /* of deadlines; sd-event's usual 250 ms are longer than most jobs */
};

/* A job on its way. Next to all of it is the loop's. */
struct task {
	struct hc_job job;
	struct hc_lane *lane;
	struct task *next;
	sd_event_source *timer;
	bool begun;
	bool late; /* reported already */

	/* With the lock held. */
	bool over;
	int result;
};

struct tasks {
	struct task *first, **end;
};

struct hc_lane {
	struct hc_workers *workers;
	struct hc_lane *next;
	char name[16]; /* what the kernel takes for a thread's name */
	unsigned parallel, nthread;
	unsigned nbusy;  /* threads with a job that is in time */
	unsigned nstuck; /* threads with a job that is late */
	pthread_t *threads;
	struct tasks queue; /* jobs that no thread is free for */

	/* With the lock held. */
	struct tasks handed; /* jobs for threads that are free */
	pthread_cond_t wanted;
};

struct hc_workers {
	struct hc_arena *arena;
	sd_event *event;
	sd_event_source *source;
	int wake; /* eventfd: something is over */
	struct hc_lane *lanes;

	pthread_mutex_t lock;
	bool closing;      /* with the lock held */
	struct tasks over; /* likewise */
};

static void push(struct tasks *tasks, struct task *task)
{
	task->next = NULL;
	if (!tasks->first)
		tasks->end = &tasks->first;
	*tasks->end = task;
	tasks->end = &task->next;
}

static struct task *pop(struct tasks *tasks)
{
	struct task *task = tasks->first;

	if (task)
		tasks->first = task->next;
	return task;
}

static void free_task(struct task *task)
{
	sd_event_source_disable_unref(task->timer);
	if (task->job.drop)
		task->job.drop(task->job.arg);
	free(task);
}

/* Called with the lock held, in any thread. */
static void come_back(struct task *task, int result)
{
	struct hc_workers *workers = task->lane->workers;
	const uint64_t one = 1;

	task->result = result;
	task->over = true;
	push(&workers->over, task);
	/* It can only fail when the counter is full: then the loop is awake. */
	(void)!write(workers->wake, &one, sizeof(one));
}

static void *work(void *arg)
{
	struct hc_lane *lane = arg;
	struct hc_workers *workers = lane->workers;

	pthread_mutex_lock(&workers->lock);
	while (lane->handed.first || !workers->closing) {
		struct task *task = pop(&lane->handed);
		int result;

		if (!task) {
			pthread_cond_wait(&lane->wanted, &workers->lock);
			continue;
		}
		pthread_mutex_unlock(&workers->lock);
		result = task->job.run(task->job.arg);
		pthread_mutex_lock(&workers->lock);
		come_back(task, result);
	}
	pthread_mutex_unlock(&workers->lock);
	return NULL;
}

static int add_thread(struct hc_lane *lane)
{
	int r = hc_thread_start(&lane->threads[lane->nthread], work, lane);

	if (r)
		return r;
	(void)pthread_setname_np(lane->threads[lane->nthread++], lane->name); /* for debuggers */
	return 0;
}

static void give_back(struct task *task, int result)
{
	struct hc_workers *workers = task->lane->workers;

	pthread_mutex_lock(&workers->lock);
	come_back(task, result);
	pthread_mutex_unlock(&workers->lock);
}

static void feed(struct hc_lane *lane);

static int deadline_passed(sd_event_source *source, uint64_t usec, void *arg)
{
	struct task *task = arg;
	struct hc_lane *lane = task->lane;
	bool over;

	(void)source, (void)usec;
	pthread_mutex_lock(&lane->workers->lock);
	over = task->over;
	pthread_mutex_unlock(&lane->workers->lock);
	if (over)
		return 0; /* just in time: take_back() has it */
	task->late = true;
	lane->nbusy--;
	lane->nstuck++;
	task->job.done(task->job.arg, -ETIMEDOUT);
	feed(lane);
	return 0;
}

static int begin(struct hc_lane *lane, struct task *task)
{
	struct hc_workers *workers = lane->workers;

	if (lane->nbusy + lane->nstuck == lane->nthread && add_thread(lane))
		return -EBUSY;
	if (sd_event_add_time_relative(workers->event, &task->timer, CLOCK_MONOTONIC,
				       task->job.patience, ACCURACY_US, deadline_passed, task) < 0)
		return -EBUSY;
	task->begun = true;
	lane->nbusy++;
	pthread_mutex_lock(&workers->lock);
	push(&lane->handed, task);
	pthread_cond_signal(&lane->wanted);
	pthread_mutex_unlock(&workers->lock);
	return 0;
}

/* Begins what there is a thread for, and gives back what there never will be one for. */
static void feed(struct hc_lane *lane)
{
	while (lane->queue.first && lane->nbusy + lane->nstuck < lane->parallel) {
		struct task *task = pop(&lane->queue);
		int r = begin(lane, task);

		if (r)
			give_back(task, r);
	}
	while (lane->queue.first && lane->nstuck == lane->parallel)
		give_back(pop(&lane->queue), -EBUSY);
}

static void end(struct task *task)
{
	struct hc_lane *lane = task->lane;

	if (task->late)
		lane->nstuck--;
	else if (task->begun)
		lane->nbusy--;
	if (!task->late)
		task->job.done(task->job.arg, task->result);
	free_task(task);
	feed(lane);
}

static int take_back(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	struct hc_workers *workers = arg;
	struct tasks over;
	struct task *task;
	uint64_t count;

	(void)source, (void)revents;
	(void)!read(fd, &count, sizeof(count)); /* only resets it */
	pthread_mutex_lock(&workers->lock);
	over = workers->over;
	workers->over = (struct tasks){0};
	pthread_mutex_unlock(&workers->lock);
	while ((task = pop(&over)))
		end(task);
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

/* Gives whether no thread of the lane is left. */
static bool join(struct hc_lane *lane)
{
	for (unsigned i = 0; i < lane->nthread; i++) {
		if (lane->nstuck)
			pthread_detach(lane->threads[i]);
		else
			pthread_join(lane->threads[i], NULL);
	}
	if (lane->nstuck)
		return false;
	pthread_cond_destroy(&lane->wanted);
	return true;
}

static void free_tasks(struct tasks *tasks)
{
	struct task *task;

	while ((task = pop(tasks)))
		free_task(task);
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
	for (struct hc_lane *lane = workers->lanes; lane; lane = lane->next)
		free_tasks(&lane->queue);
	free_tasks(&workers->over);
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
	(void)snprintf(lane->name, sizeof(lane->name), "%s", name); /* cut is good enough */
	lane->parallel = parallel ? parallel : 1;
	lane->threads = hc_alloc(workers->arena, lane->parallel * sizeof(*lane->threads));
	pthread_cond_init(&lane->wanted, NULL);
	lane->next = workers->lanes;
	workers->lanes = lane;
	return lane;
}

void hc_lane_run(struct hc_lane *lane, const struct hc_job *job)
{
	struct task *task = calloc(1, sizeof(*task));

	if (!task) {
		fputs("hcstate: out of memory\n", stderr);
		abort();
	}
	task->job = *job;
	task->lane = lane;
	push(&lane->queue, task);
	feed(lane);
}

bool hc_lane_withdraw(struct hc_lane *lane, const void *arg)
{
	struct tasks rest = {0};
	struct task *task;
	bool found = false;

	while ((task = pop(&lane->queue))) {
		if (task->job.arg != arg) {
			push(&rest, task);
			continue;
		}
		free_task(task);
		found = true;
	}
	lane->queue = rest;
	return found;
}
