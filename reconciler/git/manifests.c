/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manifests of a commit: what reconciler/source.c would find in a directory with its content.
 * Here too what is named like a manifest and cannot be read is an error, since one that is skipped
 * in silence looks like a wish to remove what it says. So are a link to a directory and another
 * repository in this one: what is in there is not here.
 */

#include "manifests.h"

#include <string.h>

#include <reconciler/load.h>

static bool is_plain(const char *name)
{
	for (; *name; name++)
		if ((unsigned char)*name < 0x20 || *name == 0x7F)
			return false;
	return true;
}

static const char *shown(struct job *job, const char *path)
{
	char *copy = hc_strdup(job->arena, path);

	for (char *p = copy; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7F)
			*p = '?';
	return copy;
}

static int wrong(struct job *job, const char *path, const char *what)
{
	return job_fail(job, "commit %s: %s %s", job_short(job, &job->tip), shown(job, path), what);
}

static int add(struct job *job, const char *path, const git_oid *id)
{
	git_odb *odb = NULL;
	git_object_t type;
	size_t size;
	int r = git_repository_odb(&odb, job->repo);

	if (!r)
		r = git_odb_read_header(&size, &type, odb, id);
	git_odb_free(odb);
	if (r)
		return job_git(job, "commit %s: %s cannot be read", job_short(job, &job->tip),
			       path);
	if (size > JOB_LARGEST_FILE)
		return wrong(job, path, "is larger than 64 MiB");
	if (job->nfile >= JOB_MOST_FILES)
		return wrong(job, path, "is one file more than the 100000 that are taken");
	job->file = hc_grow(job->arena, job->file, job->nfile, &job->fileroom, sizeof(*job->file));
	job->file[job->nfile++] =
		(struct job_file){.path = hc_strdup(job->arena, path), .blob = *id, .size = size};
	return 0;
}

/* The place that a relative link leads to from the directory of `path`; NULL: out of the
 * repository. */
static const char *target_of(struct job *job, const char *path, const char *link)
{
	char *target = hc_strdup(job->arena, path), *copy = hc_strdup(job->arena, link), *slash;
	char *rest = NULL;

	slash = strrchr(target, '/');
	*(slash ? slash : target) = '\0';
	if (*link == '/')
		return NULL;
	for (char *part = strtok_r(copy, "/", &rest); part; part = strtok_r(NULL, "/", &rest)) {
		if (!strcmp(part, "."))
			continue;
		if (!strcmp(part, "..") && !*target)
			return NULL;
		slash = strrchr(target, '/');
		if (!strcmp(part, ".."))
			*(slash ? slash : target) = '\0';
		else
			target = hc_printf(job->arena, "%s%s%s", target, *target ? "/" : "", part);
	}
	return target;
}

static bool leads_to_directory(struct job *job, const git_tree *root, const char *path,
			       const git_oid *id)
{
	const char *target = NULL;
	git_tree_entry *entry = NULL;
	git_blob *blob = NULL;
	bool directory;

	if (!git_blob_lookup(&blob, job->repo, id) && git_blob_rawsize(blob) < 4096)
		target = target_of(job, path,
				   hc_strndup(job->arena, git_blob_rawcontent(blob),
					      (size_t)git_blob_rawsize(blob)));
	git_blob_free(blob);
	if (!target)
		return false;
	directory = !*target || (!git_tree_entry_bypath(&entry, root, target) &&
				 git_tree_entry_type(entry) == GIT_OBJECT_TREE);
	git_tree_entry_free(entry);
	return directory;
}

static int take_link(struct job *job, const git_tree *root, const char *path, const char *name,
		     const git_oid *id)
{
	if (hc_is_manifest(name))
		return wrong(job, path, "is a link, which is not followed");
	if (leads_to_directory(job, root, path, id))
		return wrong(job, path, "is a link to a directory, which is not followed");
	return 0;
}

static int walk(struct job *job, const git_tree *root, const git_oid *id, const char *above,
		unsigned depth);

static int take(struct job *job, const git_tree *root, const git_tree_entry *entry,
		const char *above, unsigned depth)
{
	const char *name = git_tree_entry_name(entry);
	const char *path = hc_printf(job->arena, "%s%s%s", above, *above ? "/" : "", name);
	const git_oid *id = git_tree_entry_id(entry);
	git_filemode_t mode = git_tree_entry_filemode(entry);

	if (*name == '.')
		return 0;
	if (mode == GIT_FILEMODE_TREE)
		return depth >= JOB_DEEPEST ? wrong(job, path, "is too deep in the tree")
					    : walk(job, root, id, path, depth + 1);
	if (mode == GIT_FILEMODE_COMMIT)
		return wrong(job, path, "is a submodule, which is not fetched");
	if (mode == GIT_FILEMODE_LINK)
		return take_link(job, root, path, name, id);
	if (!hc_is_manifest(name))
		return 0;
	if (!is_plain(path))
		return wrong(job, path, "has control characters in its name");
	return add(job, path, id);
}

static int walk(struct job *job, const git_tree *root, const git_oid *id, const char *above,
		unsigned depth)
{
	git_tree *tree = NULL;
	int r = 0;

	if (git_tree_lookup(&tree, job->repo, id))
		return job_git(job, "commit %s cannot be read", job_short(job, &job->tip));
	for (size_t i = 0; !r && i < git_tree_entrycount(tree); i++)
		r = take(job, root, git_tree_entry_byindex(tree, i), above, depth);
	git_tree_free(tree);
	return r;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct job_file *)a)->path, ((const struct job_file *)b)->path);
}

static int check_all(struct job *job)
{
	uint64_t all = 0;

	for (size_t i = 0; i < job->nfile; i++)
		all += job->file[i].size;
	if (all > JOB_LARGEST)
		return job_fail(job, "commit %s: its manifests are larger than 256 MiB",
				job_short(job, &job->tip));
	/* An empty set would be a wish to remove everything. */
	if (!job->nfile)
		return job_fail(job, "commit %s: there are no manifests (*.yaml, *.yml) in %s",
				job_short(job, &job->tip), job->path ? job->path : "it");
	qsort(job->file, job->nfile, sizeof(*job->file), by_path);
	for (size_t i = 1; i < job->nfile; i++)
		if (!strcmp(job->file[i - 1].path, job->file[i].path))
			return wrong(job, job->file[i].path, "is there twice");
	return 0;
}

/* Where the manifests begin. */
static int find_top(struct job *job, const git_tree *root, git_oid *id)
{
	git_tree_entry *entry = NULL;
	bool found;

	git_oid_cpy(id, git_tree_id(root));
	if (!job->path)
		return 0;
	found = !git_tree_entry_bypath(&entry, root, job->path) &&
		git_tree_entry_type(entry) == GIT_OBJECT_TREE;
	if (found)
		git_oid_cpy(id, git_tree_entry_id(entry));
	git_tree_entry_free(entry);
	return found ? 0 : wrong(job, job->path, "is no directory in there");
}

int manifests_find(struct job *job)
{
	git_commit *commit = NULL;
	git_tree *root = NULL;
	git_oid top;
	int r;

	if (git_commit_lookup(&commit, job->repo, &job->tip) || git_commit_tree(&root, commit))
		r = job_git(job, "commit %s cannot be read", job_short(job, &job->tip));
	else
		r = find_top(job, root, &top);
	if (!r)
		r = walk(job, root, &top, job->path ? job->path : "", 0);
	git_tree_free(root);
	git_commit_free(commit);
	return r ? r : check_all(job);
}
