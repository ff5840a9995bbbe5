/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Another node's facts. Whoever is in the cluster's process group may have written them, so they
 * are read as hostile: what is taken is built anew, member by member, of the types and sizes that
 * it may have.
 */

#include "view_fact.h"

#include <json-c/json.h>
#include <string.h>

#include <reconciler/json.h>

#include "member.h"

enum {
	DEPTH = 6,
	MOST_LINES = 1000,
	MOST_TEXT = 1000, /* bytes */
};

static const char *const line_texts[] = {"object", "state", "reason", NULL};
static const char *const change_texts[] = {"action", "object", "fields",  "impact",
					   "reason", "hold",   "refused", NULL};

static struct json_object *parse(const char *text)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH);
	size_t size = strlen(text);
	struct json_object *object;

	if (!tokener)
		abort(); /* memory has run out */
	object = size > (size_t)64 * 1024 ? NULL
					  : json_tokener_parse_ex(tokener, text, (int)size + 1);
	json_tokener_free(tokener);
	if (json_object_is_type(object, json_type_object))
		return object;
	json_object_put(object);
	return NULL;
}

static void take_text(struct json_object *to, struct json_object *from, const char *key)
{
	const char *text = member_text(from, key);

	if (text && strlen(text) <= MOST_TEXT)
		json_object_object_add(to, key, hc_json_string(text));
}

static void take_number(struct json_object *to, struct json_object *from, const char *key)
{
	json_object_object_add(to, key, json_object_new_uint64(member_number(from, key)));
}

static struct json_object *take_list(struct json_object *from, const char *const *texts)
{
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; i < member_count(from) && i < MOST_LINES; i++) {
		struct json_object *one = json_object_new_object();

		for (const char *const *key = texts; *key; key++)
			take_text(one, json_object_array_get_idx(from, i), *key);
		take_number(one, json_object_array_get_idx(from, i), "since");
		json_object_array_add(all, one);
	}
	return all;
}

static struct json_object *take_counts(struct json_object *from)
{
	struct json_object *counts = json_object_new_object();

	for (const char *const *word = hc_condition_words; *word; word++)
		if (member_number(from, *word))
			take_number(counts, from, *word);
	return counts;
}

struct json_object *fact_read_status(const char *text)
{
	struct json_object *told = parse(text), *fact;

	if (!told)
		return NULL;
	fact = json_object_new_object();
	take_text(fact, told, "generation");
	json_object_object_add(fact, "converged",
			       json_object_new_boolean(member_true(told, "converged")));
	json_object_object_add(fact, "counts", take_counts(member_object(told, "counts")));
	json_object_object_add(fact, "lines", take_list(member_list(told, "lines"), line_texts));
	take_number(fact, told, "more");
	json_object_put(told);
	return fact;
}

struct json_object *fact_read_plan(const char *text)
{
	struct json_object *told = parse(text), *fact;

	if (!told)
		return NULL;
	fact = json_object_new_object();
	take_text(fact, told, "id");
	json_object_object_add(fact, "changes",
			       take_list(member_list(told, "changes"), change_texts));
	take_number(fact, told, "more");
	json_object_put(told);
	return fact;
}
