/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The index of the kept generation. A commit is written once, however many lines it brought; hunks
 * name it. Paths and names go in byte by byte, also where they are no UTF-8: they are to come back
 * as they were, and nobody else reads this file.
 */

#include "store_index.h"

#include <json-c/json.h>
#include <string.h>

enum { DEPTH = 6 }; /* what it needs */

/* What is read, and where it goes. */
struct reading {
	struct hc_arena *arena;
	struct json_object *root, *commits;
	struct store_index *index;
};

static void add_text(struct json_object *object, const char *name, const char *text)
{
	if (text)
		json_object_object_add(object, name, json_object_new_string(text));
}

static void add_commit(struct json_object *commits, const struct hc_commit *commit)
{
	struct json_object *object;

	if (json_object_object_get_ex(commits, commit->id, NULL))
		return;
	object = json_object_new_object();
	add_text(object, "author", commit->author);
	add_text(object, "subject", commit->subject);
	add_text(object, "signer", commit->signer);
	json_object_object_add(object, "when", json_object_new_uint64(commit->when));
	json_object_object_add(commits, commit->id, object);
}

static struct json_object *hunks_of(const struct hc_source *source, struct json_object *commits)
{
	struct json_object *hunks = json_object_new_array();

	for (size_t i = 0; i < source->nhunk; i++) {
		struct json_object *hunk = json_object_new_array_ext(3);

		json_object_array_add(hunk, json_object_new_uint64(source->hunk[i].first));
		json_object_array_add(hunk, json_object_new_uint64(source->hunk[i].lines));
		json_object_array_add(hunk, json_object_new_string(source->hunk[i].commit->id));
		json_object_array_add(hunks, hunk);
		add_commit(commits, source->hunk[i].commit);
	}
	return hunks;
}

static struct json_object *file_of(const struct hc_source *source, struct json_object *commits)
{
	struct json_object *file = json_object_new_object();

	add_text(file, "path", source->path);
	json_object_object_add(file, "size", json_object_new_uint64(source->size));
	if (source->nhunk)
		json_object_object_add(file, "hunks", hunks_of(source, commits));
	return file;
}

