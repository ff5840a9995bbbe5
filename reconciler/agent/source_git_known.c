/* SPDX-License-Identifier: Apache-2.0 */
/*
 * git.json in the state directory: the newest commit that was seen and found good, with where it is
 * from. A branch may only go on from there, also after a restart. It is that commit even when the
 * manifests in it are wrong: else history could be rewritten behind a broken one. Another URL,
 * branch or tag begins anew: whoever may write agent.yaml may choose.
 */

#include "source_git.h"

#include <json-c/json.h>
#include <string.h>

#include <hcstate/file.h>

enum { LARGEST = 65536 };

static const char *path_of(struct hc_arena *arena, const char *state_dir)
{
	return hc_printf(arena, "%s/git.json", state_dir);
}

static bool says(struct json_object *object, const char *name, const char *text)
{
	struct json_object *value = NULL;

	return json_object_object_get_ex(object, name, &value) &&
	       json_object_is_type(value, json_type_string) &&
	       !strcmp(json_object_get_string(value), text);
}

static void take(struct hc_arena *arena, struct json_object *object, const struct hc_agent_git *git,
		 struct git_known *known)
{
	struct json_object *commit = NULL;
	const char *id;

	if (!says(object, "url", git_url_shown(arena, git->url)) ||
	    !says(object, "ref", git_ref_shown(arena, git)) ||
	    !json_object_object_get_ex(object, "commit", &commit))
		return;
	id = json_object_get_string(commit);
	if (id && strlen(id) == 40 && strspn(id, "0123456789abcdef") == 40)
		memcpy(known->commit, id, sizeof(known->commit));
}

/* NULL: there is none. */
static struct json_object *read_file(struct hc_arena *arena, const char *state_dir)
{
	struct json_object *object;
	char *text;

	if (hc_file_read(arena, path_of(arena, state_dir), LARGEST, &text, NULL))
		return NULL;
	object = json_tokener_parse(text);
	if (json_object_is_type(object, json_type_object))
		return object;
	json_object_put(object);
	return NULL;
}

void git_known_read(const char *state_dir, const struct hc_agent_git *git, struct git_known *known)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct json_object *object = read_file(arena, state_dir);

	*known = (struct git_known){0};
	if (object)
		take(arena, object, git, known);
	json_object_put(object);
}

const char *git_known_path(struct hc_arena *arena, const char *state_dir)
{
	struct json_object *object = read_file(arena, state_dir), *path = NULL;
	const char *text = NULL;

	if (object && json_object_object_get_ex(object, "path", &path) &&
	    json_object_is_type(path, json_type_string))
		text = hc_strdup(arena, json_object_get_string(path));
	json_object_put(object);
	return text;
}

int git_known_write(const char *state_dir, const struct hc_agent_git *git, struct git_known *known,
		    const char *commit)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct json_object *object;
	const char *text;
	int r;

	if (!strcmp(known->commit, commit))
		return 0;
	object = json_object_new_object();
	json_object_object_add(object, "url",
			       json_object_new_string(git_url_shown(arena, git->url)));
	json_object_object_add(object, "ref", json_object_new_string(git_ref_shown(arena, git)));
	json_object_object_add(object, "path",
			       git->path ? json_object_new_string(git->path) : NULL);
	json_object_object_add(object, "commit", json_object_new_string(commit));
	text = hc_printf(arena, "%s\n",
			 json_object_to_json_string_ext(object,
							JSON_C_TO_STRING_PLAIN |
								JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
	r = hc_file_write(path_of(arena, state_dir), 0644, text, strlen(text));
	/* Also without a file: as long as this process lives it is known. */
	memcpy(known->commit, commit, sizeof(known->commit));
	return r;
}
