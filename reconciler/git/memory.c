/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The head of the last answer, kept beside the mirror: which commit brought which line of a file is
 * the same as long as the file is. It is our own file in our own directory; if it is damaged all is
 * looked up again.
 */

#include "memory.h"

#include <json-c/json.h>
#include <string.h>

#include <hcstate/file.h>

enum { LARGEST = 64 << 20 };

/* What of the head is needed to understand a file's entry. */
struct recalling {
	struct job *job;
	struct json_object *commits;
};

static const char *memory_path(struct job *job)
{
	return hc_printf(job->arena, "%s/last.json", job->directory);
}

static bool oid_of(struct json_object *object, const char *name, git_oid *id)
{
	struct json_object *value = NULL;

	return json_object_object_get_ex(object, name, &value) &&
	       json_object_is_type(value, json_type_string) &&
	       !git_oid_fromstr(id, json_object_get_string(value));
}

static bool hunk_of(struct recalling *recalling, struct json_object *entry, struct job_hunk *hunk)
{
	struct json_object *commit;

	if (!json_object_is_type(entry, json_type_array) || json_object_array_length(entry) != 3)
		return false;
	hunk->first = (uint32_t)json_object_get_int64(json_object_array_get_idx(entry, 0));
	hunk->lines = (uint32_t)json_object_get_int64(json_object_array_get_idx(entry, 1));
	commit = json_object_array_get_idx(recalling->commits,
					   (size_t)json_object_get_int64(
						   json_object_array_get_idx(entry, 2)));
	return commit && oid_of(commit, "id", &hunk->commit);
}

static void recall_file(struct recalling *recalling, struct json_object *entry,
			struct job_file *file)
{
	struct json_object *list = NULL;
	struct job_hunk *hunks;
	git_oid blob;
	size_t n;

	if (!oid_of(entry, "blob", &blob) || !git_oid_equal(&blob, &file->blob) ||
	    !json_object_object_get_ex(entry, "hunks", &list) ||
	    !json_object_is_type(list, json_type_array))
		return;
	n = json_object_array_length(list);
	hunks = hc_alloc(recalling->job->arena, (n + 1) * sizeof(*hunks));
	for (size_t i = 0; i < n; i++)
		if (!hunk_of(recalling, json_object_array_get_idx(list, i), &hunks[i]))
			return;
	file->hunk = hunks;
	file->nhunk = n;
}

/* Both lists are sorted by path. */
static void recall_files(struct recalling *recalling, struct json_object *files)
{
	struct job *job = recalling->job;
	size_t n = json_object_array_length(files);

	for (size_t i = 0, k = 0; i < n && k < job->nfile;) {
		struct json_object *entry = json_object_array_get_idx(files, i), *path = NULL;
		int order;

		if (!json_object_object_get_ex(entry, "path", &path))
			return;
		order = strcmp(json_object_get_string(path), job->file[k].path);
		if (!order)
			recall_file(recalling, entry, &job->file[k]);
		i += order <= 0;
		k += order >= 0;
	}
}

void memory_recall(struct job *job)
{
	struct recalling recalling = {.job = job};
	struct json_object *head = NULL, *files = NULL;
	char *text;

	if (job->verb == JOB_CHECK &&
	    !hc_file_read(job->arena, memory_path(job), LARGEST, &text, NULL))
		head = json_tokener_parse(text);
	if (json_object_is_type(head, json_type_object) &&
	    json_object_object_get_ex(head, "commits", &recalling.commits) &&
	    json_object_is_type(recalling.commits, json_type_array) &&
	    json_object_object_get_ex(head, "files", &files) &&
	    json_object_is_type(files, json_type_array))
		recall_files(&recalling, files);
	json_object_put(head);
}

void memory_keep(struct job *job, struct json_object *head)
{
	const char *text = json_object_to_json_string_ext(head, JSON_C_TO_STRING_PLAIN);

	/* Without it the next has more to do. */
	(void)hc_file_write(memory_path(job), 0600, text, strlen(text));
}