const char *store_index_text(struct hc_arena *arena, const struct hc_generation *generation,
			     const char *texts)
{
	struct json_object *root = json_object_new_object();
	struct json_object *commits = json_object_new_object();
	struct json_object *files = json_object_new_array();
	const char *text;

	add_text(root, "id", generation->id);
	add_text(root, "root", generation->root);
	add_text(root, "texts", texts);
	add_text(root, "commit", generation->commit ? generation->commit->id : NULL);
	if (generation->commit)
		add_commit(commits, generation->commit);
	for (size_t i = 0; i < generation->nsource; i++)
		json_object_array_add(files, file_of(generation->sources[i], commits));
	json_object_object_add(root, "commits", commits);
	json_object_object_add(root, "files", files);
	text = hc_strdup(arena,
			 json_object_to_json_string_ext(root,
							JSON_C_TO_STRING_PLAIN |
								JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(root);
	return text;
}

static void put_object(struct json_object **object)
{
	json_object_put(*object);
}

/* NULL: there is no such text, or it has a NUL in it. */
static const char *text_of(struct reading *reading, struct json_object *object, const char *name)
{
	struct json_object *value = json_object_object_get(object, name);
	const char *text;

	if (!json_object_is_type(value, json_type_string))
		return NULL;
	text = json_object_get_string(value);
	if (strlen(text) != (size_t)json_object_get_string_len(value))
		return NULL;
	return hc_strdup(reading->arena, text);
}

static bool number_of(struct json_object *value, uint64_t min, uint64_t max, uint64_t *number)
{
	if (!json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 0)
		return false;
	*number = json_object_get_uint64(value);
	return *number >= min && *number <= max;
}

static bool is_hex(const char *text, size_t size)
{
	return text && strlen(text) == size && strspn(text, "0123456789abcdef") == size;
}

/* The commits' objects carry what is made of them. */
static bool read_commits(struct reading *reading)
{
	json_object_object_foreach(reading->commits, id, object)
	{
		struct hc_commit *commit = hc_new(reading->arena, struct hc_commit);

		if (!json_object_is_type(object, json_type_object) || !is_hex(id, 40) ||
		    !number_of(json_object_object_get(object, "when"), 0, UINT64_MAX,
			       &commit->when))
			return false;
		commit->id = hc_strdup(reading->arena, id);
		commit->author = text_of(reading, object, "author");
		commit->subject = text_of(reading, object, "subject");
		commit->signer = text_of(reading, object, "signer");
		json_object_set_userdata(object, commit, NULL);
	}
	return true;
}

static const struct hc_commit *commit_of(const struct reading *reading, struct json_object *id)
{
	struct json_object *object = NULL;

	if (!json_object_is_type(id, json_type_string) ||
	    !json_object_object_get_ex(reading->commits, json_object_get_string(id), &object))
		return NULL;
	return json_object_get_userdata(object);
}

static bool read_hunk(const struct reading *reading, struct json_object *from, uint64_t above,
		      struct hc_hunk *hunk)
{
	uint64_t first, lines;

	if (!json_object_is_type(from, json_type_array) || json_object_array_length(from) != 3 ||
	    !number_of(json_object_array_get_idx(from, 0), above + 1, UINT32_MAX, &first) ||
	    !number_of(json_object_array_get_idx(from, 1), 1, UINT32_MAX - first, &lines))
		return false;
	hunk->first = (uint32_t)first;
	hunk->lines = (uint32_t)lines;
	hunk->commit = commit_of(reading, json_object_array_get_idx(from, 2));
	return hunk->commit;
}

static bool read_hunks(struct reading *reading, struct json_object *from, struct hc_source *source)
{
	size_t n = json_object_is_type(from, json_type_array) ? json_object_array_length(from) : 0;
	struct hc_hunk *hunk = hc_alloc(reading->arena, n * sizeof(*hunk));
	uint64_t above = 0;

	for (size_t i = 0; i < n; i++) {
		if (!read_hunk(reading, json_object_array_get_idx(from, i), above, &hunk[i]))
			return false;
		above = (uint64_t)hunk[i].first + hunk[i].lines - 1;
	}
	source->hunk = n ? hunk : NULL;
	source->nhunk = n;
	return n || !from;
}

static struct hc_source *read_file(struct reading *reading, struct json_object *from)
{
	struct hc_source *source = hc_new(reading->arena, struct hc_source);
	uint64_t size;

	if (!json_object_is_type(from, json_type_object))
		return NULL;
	source->path = text_of(reading, from, "path");
	if (!source->path || !*source->path ||
	    !number_of(json_object_object_get(from, "size"), 0, HC_MAX_FILE, &size) ||
	    !read_hunks(reading, json_object_object_get(from, "hunks"), source))
		return NULL;
	source->size = size;
	return source;
}

static bool read_files(struct reading *reading)
{
	struct json_object *files = json_object_object_get(reading->root, "files");
	size_t n =
		json_object_is_type(files, json_type_array) ? json_object_array_length(files) : 0;
	struct store_index *index = reading->index;

	index->sources = hc_alloc(reading->arena, n * sizeof(struct hc_source *));
	for (index->n = 0; index->n < n; index->n++) {
		struct json_object *from = json_object_array_get_idx(files, index->n);

		index->sources[index->n] = read_file(reading, from);
		if (!index->sources[index->n])
			return false;
	}
	return true;
}

static const char *read_all(struct reading *reading)
{
	struct store_index *index = reading->index;
	struct json_object *commit = json_object_object_get(reading->root, "commit");

	index->id = text_of(reading, reading->root, "id");
	index->root = text_of(reading, reading->root, "root");
	index->texts = text_of(reading, reading->root, "texts");
	reading->commits = json_object_object_get(reading->root, "commits");
	if (!is_hex(index->id, commit ? 40 : 16) || !index->root || !*index->root ||
	    !is_hex(index->texts, STORE_DIGEST))
		return "its index does not say what it is";
	if (!json_object_is_type(reading->commits, json_type_object) || !read_commits(reading))
		return "its index is wrong about commits";
	index->commit = commit ? commit_of(reading, commit) : NULL;
	if (commit && !index->commit)
		return "its index does not have its commit";
	return read_files(reading) ? NULL : "its index is wrong about files";
}

static struct json_object *parse(const char *text, size_t size)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH);
	struct json_object *root = NULL;

	if (!tokener)
		return NULL;
	if (size && size < INT32_MAX)
		root = json_tokener_parse_ex(tokener, text, (int)size + 1); /* and its NUL */
	if (root && json_tokener_get_parse_end(tokener) < size) {
		json_object_put(root);
		root = NULL;
	}
	json_tokener_free(tokener);
	return root;
}

const char *store_index_read(struct hc_arena *arena, const char *text, size_t size,
			     struct store_index *index)
{
	_cleanup_(put_object) struct json_object *root = parse(text, size);
	struct reading reading = {.arena = arena, .root = root, .index = index};

	*index = (struct store_index){NULL};
	if (!json_object_is_type(root, json_type_object))
		return "its index cannot be read";
	return read_all(&reading);
}
