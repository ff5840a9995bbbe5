/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who brought which line. It is for people only, and in a long history it takes long, while nothing
 * in libgit2 can stop it: so it runs in a thread of its own that nobody waits for when its time is
 * over. Where it did not come to, no commit is named.
 *
 * The thread has its own handle of the repository and its own memory; what it has done it says by a
 * number.
 */

#include "blame.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "memory.h"

struct blaming {
	struct hc_arena *arena;
	char *repository;
	git_oid newest;
	struct job_file *file; /* its own copies: only paths and what is found */
	size_t nfile;
	size_t nhunk;
	atomic_size_t done; /* of these files; they are not touched any more */
	pthread_mutex_t mutex;
	pthread_cond_t ended;
	bool has_ended;
};

static void take(struct blaming *blaming, struct job_file *file, git_blame *found)
{
	uint32_t n = git_blame_get_hunk_count(found);
	struct job_hunk *hunks = hc_alloc(blaming->arena, n * sizeof(*hunks));

	for (uint32_t i = 0; i < n; i++) {
		const git_blame_hunk *from = git_blame_get_hunk_byindex(found, i);

		hunks[i] = (struct job_hunk){
			.first = (uint32_t)from->final_start_line_number,
			.lines = (uint32_t)from->lines_in_hunk,
			.commit = from->final_commit_id,
		};
	}
	blaming->nhunk += n;
	if (blaming->nhunk > JOB_MOST_HUNKS)
		return;
	file->hunk = hunks;
	file->nhunk = n;
}

static void blame_file(struct blaming *blaming, git_repository *repo, struct job_file *file)
{
	git_blame_options options = GIT_BLAME_OPTIONS_INIT;
	git_blame *found = NULL;

	options.newest_commit = blaming->newest;
	if (!git_blame_file(&found, repo, file->path, &options))
		take(blaming, file, found);
	git_blame_free(found);
}

static void *work(void *arg)
{
	struct blaming *blaming = arg;
	git_repository *repo = NULL;

	if (!git_repository_open(&repo, blaming->repository))
		for (size_t i = 0; i < blaming->nfile && blaming->nhunk <= JOB_MOST_HUNKS; i++) {
			blame_file(blaming, repo, &blaming->file[i]);
			atomic_store(&blaming->done, i + 1);
		}
	git_repository_free(repo);
	(void)pthread_mutex_lock(&blaming->mutex);
	blaming->has_ended = true;
	(void)pthread_cond_signal(&blaming->ended);
	(void)pthread_mutex_unlock(&blaming->mutex);
	return NULL;
}

static void wait_for(struct blaming *blaming, uint64_t patience_us)
{
	uint64_t until = hc_now() + patience_us;
	const struct timespec at = {
		.tv_sec = (time_t)(until / 1000000),
		.tv_nsec = (long)(until % 1000000) * 1000,
	};

	(void)pthread_mutex_lock(&blaming->mutex);
	while (!blaming->has_ended &&
	       !pthread_cond_clockwait(&blaming->ended, &blaming->mutex, CLOCK_MONOTONIC, &at))
		;
	(void)pthread_mutex_unlock(&blaming->mutex);
}

/* The files of which nothing is known yet; which[i] is where copy i belongs. */
static size_t *choose(struct job *job, struct blaming *blaming)
{
	size_t *which = hc_alloc(job->arena, job->nfile * sizeof(*which));

	blaming->file = hc_alloc(blaming->arena, job->nfile * sizeof(*blaming->file));
	for (size_t i = 0; i < job->nfile; i++) {
		if (job->file[i].hunk)
			continue;
		which[blaming->nfile] = i;
		blaming->file[blaming->nfile++].path = hc_strdup(blaming->arena, job->file[i].path);
	}
	return which;
}

/* Never freed: the thread may still be in it when this process ends. */
static struct blaming *blaming_new(struct job *job)
{
	struct hc_arena *arena = hc_arena_new();
	struct blaming *blaming = hc_new(arena, struct blaming);

	blaming->arena = arena;
	blaming->newest = job->tip;
	blaming->repository = hc_strdup(arena, git_repository_path(job->repo));
	(void)pthread_mutex_init(&blaming->mutex, NULL); /* these do not fail */
	(void)pthread_cond_init(&blaming->ended, NULL);
	return blaming;
}

void blame(struct job *job)
{
	struct blaming *blaming;
	pthread_t thread;
	size_t *which, done;

	memory_recall(job);
	if (!job->blame_us)
		return;
	blaming = blaming_new(job);
	which = choose(job, blaming);
	if (!blaming->nfile || pthread_create(&thread, NULL, work, blaming))
		return;
	(void)pthread_detach(thread);
	wait_for(blaming, job->blame_us);
	done = atomic_load(&blaming->done);
	for (size_t i = 0; i < done; i++) {
		job->file[which[i]].hunk = blaming->file[i].hunk;
		job->file[which[i]].nhunk = blaming->file[i].nhunk;
	}
}
