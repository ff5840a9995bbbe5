/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Suspensions. A list that changes is made anew beside the old one, written, and read back from
 * what was written by the same checks as after a restart: then the file and the memory say the
 * same, or nothing has changed.
 */

#include "suspension.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "family.h"

#include <hcstate/plan.h>
#include <reconciler/json.h>
#include <reconciler/text.h>

#include "note.h"

static bool is_selector(const char *text)
{
	const char *p = text;

	if (!*p)
		return true;
	if (!isupper((unsigned char)*p))
		return false;
	while (isalnum((unsigned char)*p))
		p++;
	return strlen(text) <= NOTE_TEXT && (!*p || (*p == '/' && p[1]));
}

static bool ended(const struct suspension *one, time_t now)
{
	return one->until && one->until <= now;
}

/* False: it is none of ours. */
static bool take(struct hc_arena *arena, struct json_object *object, struct suspension *one)
{
	struct note note = {.arena = arena, .object = object};

	if (!json_object_is_type(object, json_type_object))
		return false;
	*one = (struct suspension){
		.selector = note_text(&note, "selector"),
		.reason = note_maybe(&note, "reason"),
		.by = note_text(&note, "by"),
		.since = note_time(&note, "since"),
		.until = note_time(&note, "until"),
	};
	return !note.bad && is_selector(one->selector);
}

static struct json_object *note_of(const struct suspension *one)
{
	struct json_object *object = json_object_new_object();

	note_put_text(object, "selector", one->selector);
	note_put_text(object, "reason", one->reason);
	note_put_text(object, "by", one->by);
	note_put_time(object, "since", one->since);
	note_put_time(object, "until", one->until);
	return object;
}

/* False: something in the list is none. */
static bool take_all(struct suspensions *suspensions, struct json_object *list)
{
	size_t n = json_object_array_length(list);

	suspensions->v = hc_alloc(suspensions->arena, n * sizeof(*suspensions->v));
	suspensions->n = suspensions->room = n;
	for (size_t i = 0; i < n; i++)
		if (!take(suspensions->arena, json_object_array_get_idx(list, i),
			  &suspensions->v[i]))
			return false;
	return true;
}

static void hands_off(struct suspensions *suspensions)
{
	suspensions->v = hc_new(suspensions->arena, struct suspension);
	suspensions->n = suspensions->room = 1;
	*suspensions->v = (struct suspension){
		.selector = "",
		.reason = "suspended.json cannot be read; hcstate resume begins it anew",
		.by = "hcstate",
	};
}

int suspensions_read(struct suspensions *suspensions, const char *state_dir, struct hc_diags *diags)
{
	_cleanup_(notes_putp) struct json_object *list = NULL;
	const struct hc_place nowhere = {0};
	int r;

	suspensions_free(suspensions);
	suspensions->arena = hc_arena_new();
	suspensions->path = hc_printf(suspensions->arena, "%s/suspended.json", state_dir);
	r = notes_read(suspensions->path, &list, diags);
	if (!r && !take_all(suspensions, list)) {
		hc_say(diags, HC_ERROR, nowhere, "%s is not as hcstate writes it",
		       suspensions->path);
		r = -EBADMSG;
	}
	if (r)
		hands_off(suspensions);
	return r;
}

void suspensions_free(struct suspensions *suspensions)
{
	(void)hc_arena_free(suspensions->arena);
	*suspensions = (struct suspensions){0};
}

/* The list with `one` (or NULL) instead of that of its selector, without those that have ended
 * then. */
static struct json_object *list_without(const struct suspensions *suspensions, const char *selector,
					const struct suspension *one)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < suspensions->n; i++) {
		const struct suspension *old = &suspensions->v[i];

		if (strcmp(old->selector, selector) != 0 && !(one && ended(old, one->since)))
			json_object_array_add(list, note_of(old));
	}
	if (one)
		json_object_array_add(list, note_of(one));
	return list;
}

static int keep(struct suspensions *suspensions, struct json_object *list, struct hc_diags *diags)
{
	struct suspensions next = {.arena = hc_arena_new()};
	int r = -EINVAL;

	next.path = hc_strdup(next.arena, suspensions->path);
	if (take_all(&next, list))
		r = notes_write(next.path, list, diags);
	else
		hc_say(diags, HC_ERROR, (struct hc_place){0},
		       "a reason and a name have at most %d bytes", NOTE_TEXT);
	if (!r) {
		suspensions_free(suspensions);
		*suspensions = next;
	} else {
		suspensions_free(&next);
	}
	return r;
}

