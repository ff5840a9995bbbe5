/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcstate-git: what the agent has git done by. One request on stdin, one answer on stdout, and it
 * ends. It is a program of its own because libgit2 cannot be told when to stop, and because what it
 * reads comes from elsewhere: it is killed at a deadline and confined before it reads any of it.
 * Who speaks to a network and who judges what it brought are two processes.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "blame.h"
#include "check.h"
#include "confine.h"
#include "fetch.h"
#include "manifests.h"
#include "mirror.h"

enum {
	WINDOW = 32 << 20, /* of a pack in memory, instead of 1 GiB */
	WINDOWS = 256 << 20,
	CACHE = 64 << 20,
};

static int read_request(struct job *job)
{
	char *text = hc_alloc(job->arena, JOB_LONGEST_REQUEST + 1);
	size_t n = fread(text, 1, JOB_LONGEST_REQUEST + 1, stdin);

	if (ferror(stdin) || n > JOB_LONGEST_REQUEST)
		return job_fail(job, "the request cannot be read");
	return job_read(job, text, n);
}

/* libgit2, of which nobody's configuration and no helper is used. */
static int set_up(struct job *job)
{
	static const int levels[] = {
		GIT_CONFIG_LEVEL_PROGRAMDATA,
		GIT_CONFIG_LEVEL_SYSTEM,
		GIT_CONFIG_LEVEL_XDG,
		GIT_CONFIG_LEVEL_GLOBAL,
	};
	int r = git_libgit2_init();

	for (size_t i = 0; r >= 0 && i < HC_COUNT(levels); i++)
		r = git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i], "");
	if (r >= 0)
		r = git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 1);
	if (r >= 0)
		r = git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, job->verb != JOB_READ);
	if (r >= 0)
		r = git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, (size_t)WINDOW);
	if (r >= 0)
		r = git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, (size_t)WINDOWS);
	if (r >= 0)
		r = git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, (ssize_t)CACHE);
	/* An interrupted fetch must not leave a pack that is there and empty. */
	if (r >= 0)
		r = git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
	return r < 0 ? job_git(job, "libgit2 cannot be set up") : 0;
}

static int run_fetch(struct job *job)
{
	int r = mirror_open(job);

	return r ? r : fetch(job);
}

/* A damaged mirror is no reason to be without manifests. */
static int run_fetch_anew(struct job *job)
{
	mirror_close(job);
	job->why = NULL;
	job->seen = job->broken = false;
	return run_fetch(job);
}

static int find_fetched(struct job *job)
{
	git_commit *commit = NULL;

	if (git_oid_fromstr(&job->tip, job->fetched))
		return job_fail(job, "%s is no commit's id", job->fetched);
	if (git_commit_lookup(&commit, job->repo, &job->tip)) {
		job->broken = true;
		return job_git(job, "commit %s cannot be read", job_short(job, &job->tip));
	}
	git_commit_free(commit);
	job->seen = true;
	return 0;
}

static int run_check(struct job *job, bool *same)
{
	int r = mirror_open(job);

	if (!r)
		r = find_fetched(job);
	if (!r)
		r = check_tip(job);
	if (!r)
		r = mirror_keep(job);
	if (r)
		return r;
	*same = job->loaded && !strcmp(job->loaded, job->fetched);
	return *same ? 0 : manifests_find(job);
}

static int run_read(struct job *job)
{
	git_object *object = NULL, *commit = NULL;
	int r = mirror_open_other(job);

	if (r)
		return r;
	if (git_revparse_single(&object, job->repo, job->revision) ||
	    git_object_peel(&commit, object, GIT_OBJECT_COMMIT))
		r = job_fail(job, "%s is no commit of %s", job->revision, job->directory);
	else
		git_oid_cpy(&job->tip, git_object_id(commit));
	job->seen = !r;
	git_object_free(commit);
	git_object_free(object);
	return r ? r : manifests_find(job);
}

/* What is wrong is in the job. */
static void run(struct job *job, bool *same)
{
	int r = 0;

	switch (job->verb) {
	case JOB_FETCH:
		if (run_fetch(job) && job->broken)
			(void)run_fetch_anew(job);
		*same = true; /* what is in it is for another process to tell */
		return;
	case JOB_CHECK:
		r = run_check(job, same);
		break;
	case JOB_READ:
		r = run_read(job);
		break;
	}
	if (!r && !*same)
		blame(job);
}

int main(void)
{
	struct job job = {.arena = hc_arena_new(), .lock = -1};
	bool same = false;
	int r;

	(void)signal(SIGPIPE, SIG_IGN); /* ssh may end early */
	(void)clearenv();
	(void)setenv("PATH", "/usr/bin:/bin", 1);
	(void)setenv("TZ", "UTC", 1);
	r = read_request(&job);
	if (!r)
		r = confine(&job);
	if (!r)
		r = set_up(&job);
	if (!r)
		run(&job, &same);
	r = answer(&job, same);
	mirror_close(&job);
	/* Not exit(): a thread may still be at work on what that would take apart. */
	_exit(r ? 1 : 0);
}
