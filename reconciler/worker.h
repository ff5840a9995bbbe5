/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Threads that run plain blocking calls for the loop. The loop's thread owns all state: a job is
 * handed over with all it needs, runs, and is handed back. A lane is a provider's threads.
 */

#include <systemd/sd-event.h>

#include <hcstate/base.h>

struct hc_workers;
struct hc_lane;

struct hc_job {
	int (*run)(void *arg); /* in a thread of the lane */
	/* In the loop's thread, once. -ETIMEDOUT: it outlived its patience and still runs, so
	 * nothing it writes to may be looked at. -EBUSY: it was never begun, for all threads of the
	 * lane are stuck in such jobs. */
	void (*done)(void *arg, int result);
	void (*drop)(void *arg); /* frees arg, after done and after run, in the loop's thread */
	void *arg;
	uint64_t patience; /* microseconds from when it begins; waiting for a thread is not its
			      fault */
};

struct hc_workers *hc_workers_new(sd_event *event);
/* Joins the idle threads; those that are stuck are left to the end of the process. */
struct hc_workers *hc_workers_free(struct hc_workers *workers);

/* Lives as long as the workers. At most `parallel` jobs of it run at once, the others wait. */
struct hc_lane *hc_lane_new(struct hc_workers *workers, const char *name, unsigned parallel);
void hc_lane_run(struct hc_lane *lane, const struct hc_job *job);
/* Drops the job with that arg, without `done`, when no thread has it yet; gives whether it did. */
bool hc_lane_withdraw(struct hc_lane *lane, const void *arg);
