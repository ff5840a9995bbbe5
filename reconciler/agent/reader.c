/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manifests of a path are read where they are, and the agent's loop waits for that: so short a
 * moment that nobody notices. But a file system of another machine may stop answering in the middle
 * of any call, and no signal ends such a call. So it is a thread that makes it; the loop waits for
 * the thread as long as is bearable and leaves it then. It owns what it works with until it comes
 * back, also when its reader was freed meanwhile.
 */

#include "reader.h"

#include <hcstate/thread.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>

struct reader {
	struct watch *watch;
	char *path;
	const struct hc_registry *registry; /* NULL: only looks */
	struct reading reading;
	int wake; /* eventfd */

	pthread_mutex_t lock;
	pthread_cond_t ended;
	/* With the lock held. */
	bool busy;
	bool unwaited; /* wake has to be told */
	bool left;     /* the thread frees it all */
};

static void destroy(struct reader *reader)
{
	(void)hc_generation_free(reader->reading.generation);
	(void)watch_free(reader->watch);
	hc_closep(&reader->wake);
	pthread_mutex_destroy(&reader->lock);
	pthread_cond_destroy(&reader->ended);
	free(reader->path);
	free(reader);
}

static void read_it(struct reader *reader)
{
	const char *const paths[] = {reader->path, NULL};
	struct reading *reading = &reader->reading;
	uint64_t print;

	*reading = (struct reading){.sight = watch_look(reader->watch)};
	if (!reader->registry)
		return;
	print = reading->sight.print;
	reading->generation = hc_load(reader->registry, paths);
	reading->torn = watch_take(reader->watch);
	reading->sight = watch_look(reader->watch);
	reading->torn |= reading->sight.print != print;
}

static void *work(void *arg)
{
	const uint64_t one = 1;
	struct reader *reader = arg;
	bool left;

	read_it(reader);
	pthread_mutex_lock(&reader->lock);
	reader->busy = false;
	left = reader->left;
	if (reader->unwaited) /* fails only when it is told already */
		(void)!write(reader->wake, &one, sizeof(one));
	pthread_cond_signal(&reader->ended);
	pthread_mutex_unlock(&reader->lock);
	if (left)
		destroy(reader);
	return NULL;
}

/* Where no thread can be had it is read here, as well as may be. */
static void begin(struct reader *reader)
{
	pthread_t thread;

	if (hc_thread_start(&thread, work, reader)) {
		read_it(reader);
		reader->busy = false;
		return;
	}
	(void)pthread_setname_np(thread, "manifests"); /* for debuggers */
	pthread_detach(thread);
}

struct reader *reader_new(const char *path)
{
	struct reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		abort(); /* memory has run out */
	reader->path = strdup(path);
	if (!reader->path)
		abort();
	reader->watch = watch_new(path);
	reader->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&reader->lock, NULL);
	hc_cond_init(&reader->ended);
	return reader;
}

struct reader *reader_free(struct reader *reader)
{
	bool busy;

	if (!reader)
		return NULL;
	pthread_mutex_lock(&reader->lock);
	busy = reader->left = reader->busy;
	pthread_mutex_unlock(&reader->lock);
	if (!busy)
		destroy(reader);
	return NULL;
}

struct watch *reader_watch(struct reader *reader)
{
	return reader->watch;
}

int reader_fd(const struct reader *reader)
{
	return reader->wake;
}

static struct timespec in(uint64_t us)
{
	uint64_t at;
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* it is always there */
	at = (uint64_t)now.tv_nsec + us % 1000000 * 1000;
	return (struct timespec){
		.tv_sec = now.tv_sec + (time_t)(us / 1000000 + at / 1000000000),
		.tv_nsec = (long)(at % 1000000000),
	};
}

static void give(struct reader *reader, struct reading *reading)
{
	*reading = reader->reading;
	reader->reading.generation = NULL;
}

bool reader_read(struct reader *reader, const struct hc_registry *registry, uint64_t patience_us,
		 struct reading *reading)
{
	const struct timespec until = in(patience_us);
	bool busy;

	reader->registry = registry;
	reader->busy = true;
	reader->unwaited = false;
	begin(reader);
	pthread_mutex_lock(&reader->lock);
	while (reader->busy && !pthread_cond_timedwait(&reader->ended, &reader->lock, &until))
		;
	busy = reader->unwaited = reader->busy;
	pthread_mutex_unlock(&reader->lock);
	if (!busy)
		give(reader, reading);
	return !busy;
}

bool reader_take(struct reader *reader, struct reading *reading)
{
	uint64_t count;
	bool busy;

	(void)!read(reader->wake, &count, sizeof(count)); /* only resets it */
	pthread_mutex_lock(&reader->lock);
	busy = reader->busy;
	pthread_mutex_unlock(&reader->lock);
	if (!busy)
		give(reader, reading);
	return !busy;
}
