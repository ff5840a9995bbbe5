/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Turns over toys that do not wait for what is slow. */

#include "toy_engine.h"

enum {
	MOMENT_US = 20 * 1000,
};

/* A step that was left has its effect when its thread gets its turn. */
static inline void until_there_are(struct toys *toys, size_t n)
{
	pthread_mutex_lock(&toys->lock);
	while (toys->there.n != n)
		pthread_cond_wait(&toys->moved, &toys->lock);
	pthread_mutex_unlock(&toys->lock);
}

static inline void come_back(struct toys *toys)
{
	toys_open_gate(toys);
	while (toys->engine->late || toys->engine->slots[0].reading)
		assert_true(sd_event_run(toys->engine->event, UINT64_MAX) >= 0);
}

static inline void close_gate(struct toys *toys)
{
	pthread_mutex_lock(&toys->lock);
	toys->open = false;
	pthread_mutex_unlock(&toys->lock);
}
