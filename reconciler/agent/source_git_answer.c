/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answer of hcstate-git (reconciler/git/answer.h). That program reads what comes from a network
 * and is confined because it may be taken over by it; so nothing in its answer is believed before
 * it was checked: not a number, not a name. What it says about good and bad is its to say.
 */

#include "source_git.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include <reconciler/load.h>
#include <reconciler/text.h>

enum {
	LONGEST_HEAD = 64 << 20,
	LONGEST_TEXT = 4096,
	LONGEST_PATH = 4096,
	LARGEST = 256 << 20,
	MOST_FILES = 100000,
	MOST_COMMITS = 300000,
};

struct reading {
	struct hc_arena *arena;
	struct git_answer *answer;
	struct hc_commit *commits;
	size_t ncommit;
	const char *rest, *end; /* the files' bytes that are left */
};

static struct json_object *member(struct json_object *object, const char *name, json_type type)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(object, name, &value) || !json_object_is_type(value, type))
		return NULL;
	return value;
}

static bool flag(struct json_object *object, const char *name)
{
	return json_object_get_boolean(member(object, name, json_type_boolean));
}

/* Harmless and not endless; NULL: there is none. */
static const char *text(struct hc_arena *arena, struct json_object *object, const char *name)
{
	struct json_object *value = member(object, name, json_type_string);
	const char *v = value ? json_object_get_string(value) : NULL;

	return v ? hc_harmless(arena, hc_strndup(arena, v, strnlen(v, LONGEST_TEXT))) : NULL;
}

/* -1: there is none, or it is out of range. */
static int64_t number(struct json_object *value, int64_t most)
{
	int64_t n = json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : -1;

	return n <= most ? n : -1;
}

static bool is_id(const char *id)
{
	return id && strlen(id) == 40 && strspn(id, "0123456789abcdef") == 40;
}

static const char *read_commit(struct reading *reading, struct json_object *from,
			       struct hc_commit *commit)
{
	int64_t when;

	commit->id = text(reading->arena, from, "id");
	commit->author = text(reading->arena, from, "author");
	commit->subject = text(reading->arena, from, "subject");
	commit->signer = text(reading->arena, from, "signer");
	when = number(member(from, "when", json_type_int), INT64_MAX);
	commit->when = when > 0 ? (uint64_t)when : 0;
	if (!commit->author)
		commit->author = "";
	if (!commit->subject)
		commit->subject = "";
	return is_id(commit->id) ? NULL : "a commit has no id";
}

static const char *read_commits(struct reading *reading, struct json_object *head)
{
	struct json_object *list = member(head, "commits", json_type_array);
	size_t n = list ? json_object_array_length(list) : 0;
	const char *why = NULL;

	if (n > MOST_COMMITS)
		return "too many commits";
	reading->commits = hc_alloc(reading->arena, n * sizeof(*reading->commits));
	for (size_t i = 0; !why && i < n; i++)
		why = read_commit(reading, json_object_array_get_idx(list, i),
				  &reading->commits[i]);
	reading->ncommit = n;
	if (n)
		reading->answer->tip = &reading->commits[0];
	return why;
}

static const char *read_hunk(struct reading *reading, struct json_object *from, uint64_t behind,
			     struct hc_hunk *hunk)
{
	int64_t first, lines, commit;

	if (!json_object_is_type(from, json_type_array) || json_object_array_length(from) != 3)
		return "lines of a file are not three numbers";
	first = number(json_object_array_get_idx(from, 0), UINT32_MAX);
	lines = number(json_object_array_get_idx(from, 1), UINT32_MAX);
	commit = number(json_object_array_get_idx(from, 2), (int64_t)reading->ncommit - 1);
	if (first < 1 || lines < 1 || commit < 0 || (uint64_t)first < behind)
		return "lines of a file are out of range";
	*hunk = (struct hc_hunk){
		.first = (uint32_t)first,
		.lines = (uint32_t)lines,
		.commit = &reading->commits[commit],
	};
	return NULL;
}

static const char *read_hunks(struct reading *reading, struct json_object *from,
			      struct hc_source *source)
{
	struct json_object *list = member(from, "hunks", json_type_array);
	size_t n = list ? json_object_array_length(list) : 0;
	struct hc_hunk *hunks = hc_alloc(reading->arena, n * sizeof(*hunks));
	const char *why = NULL;
	uint64_t behind = 1;

	for (size_t i = 0; !why && i < n; i++) {
		why = read_hunk(reading, json_object_array_get_idx(list, i), behind, &hunks[i]);
		behind = (uint64_t)hunks[i].first + hunks[i].lines;
	}
	source->hunk = hunks;
	source->nhunk = n;
	return why;
}

