/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answer. The head says all sizes, so who reads it knows when it is whole; the files come one
 * by one, so that they are never all in memory here.
 */

#include "answer.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include <reconciler/json.h>

#include "memory.h"

enum {
	LONGEST_NAME = 100,
	LONGEST_SUBJECT = 200,
};

/* The commits that are named so far, and each one's number by its id. */
struct naming {
	struct job *job;
	struct json_object *commits, *numbers;
};

static struct json_object *bounded(struct job *job, const char *text, size_t most)
{
	return hc_json_string(
		hc_strndup(job->arena, text ? text : "", strnlen(text ? text : "", most)));
}

static struct json_object *commit_json(struct job *job, const git_oid *id)
{
	struct json_object *object = json_object_new_object();
	const git_signature *author;
	git_commit *commit = NULL;
	char text[GIT_OID_HEXSZ + 1];

	json_object_object_add(object, "id",
			       json_object_new_string(git_oid_tostr(text, sizeof(text), id)));
	if (!git_commit_lookup(&commit, job->repo, id)) {
		author = git_commit_author(commit);
		json_object_object_add(object, "author",
				       bounded(job, author ? author->name : NULL, LONGEST_NAME));
		json_object_object_add(object, "subject",
				       bounded(job, git_commit_summary(commit), LONGEST_SUBJECT));
		json_object_object_add(object, "when",
				       json_object_new_int64(git_commit_time(commit)));
	}
	git_commit_free(commit);
	return object;
}

/* The commit's number in the list, where it is put when it is not there yet. */
static size_t number_of(struct naming *naming, const git_oid *id)
{
	struct json_object *number = NULL;
	char text[GIT_OID_HEXSZ + 1];
	size_t n = json_object_array_length(naming->commits);

	(void)git_oid_tostr(text, sizeof(text), id); /* gives text */
	if (json_object_object_get_ex(naming->numbers, text, &number))
		return (size_t)json_object_get_int64(number);
	json_object_array_add(naming->commits, commit_json(naming->job, id));
	json_object_object_add(naming->numbers, text, json_object_new_int64((int64_t)n));
	return n;
}

static struct json_object *hunks_json(struct naming *naming, const struct job_file *file)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < file->nhunk; i++) {
		const struct job_hunk *hunk = &file->hunk[i];
		struct json_object *entry = json_object_new_array();
		size_t number = number_of(naming, &hunk->commit);

		json_object_array_add(entry, json_object_new_int64(hunk->first));
		json_object_array_add(entry, json_object_new_int64(hunk->lines));
		json_object_array_add(entry, json_object_new_int64((int64_t)number));
		json_object_array_add(list, entry);
	}
	return list;
}

static struct json_object *file_json(struct naming *naming, const struct job_file *file)
{
	struct json_object *object = json_object_new_object();
	char blob[GIT_OID_HEXSZ + 1];

	json_object_object_add(object, "path", hc_json_string(file->path));
	json_object_object_add(object, "blob",
			       json_object_new_string(
				       git_oid_tostr(blob, sizeof(blob), &file->blob)));
	json_object_object_add(object, "size", json_object_new_int64((int64_t)file->size));
	if (file->hunk)
		json_object_object_add(object, "hunks", hunks_json(naming, file));
	return object;
}

static struct json_object *head_json(struct job *job, bool same)
{
	struct naming naming = {job, json_object_new_array(), json_object_new_object()};
	struct json_object *head = json_object_new_object(), *files = json_object_new_array();

	json_object_object_add(head, "ok", json_object_new_boolean(!job->why));
	json_object_object_add(head, "same", json_object_new_boolean(same && !job->why));
	json_object_object_add(head, "verified", json_object_new_boolean(job->verified));
	json_object_object_add(head, "reached", json_object_new_boolean(job->reached));
	json_object_object_add(head, "broken", json_object_new_boolean(job->broken));
	json_object_object_add(head, "refused", json_object_new_boolean(job->refused));
	json_object_object_add(head, "error", hc_json_string(job->why));
	if (job->seen)
		(void)number_of(&naming, &job->tip); /* the first */
	if (job->seen && job->signer)
		json_object_object_add(json_object_array_get_idx(naming.commits, 0), "signer",
				       hc_json_string(job->signer));
	for (size_t i = 0; !job->why && !same && i < job->nfile; i++)
		json_object_array_add(files, file_json(&naming, &job->file[i]));
	json_object_object_add(head, "commits", naming.commits);
	json_object_object_add(head, "files", files);
	json_object_put(naming.numbers);
	return head;
}

static int put(const void *data, size_t size)
{
	return fwrite(data, 1, size, stdout) == size ? 0 : -EIO;
}

static int put_file(struct job *job, const struct job_file *file)
{
	git_blob *blob = NULL;
	int r;

	if (git_blob_lookup(&blob, job->repo, &file->blob) ||
	    (uint64_t)git_blob_rawsize(blob) != file->size) {
		job->broken = true;
		r = -EIO;
	} else {
		r = put(git_blob_rawcontent(blob), (size_t)file->size);
	}
	git_blob_free(blob);
	return r;
}

int answer(struct job *job, bool same)
{
	struct json_object *head = head_json(job, same);
	const char *line = json_object_to_json_string_ext(head, JSON_C_TO_STRING_PLAIN);
	int r = put(line, strlen(line));

	if (!r)
		r = put("\n", 1);
	for (size_t i = 0; !r && !job->why && !same && i < job->nfile; i++)
		r = put_file(job, &job->file[i]);
	if (!r && fflush(stdout))
		r = -errno;
	if (!r && job->verb == JOB_CHECK && !job->why && !same)
		memory_keep(job, head);
	json_object_put(head);
	return r;
}
