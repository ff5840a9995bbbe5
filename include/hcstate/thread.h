/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Threads beside the loop's own: of a provider that watches or waits, of what may hang. */

#include <pthread.h>
#include <stdint.h>

/* Starts one that gets no signals: those are the loop's. `thread` NULL: nobody joins it. 0, or a
 * negative errno. */
int hc_thread_start(pthread_t *thread, void *(*run)(void *), void *arg);

/* What the caller's thread has used of a processor. What a library does in threads of its own is
 * not in it. */
uint64_t hc_thread_cpu_us(void);

/*
 * Corosync's libraries keep their connections in tables of libqb, which finds a free place in one
 * without a lock (lib/hdb.c of 2.0): of two threads that connect at one time both may get the same,
 * and one connection is lost. So each *_initialize() and *_finalize() of theirs is called like
 * this.
 */
#define HC_COROSYNC(call)                                                                          \
	({                                                                                         \
		pthread_mutex_lock(&hc_corosync_lock);                                             \
		__typeof__(call) said_ = (call);                                                   \
		pthread_mutex_unlock(&hc_corosync_lock);                                           \
		said_;                                                                             \
	})
extern pthread_mutex_t hc_corosync_lock;

/* A condition whose timed waits end by CLOCK_MONOTONIC. */
void hc_cond_init(pthread_cond_t *condition);