/* A name between slashes that leads nowhere else and is not hidden. */
static bool is_sound_part(const char *part, size_t size)
{
	return size && *part != '.';
}

/* One that a manifest in a repository can have. */
static bool is_sound_path(const char *path)
{
	const char *part = path;

	for (const char *p = path; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7F)
			return false;
	for (const char *slash; (slash = strchr(part, '/')); part = slash + 1)
		if (!is_sound_part(part, (size_t)(slash - part)))
			return false;
	return is_sound_part(part, strlen(part)) && hc_is_manifest(part);
}

static const char *read_text(struct reading *reading, struct json_object *from,
			     struct hc_source *source)
{
	int64_t size = number(member(from, "size", json_type_int), HC_MAX_FILE);
	char *copy;

	if (size < 0 || size > reading->end - reading->rest)
		return "a file's size is out of range";
	source->size = (size_t)size;
	copy = hc_alloc(reading->arena, source->size + 1);
	memcpy(copy, reading->rest, source->size);
	source->text = copy;
	reading->rest += size;
	return NULL;
}

static const char *read_file(struct reading *reading, struct json_object *from)
{
	struct git_answer *answer = reading->answer;
	struct hc_source *source = hc_new(reading->arena, struct hc_source);
	struct json_object *path = member(from, "path", json_type_string);
	const char *why;

	if (!path || json_object_get_string_len(path) > LONGEST_PATH ||
	    strlen(json_object_get_string(path)) != (size_t)json_object_get_string_len(path) ||
	    !is_sound_path(json_object_get_string(path)))
		return "a file's name is not one of a manifest";
	source->path = hc_strdup(reading->arena, json_object_get_string(path));
	if (answer->n && strcmp(answer->sources[answer->n - 1]->path, source->path) >= 0)
		return "files are there twice or not in order";
	why = read_hunks(reading, from, source);
	if (!why)
		why = read_text(reading, from, source);
	answer->sources[answer->n++] = source;
	return why;
}

static const char *read_files(struct reading *reading, struct json_object *head)
{
	struct json_object *list = member(head, "files", json_type_array);
	size_t n = list ? json_object_array_length(list) : 0;
	const char *why = NULL;

	if (n > MOST_FILES)
		return "too many files";
	reading->answer->sources = hc_alloc(reading->arena, n * sizeof(struct hc_source *));
	for (size_t i = 0; !why && i < n; i++)
		why = read_file(reading, json_object_array_get_idx(list, i));
	return why || reading->rest == reading->end ? why : "there is more than the files";
}

static const char *read_head(struct reading *reading, struct json_object *head)
{
	struct git_answer *answer = reading->answer;
	const char *why;

	answer->ok = flag(head, "ok");
	answer->same = flag(head, "same");
	answer->verified = flag(head, "verified");
	answer->refused = flag(head, "refused");
	answer->reached = flag(head, "reached");
	answer->broken = flag(head, "broken");
	answer->error = text(reading->arena, head, "error");
	why = read_commits(reading, head);
	if (!why)
		why = read_files(reading, head);
	if (why)
		return why;
	if (answer->ok ? answer->error || answer->refused || !answer->tip : !answer->error)
		return "it contradicts itself";
	if (answer->ok && answer->same == !!answer->n)
		return "it says that there is something new, and gives nothing";
	return !answer->ok && answer->n ? "an error has files" : NULL;
}

static const char *read_answer(struct reading *reading, const char *data, size_t size)
{
	size_t most = size < LONGEST_HEAD ? size : LONGEST_HEAD;
	const char *line = size ? memchr(data, '\n', most) : NULL, *why;
	struct json_tokener *tokener;
	struct json_object *head;

	if (!line)
		return "it has no first line";
	if (size - (size_t)(line - data) - 1 > LARGEST)
		return "it is too large";
	tokener = json_tokener_new_ex(8);
	if (!tokener)
		abort();
	head = json_tokener_parse_ex(tokener, data, (int)(line - data));
	reading->rest = line + 1;
	reading->end = data + size;
	why = json_object_is_type(head, json_type_object) ? read_head(reading, head)
							  : "its first line is no JSON object";
	json_object_put(head);
	json_tokener_free(tokener);
	return why;
}

int git_answer_read(struct hc_arena *arena, const void *data, size_t size,
		    struct git_answer *answer, const char **why)
{
	struct reading reading = {.arena = arena, .answer = answer};

	*answer = (struct git_answer){0};
	*why = read_answer(&reading, data, size);
	return *why ? -EINVAL : 0;
}
