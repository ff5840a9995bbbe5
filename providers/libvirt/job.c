/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jobs: a list of threads with a name each. A step begins one and returns; `settled` asks for it by
 * name, each time anew, until it has ended. How it ended is told once, then it is forgotten, so the
 * next step of that name begins it again.
 *
 * A thread that does not end when it is asked to is left behind with its memory: it hangs in a
 * library, and may come back to it.
 */

#include "job.h"

#include <hcstate/thread.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	WORDS = 512, /* bytes of what a job says */
	END_S = 5,   /* what jobs_free() waits for all of them */
};

struct job {
	struct jobs *jobs;
	struct job *next;
	char *name;
	job_run *run;
	job_drop *drop;
	void *arg;
	bool ended, failed_in_words;
	int result;
	char words[WORDS]; /* how far it is; when it has failed: why */
};

struct jobs {
	pthread_mutex_t lock;
	pthread_cond_t changed; /* one has ended */
	struct job *list;
	size_t running;
	bool stop;
};

struct jobs *jobs_new(void)
{
	struct jobs *jobs = calloc(1, sizeof(*jobs));

	if (!jobs)
		abort();                             /* memory has run out */
	(void)pthread_mutex_init(&jobs->lock, NULL); /* these cannot fail on Linux */
	hc_cond_init(&jobs->changed);
	return jobs;
}

static void job_free(struct job *job)
{
	if (job->drop)
		job->drop(job->arg);
	free(job->name);
	free(job);
}

/* With the lock held: false when one of them still runs. */
static bool wait_for_all(struct jobs *jobs)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += END_S;
	while (jobs->running)
		if (pthread_cond_timedwait(&jobs->changed, &jobs->lock, &until))
			break;
	return !jobs->running;
}

struct jobs *jobs_free(struct jobs *jobs)
{
	bool all;

	if (!jobs)
		return NULL;
	pthread_mutex_lock(&jobs->lock);
	jobs->stop = true;
	all = wait_for_all(jobs);
	pthread_mutex_unlock(&jobs->lock);
	if (!all)
		return NULL;
	while (jobs->list) {
		struct job *job = jobs->list;

		jobs->list = job->next;
		job_free(job);
	}
	(void)pthread_cond_destroy(&jobs->changed);
	(void)pthread_mutex_destroy(&jobs->lock);
	free(jobs);
	return NULL;
}

static void *thread(void *data)
{
	struct job *job = data;
	struct jobs *jobs = job->jobs;
	int r = job->run(job, job->arg);

	pthread_mutex_lock(&jobs->lock);
	job->result = r;
	job->ended = true;
	jobs->running--;
	pthread_cond_broadcast(&jobs->changed);
	pthread_mutex_unlock(&jobs->lock); /* the last touch of it */
	return NULL;
}

/* With the lock held: the place of the one of that name, or of the list's end. */
static struct job **find(struct jobs *jobs, const char *name)
{
	struct job **at = &jobs->list;

	while (*at && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	return at;
}

static struct job *job_new(struct jobs *jobs, const char *name)
{
	struct job *job = calloc(1, sizeof(*job));

	if (!job)
		abort();
	job->jobs = jobs;
	job->name = strdup(name);
	if (!job->name)
		abort();
	(void)snprintf(job->words, sizeof(job->words), "it has begun");
	return job;
}

/* With the lock held: puts it in the place of one that has ended; gives that. */
static struct job *put(struct jobs *jobs, struct job *job)
{
	struct job **at = find(jobs, job->name), *before = *at;

	job->next = before ? before->next : NULL;
	*at = job;
	jobs->running++;
	return before;
}

/* With the lock held: as if it had never been there. */
static void take_back(struct jobs *jobs, const struct job *job)
{
	*find(jobs, job->name) = job->next;
	jobs->running--;
}

int job_begin(struct hc_call *call, struct jobs *jobs, const char *name, job_run *run,
	      job_drop *drop, void *arg)
{
	struct job *job = job_new(jobs, name), *away = NULL;
	int r = 0;

	job->run = run;
	job->drop = drop;
	job->arg = arg;
	pthread_mutex_lock(&jobs->lock);
	away = *find(jobs, name);
	if ((away && !away->ended) || jobs->stop) {
		away = job; /* that one does it */
	} else {
		away = put(jobs, job);
		r = hc_thread_start(NULL, thread, job);
		if (r)
			take_back(jobs, job);
	}
	pthread_mutex_unlock(&jobs->lock);
	if (r)
		job_free(job);
	if (away)
		job_free(away);
	return r ? hc_fail(call, -r, NULL, "no thread for %s: %s", name, strerror(-r)) : 0;
}

static int tell(struct hc_call *call, const struct job *job)
{
	if (!job->ended)
		return hc_wait(call, "%s", job->words);
	if (!job->result)
		return 0;
	return hc_fail(call, -job->result, NULL, "%s",
		       job->failed_in_words ? job->words : strerror(-job->result));
}

int job_settled(struct hc_call *call, struct jobs *jobs, const char *name)
{
	struct job **at, *job, *away = NULL;
	int r = 0;

	pthread_mutex_lock(&jobs->lock);
	at = find(jobs, name);
	job = *at;
	if (job)
		r = tell(call, job);
	if (job && job->ended) {
		away = job;
		*at = job->next;
	}
	pthread_mutex_unlock(&jobs->lock);
	if (away)
		job_free(away);
	return r;
}

bool job_runs(struct jobs *jobs, const char *name)
{
	const struct job *job;
	bool runs;

	pthread_mutex_lock(&jobs->lock);
	job = *find(jobs, name);
	runs = job && !job->ended;
	pthread_mutex_unlock(&jobs->lock);
	return runs;
}

bool job_stopped(const struct job *job)
{
	bool stop;

	pthread_mutex_lock(&job->jobs->lock);
	stop = job->jobs->stop;
	pthread_mutex_unlock(&job->jobs->lock);
	return stop;
}

static void say(struct job *job, bool failed, const char words[WORDS])
{
	pthread_mutex_lock(&job->jobs->lock);
	memcpy(job->words, words, WORDS);
	job->failed_in_words = failed;
	pthread_mutex_unlock(&job->jobs->lock);
}

void job_progress(struct job *job, const char *format, ...)
{
	char words[WORDS];
	va_list args;

	va_start(args, format);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is, a line above */
	(void)vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	say(job, false, words);
}

int job_fail(struct job *job, int error, const char *format, ...)
{
	char words[WORDS];
	va_list args;

	va_start(args, format);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is, a line above */
	(void)vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	say(job, true, words);
	return -error;
}