int suspensions_add(struct suspensions *suspensions, const struct suspension *one,
		    struct hc_diags *diags)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	_cleanup_(notes_putp) struct json_object *list = NULL;
	const struct hc_place nowhere = {0};
	struct suspension clean = *one;

	clean.reason = one->reason ? hc_harmless(arena, one->reason) : NULL;
	clean.by = hc_harmless(arena, one->by);
	if (!is_selector(one->selector) || hc_harmless(arena, one->selector) != one->selector) {
		hc_say(diags, HC_ERROR, nowhere,
		       "%s is not Kind, Kind/name or Kind/name@node (with patterns)",
		       hc_harmless(arena, one->selector));
		return -EINVAL;
	}
	if (ended(one, one->since)) {
		hc_say(diags, HC_ERROR, nowhere, "it would have ended before it begins");
		return -EINVAL;
	}
	list = list_without(suspensions, one->selector, &clean);
	return keep(suspensions, list, diags);
}

int suspensions_remove(struct suspensions *suspensions, const char *selector,
		       struct hc_diags *diags)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	_cleanup_(notes_putp) struct json_object *list = NULL;

	list = list_without(suspensions, selector, NULL);
	if (json_object_array_length(list) == suspensions->n) {
		hc_say(diags, HC_ERROR, (struct hc_place){0}, "%s is not suspended",
		       *selector ? hc_harmless(arena, selector) : "all");
		return -ENOENT;
	}
	return keep(suspensions, list, diags);
}

static bool fits(const char *selector, const char *kind, const char *name, const char *node)
{
	_cleanup_(hc_freep) char *whole = NULL;
	size_t size = strcspn(selector, "/");
	const char *pattern = selector + size;

	if (!*selector)
		return true;
	if (strlen(kind) != size || strncmp(kind, selector, size) != 0)
		return false;
	if (!*pattern || !fnmatch(++pattern, name, 0))
		return true;
	if (!node || !strchr(pattern, '@'))
		return false;
	if (asprintf(&whole, "%s@%s", name, node) < 0)
		abort(); /* memory has run out */
	return !fnmatch(pattern, whole, 0);
}

static bool longer(const struct suspension *a, const struct suspension *b)
{
	return b->until && (!a->until || a->until > b->until);
}

static const struct suspension *find(const struct suspensions *suspensions, const char *kind,
				     const char *name, const char *node, time_t now)
{
	const struct suspension *found = NULL;

	for (size_t i = 0; i < suspensions->n; i++) {
		const struct suspension *one = &suspensions->v[i];

		if (!ended(one, now) && fits(one->selector, kind, name, node) &&
		    (!found || longer(one, found)))
			found = one;
	}
	return found;
}

const struct suspension *suspensions_find(const struct suspensions *suspensions, const char *kind,
					  const char *name, time_t now)
{
	return find(suspensions, kind, name, NULL, now);
}

const struct suspension *suspensions_hold(const struct suspensions *suspensions,
					  const struct hc_change *change, time_t now)
{
	const struct suspension *one =
		find(suspensions, change->type->name, change->name, change->node, now);
	char name[FAMILY_NAME];
	const char *parent;
	size_t at = 0;

	while (!one && (parent = family_parent(change, &at, name)))
		one = find(suspensions, parent, name, change->node, now);
	return one;
}

struct json_object *suspensions_json(const struct suspensions *suspensions, time_t now)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < suspensions->n; i++) {
		const struct suspension *one = &suspensions->v[i];
		struct json_object *object = json_object_new_object();

		json_object_object_add(object, "selector", hc_json_string(one->selector));
		json_object_object_add(object, "reason", hc_json_string(one->reason));
		json_object_object_add(object, "by", hc_json_string(one->by));
		json_object_object_add(object, "since", hc_json_time((uint64_t)one->since));
		json_object_object_add(object, "until", hc_json_time((uint64_t)one->until));
		if (ended(one, now))
			json_object_put(object);
		else
			json_object_array_add(list, object);
	}
	return list;
}
