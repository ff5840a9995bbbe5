/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Turns over toys that do not wait for what is slow. */

#include "toy_engine.h"

enum {
	MOMENT_US = 20 * 1000,
};

static inline size_t count_there(struct toys *toys)
{
	size_t n;

	pthread_mutex_lock(&toys->lock);
	n = toys->there.n;
	pthread_mutex_unlock(&toys->lock);
	return n;
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
