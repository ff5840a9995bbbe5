/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A watchdog whose device, loop and clock are a test's. */

#include "providers/ha/watchdog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <hcstate/file.h>

#define S UINT64_C(1000000)
#define DEVICE "/dev/watchdog"

struct world {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct watchdog_look look;
	int error;       /* of opening */
	unsigned has;    /* seconds of the device; 0: as many as it is told */
	bool hint;       /* the device says that it is endless, */
	bool endless;    /* and it is */
	bool noted;      /* there was a note when it was opened */
	unsigned looks;  /* how often the loop was looked at */
	unsigned tries;  /* to open it */
	unsigned starts; /* of the device */
	unsigned meals;
	unsigned stops, ends; /* closed: stopped, and left running */
	unsigned refusals;    /* to stop */
	unsigned seconds;
	char path[64];
};

static inline void world_count(struct world *w, unsigned *number)
{
	++*number;
	pthread_cond_broadcast(&w->changed);
}

static inline int world_open(void *arg, struct hc_arena *arena, const char *path, unsigned seconds,
			     struct watchdog_device *device, const char **why)
{
	struct world *w = arg;
	unsigned noted;
	int r;

	pthread_mutex_lock(&w->lock);
	r = w->error;
	w->noted = watchdog_note_read(arena, &noted) != NULL;
	(void)snprintf(w->path, sizeof(w->path), "%s", path);
	w->seconds = seconds;
	*device = (struct watchdog_device){
		.fd = -1,
		.seconds = w->has ? w->has : seconds,
		.endless = w->hint,
	};
	world_count(w, r ? &w->tries : &w->starts);
	pthread_mutex_unlock(&w->lock);
	if (r)
		*why = "it cannot be had";
	return r;
}

static inline int world_feed(void *arg, const struct watchdog_device *device)
{
	struct world *w = arg;

	(void)device;
	pthread_mutex_lock(&w->lock);
	world_count(w, &w->meals);
	pthread_mutex_unlock(&w->lock);
	return 0;
}

static inline bool world_stop(void *arg, const struct watchdog_device *device)
{
	struct world *w = arg;
	bool stops;

	(void)device;
	pthread_mutex_lock(&w->lock);
	stops = !w->endless;
	world_count(w, stops ? &w->stops : &w->refusals);
	pthread_mutex_unlock(&w->lock);
	return stops;
}

static inline void world_leave(void *arg, const struct watchdog_device *device)
{
	struct world *w = arg;

	(void)device;
	pthread_mutex_lock(&w->lock);
	world_count(w, &w->ends);
	pthread_mutex_unlock(&w->lock);
}

static inline struct watchdog_look world_look(void *arg)
{
	struct world *w = arg;
	struct watchdog_look look;

	pthread_mutex_lock(&w->lock);
	look = w->look;
	world_count(w, &w->looks);
	pthread_mutex_unlock(&w->lock);
	return look;
}

static inline void world_begin(struct world *w)
{
	*w = (struct world){.look = {.pulse = 100 * S, .now = 100 * S}};
	(void)pthread_mutex_init(&w->lock, NULL);
	(void)pthread_cond_init(&w->changed, NULL);
}

/* Over a world that has begun. */
static inline struct watchdog *world_watchdog_in(struct world *w)
{
	const struct watchdog_use use = {
		.open = world_open,
		.feed = world_feed,
		.stop = world_stop,
		.leave = world_leave,
		.look = world_look,
		.arg = w,
		.tick = 1000,
		.ring = -1,
	};

	return watchdog_new(&use);
}

static inline struct watchdog *world_watchdog(struct world *w)
{
	world_begin(w);
	return world_watchdog_in(w);
}

static inline void world_wait(struct world *w, const unsigned *number, unsigned least)
{
	pthread_mutex_lock(&w->lock);
	while (*number < least)
		pthread_cond_wait(&w->changed, &w->lock);
	pthread_mutex_unlock(&w->lock);
}

static inline unsigned world_number(struct world *w, const unsigned *number)
{
	unsigned n;

	pthread_mutex_lock(&w->lock);
	n = *number;
	pthread_mutex_unlock(&w->lock);
	return n;
}

/* Three more looks: what was to follow from it has. Only while it runs or is left. */
static inline void world_let_it_look(struct world *w)
{
	world_wait(w, &w->looks, world_number(w, &w->looks) + 3);
}

static inline void world_be(struct world *w, uint64_t pulse, uint64_t now, bool ended)
{
	pthread_mutex_lock(&w->lock);
	w->look = (struct watchdog_look){.pulse = pulse, .now = now, .ended = ended};
	pthread_mutex_unlock(&w->lock);
}

/* What it has to say; in the arena. */
static inline const char *world_said(struct watchdog *dog, struct hc_arena *arena)
{
	struct hc_strings said = {0};

	watchdog_said(dog, arena, &said);
	return said.n ? said.v[0] : "";
}

static inline bool world_noted(void)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	unsigned seconds;

	return watchdog_note_read(arena, &seconds) != NULL;
}

/* The note is in a directory of the test's. */
static inline int world_setup(void **state)
{
	static char directory[] = "/tmp/hcstate-watchdog-XXXXXX";

	*state = mkdtemp(directory);
	return *state ? setenv("HCSTATE_RUN", directory, 1) : -1;
}

static inline int world_teardown(void **state)
{
	return hc_file_clear(*state);
}
