/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mirror: a bare repository with the history of what is followed, so that a fetch brings only
 * what is new, and who brought which line can be told without the server. It is all in packs, one
 * for each fetch that brought something, which are put together when there are many: libgit2 does
 * that for nobody.
 *
 * A process that was killed leaves locks and half-written packs. There is one process at a time (a
 * lock of the kernel's, which goes with it), so what is there at the begin is nobody's. Who judges
 * a commit believes nothing of what fetched it but the objects themselves, which have their hash
 * for a name.
 */

#include "mirror.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <string.h>
#include <sys/file.h>

#include <hcstate/file.h>

enum { MOST_PACKS = 20 };

static const char *mirror_path(struct job *job)
{
	return hc_printf(job->arena, "%s/mirror.git", job->directory);
}

static int lock(struct job *job)
{
	const char *path = hc_printf(job->arena, "%s/lock", job->directory);

	job->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (job->lock < 0)
		return job_fail(job, "%s: %s", path, strerror(errno));
	if (flock(job->lock, LOCK_EX | LOCK_NB))
		return job_fail(job, "another fetch is under way");
	return 0;
}

static bool ends_in(const char *name, const char *end)
{
	size_t size = strlen(name), tail = strlen(end);

	return size > tail && !strcmp(name + size - tail, end);
}

/* Of a process that was killed. */
static bool is_left_over(const char *name)
{
	return ends_in(name, ".lock") || !strncmp(name, "pack_git2_", 10) ||
	       !strncmp(name, "tmp_object_", 11) || !strncmp(name, "tmp_pack_", 9);
}

/* What says something else of a commit than the commit itself: none of it is made here, so it is
 * the work of a process that was taken over. */
static bool is_hearsay(const char *name)
{
	static const char *const names[] = {
		"alternates", "commit-graph", "grafts", "multi-pack-index", "shallow",
	};

	for (size_t i = 0; i < HC_COUNT(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return ends_in(name, ".graph");
}

static bool has_to_go(const FTSENT *entry)
{
	const char *name = entry->fts_name;

	return entry->fts_info == FTS_SL || entry->fts_info == FTS_SLNONE ||
	       (entry->fts_info == FTS_F && (is_left_over(name) || is_hearsay(name)));
}

static void clean(const char *path)
{
	char *copy = strdup(path);
	char *roots[] = {copy, NULL};
	FTS *tree = copy ? fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL) : NULL;

	for (FTSENT *entry = tree ? fts_read(tree) : NULL; entry; entry = fts_read(tree))
		if (has_to_go(entry))
			(void)unlink(entry->fts_accpath); /* else whoever meets it says so */
	if (tree)
		(void)fts_close(tree); /* all was read */
	free(copy);
}

static int make(struct job *job, const char *path)
{
	git_repository_init_options options = GIT_REPOSITORY_INIT_OPTIONS_INIT;

	options.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKDIR;
	options.mode = 0700;
	options.initial_head = MIRROR_TIP; /* so HEAD and HEAD~1 can be said */
	if (git_repository_init_ext(&job->repo, path, &options))
		return job_git(job, "the mirror %s cannot be made", path);
	return 0;
}

int mirror_open(struct job *job)
{
	const char *path = mirror_path(job);
	int r = lock(job);

	if (r)
		return r;
	clean(path);
	if (!git_repository_open_bare(&job->repo, path))
		return 0;
	if (job->verb == JOB_CHECK) {
		job->broken = true;
		return job_git(job, "the mirror %s cannot be read", path);
	}
	r = hc_file_clear(path);
	if (r)
		return job_fail(job, "the mirror %s is damaged and cannot be removed: %s", path,
				strerror(-r));
	return make(job, path);
}

int mirror_open_other(struct job *job)
{
	if (git_repository_open(&job->repo, job->directory))
		return job_git(job, "the repository %s cannot be read", job->directory);
	return 0;
}

static const char *pack_directory(struct job *job)
{
	return hc_printf(job->arena, "%s/objects/pack", mirror_path(job));
}

/* Calls `f` with each file of the packs; gives how many packs there are. */
static size_t each_pack(struct job *job, void (*f)(struct job *, const char *name, const char *arg),
			const char *arg)
{
	DIR *directory = opendir(pack_directory(job));
	size_t n = 0;

	for (struct dirent *entry = directory ? readdir(directory) : NULL; entry;
	     entry = readdir(directory)) {
		n += ends_in(entry->d_name, ".pack");
		if (f && *entry->d_name != '.')
			f(job, entry->d_name, arg);
	}
	if (directory)
		(void)closedir(directory); /* it was only read */
	return n;
}

static void drop_other(struct job *job, const char *name, const char *kept)
{
	if (!strstr(name, kept))
		(void)unlink(hc_printf(job->arena, "%s/%s", pack_directory(job), name));
}

static int fill_pack(struct job *job, git_packbuilder *pack)
{
	git_revwalk *walk = NULL;
	int r = git_revwalk_new(&walk, job->repo);

	if (!r)
		r = git_revwalk_push(walk, &job->tip);
	if (!r)
		r = git_packbuilder_insert_walk(pack, walk);
	if (!r)
		r = git_packbuilder_write(pack, NULL, 0, NULL, NULL);
	git_revwalk_free(walk);
	return r;
}

/* What does not hang on the tip goes: refused commits, rewritten history. */
static void put_together(struct job *job)
{
	git_packbuilder *pack = NULL;
	const char *name;

	if (each_pack(job, NULL, NULL) <= MOST_PACKS || git_packbuilder_new(&pack, job->repo))
		return;
	(void)git_packbuilder_set_threads(pack, 1); /* gives the number */
	if (!fill_pack(job, pack)) {
		name = git_packbuilder_name(pack);
		if (name && each_pack(job, NULL, NULL) > 1)
			(void)each_pack(job, drop_other, hc_strdup(job->arena, name));
	}
	git_packbuilder_free(pack);
}

int mirror_keep(struct job *job)
{
	git_reference *reference = NULL;
	git_oid now;

	if (!git_reference_name_to_id(&now, job->repo, MIRROR_TIP) &&
	    git_oid_equal(&now, &job->tip))
		return 0;
	if (git_reference_create(&reference, job->repo, MIRROR_TIP, &job->tip, 1, NULL))
		return job_git(job, "the mirror cannot be written");
	git_reference_free(reference);
	put_together(job);
	return 0;
}

void mirror_close(struct job *job)
{
	git_repository_free(job->repo);
	job->repo = NULL;
	if (job->broken && job->lock >= 0)
		(void)hc_file_clear(mirror_path(job)); /* else whoever comes next says so */
	hc_closep(&job->lock);
	job->lock = -1;
}
