/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What takes long (a download, a migration) and must not be waited for in a worker: a thread of its
 * own, started by a step and asked for by name afterwards. It lives in this process only; whoever
 * kills the process ends it, and the next run begins again from what is there.
 */

#include "nouns.h"

struct job;

/* In the job's thread. `arg` is what job_begin() was given. 0, or a negative errno after
 * job_said(). Looks at job_stopped() now and then. */
typedef int job_run(struct job *job, void *arg);
typedef void job_drop(void *arg); /* frees it; when the job is forgotten */

struct jobs *jobs_new(void);
/* Asks all to stop and waits for them, at most a few seconds. */
struct jobs *jobs_free(struct jobs *jobs); /* takes NULL */

/* Begins one of that name unless it runs; `arg` is taken in any case. */
int job_begin(struct hc_call *call, struct jobs *jobs, const char *name, job_run *run,
	      job_drop *drop, void *arg);

/* How a job is: 0: it has ended well (or there is none of that name); -EAGAIN: it runs, hc_wait()
 * with its progress; else its error, said. One that has ended is forgotten when that was told. */
int job_settled(struct hc_call *call, struct jobs *jobs, const char *name);
bool job_runs(struct jobs *jobs, const char *name);

/* For the job's thread. */
bool job_stopped(const struct job *job);
void job_progress(struct job *job, const char *format, ...) HC_PRINTF(2, 3); /* "45 % of 2 GiB" */
int job_fail(struct job *job, int error, const char *format, ...) HC_PRINTF(3, 4); /* -error */
