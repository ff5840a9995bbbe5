/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record of what people said. Each change is one word more or less, and says whether there was
 * anything to change: who repeats a command writes nothing.
 */

#include "words.h"

#include <errno.h>
#include <string.h>

#include "reading.h"

enum {
	MOST_MAINTENANCE = 1000, /* nodes */
};

const char *const ha_word_words[] = {"migrate", "relocate", NULL};

char *ha_said_write(struct hc_arena *arena, const struct ha_said *said)
{
	struct json_object *object = json_object_new_object(), *list = json_object_new_array();

	put_number(object, "version", READING_VERSION);
	put_names(object, "maintenance", &said->maintenance);
	json_object_object_add(object, "disarmed", json_object_new_boolean(said->disarmed));
	for (size_t i = 0; i < said->nasked; i++) {
		struct json_object *one = json_object_new_object();

		put_name(one, "vm", said->asked[i].vm);
		put_name(one, "word", ha_word_words[said->asked[i].word]);
		put_name(one, "node", said->asked[i].node);
		json_object_array_add(list, one);
	}
	json_object_object_add(object, "asked", list);
	return put_text(arena, object);
}

static void read_asked(struct reading *reading, struct json_object *object, struct ha_said *said)
{
	size_t n;
	struct json_object *list = reading_list(reading, object, "asked", HA_MOST_ASKED, &n);

	said->asked = hc_alloc(reading->arena, n * sizeof(*said->asked));
	for (size_t i = 0; i < n; i++) {
		struct json_object *one = json_object_array_get_idx(list, i);

		said->asked[said->nasked++] = (struct ha_asked){
			.vm = reading_name(reading, one, "vm", false),
			.word = reading_word(reading, one, "word", ha_word_words,
					     HA_RELOCATE_TO + 1),
			.node = reading_name(reading, one, "node", false),
		};
	}
}

static void read_maintenance(struct reading *reading, struct json_object *object,
			     struct ha_said *said)
{
	struct hc_strings names = reading_names(reading, object, "maintenance", MOST_MAINTENANCE);

	for (size_t i = 0; i < names.n; i++)
		hc_strings_add(reading->arena, &said->maintenance, names.v[i]);
}

int ha_said_read(struct hc_arena *arena, const char *text, size_t size, struct ha_said *said,
		 const char **why)
{
	struct reading reading = {.arena = arena};
	struct json_object *object;

	*said = (struct ha_said){0};
	*why = NULL;
	if (!size)
		return 0;
	object = reading_begin(&reading, text, size, HA_SAID_MAX);
	if (object) {
		read_maintenance(&reading, object, said);
		said->disarmed = reading_flag(&reading, object, "disarmed");
		read_asked(&reading, object, said);
	}
	json_object_put(object);
	*why = reading.why;
	if (reading.why)
		*said = (struct ha_said){0};
	return reading.why ? -EBADMSG : 0;
}

/* The list without that name. A new one: others may hold the old. */
static struct hc_strings without(struct hc_arena *arena, const struct hc_strings *names,
				 const char *name)
{
	struct hc_strings rest = {.v = hc_alloc(arena, names->n * sizeof(*rest.v))};

	for (size_t i = 0; i < names->n; i++)
		if (strcmp(names->v[i], name) != 0)
			rest.v[rest.n++] = names->v[i];
	return rest;
}

bool ha_said_maintenance(struct hc_arena *arena, struct ha_said *said, const char *node, bool on)
{
	if (hc_strings_have(&said->maintenance, node) == on)
		return false;
	if (on)
		hc_strings_add(arena, &said->maintenance, node);
	else
		said->maintenance = without(arena, &said->maintenance, node);
	return true;
}

bool ha_said_disarmed(struct ha_said *said, bool disarmed)
{
	bool other = said->disarmed != disarmed;

	said->disarmed = disarmed;
	return other;
}

static bool same(const struct ha_asked *a, const struct ha_asked *b)
{
	return a->word == b->word && !strcmp(a->vm, b->vm) && !strcmp(a->node, b->node);
}

int ha_said_ask(struct hc_arena *arena, struct ha_said *said, const struct ha_asked *asked)
{
	struct ha_asked *list = hc_alloc(arena, (said->nasked + 1) * sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; i < said->nasked; i++)
		if (strcmp(said->asked[i].vm, asked->vm) != 0)
			list[n++] = said->asked[i];
	if (n >= HA_MOST_ASKED)
		return -ENOSPC;
	list[n++] = (struct ha_asked){.vm = hc_strdup(arena, asked->vm),
				      .word = asked->word,
				      .node = hc_strdup(arena, asked->node)};
	said->asked = list;
	said->nasked = n;
	return 0;
}

static bool is_taken(const struct ha_asked *one, const struct ha_asked *asked, size_t n,
		     const bool *taken)
{
	for (size_t i = 0; i < n && i < HA_MOST_ASKED; i++)
		if (taken[i] && same(one, &asked[i]))
			return true;
	return false;
}

bool ha_said_take(struct ha_said *said, const struct ha_asked *asked, size_t n, const bool *taken)
{
	size_t was = said->nasked, kept = 0;

	for (size_t i = 0; i < was; i++)
		if (!is_taken(&said->asked[i], asked, n, taken))
			said->asked[kept++] = said->asked[i];
	said->nasked = kept;
	return kept < was;
}
