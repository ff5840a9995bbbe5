/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Monitor commands: JSON there, JSON back. `osd down` says nothing of whether the daemon is dead:
 * one that lives is up again at its next word, so `definitely_dead`, with which Ceph would trust
 * that nobody reads from it any more, is not for a node that may only have been cut off.
 */

#include "osd_mark.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

enum {
	DEPTH = 32, /* of what Ceph answers */
};

static struct json_object *command(const char *prefix)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "prefix", json_object_new_string(prefix));
	json_object_object_add(object, "format", json_object_new_string("json"));
	return object;
}

static struct json_object *parse(const char *text, size_t size)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH);
	struct json_object *json = NULL;

	if (!tokener)
		abort();
	if (text && size < INT32_MAX)
		json = json_tokener_parse_ex(tokener, text, (int)size);
	json_tokener_free(tokener);
	return json;
}

/* Takes the command; *answer NULL: it is not wanted, else to be put. */
static int tell(rados_t rados, struct json_object *object, struct json_object **answer)
{
	const char *text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN);
	char *out = NULL, *words = NULL;
	size_t size = 0, nwords = 0;
	int r = rados_mon_command(rados, &text, 1, "", 0, &out, &size, &words, &nwords);

	if (r >= 0 && answer) {
		*answer = parse(out, size);
		if (!*answer)
			r = -EBADMSG;
	}
	rados_buffer_free(out);
	rados_buffer_free(words);
	json_object_put(object);
	return r < 0 ? r : 0;
}

int osd_mark_down(rados_t rados, const struct osd_found *found)
{
	struct json_object *object = command("osd down"), *ids = json_object_new_array();

	for (size_t i = 0; i < found->n; i++) {
		char text[16];

		(void)snprintf(text, sizeof(text), "%" PRIu32, found->ids[i]);
		json_object_array_add(ids, json_object_new_string(text));
	}
	json_object_object_add(object, "ids", ids);
	return tell(rados, object, NULL);
}

int osd_mark_look(rados_t rados, struct hc_arena *arena, const struct osd_nodes *nodes,
		  struct osd_found *found)
{
	struct json_object *dump = NULL, *tree = NULL;
	int r = tell(rados, command("osd dump"), &dump);

	if (!r)
		r = tell(rados, command("osd tree"), &tree);
	if (!r)
		osd_find(arena, dump, tree, nodes, found);
	json_object_put(dump);
	json_object_put(tree);
	return r;
}
