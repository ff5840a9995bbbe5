/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `hcstate ha` knows: the documents that `hcstate get -o yaml` prints, of the agent, or made
 * here where there is none. So it is the same whoever saw it.
 */

#include "ha.h"

#include <string.h>

#include "ask.h"
#include "session.h"

/* The text of it; malloced. */
static int get(const struct options *options, bool desired, char **text, size_t *size)
{
	struct options mine = *options;
	FILE *out = open_memstream(text, size);
	int r;

	if (!out)
		abort(); /* memory has run out */
	mine.output = OUTPUT_YAML;
	mine.desired = desired;
	mine.args = NULL;
	mine.narg = 0;
	r = ask_instead(&mine, "get", out, stderr);
	if (r == ASK_NOBODY)
		r = session_get(&mine, NULL, out);
	(void)fclose(out);
	return r;
}

/* Kinds of modules are not known here and of no interest: what is said about them is not shown. */
static void take(struct ha_seen_here *seen, const char *text, size_t size, struct hc_state *state)
{
	struct hc_source *source = hc_new(seen->arena, struct hc_source);
	struct hc_diags ignored = {.arena = seen->arena};
	struct hc_tree **documents;
	size_t n;

	*source = (struct hc_source){.path = "", .text = text, .size = size};
	state->found.arena = seen->arena;
	(void)hc_tree_read(seen->arena, source, &ignored, &documents, &n);
	for (size_t i = 0; i < n; i++)
		hc_decode_live(seen->registry, documents[i], state, &ignored);
	hc_set_sort(&state->found);
}

static int look(const struct options *options, bool desired, struct ha_seen_here *seen,
		struct hc_state *state)
{
	_cleanup_(hc_freep) char *text = NULL;
	size_t size = 0;
	int r = get(options, desired, &text, &size);

	if (!r) /* the source lives as long as what was read from it */
		take(seen, hc_strndup(seen->arena, text, size), size, state);
	return r;
}

int ha_look(const struct options *options, bool live, struct ha_seen_here *seen)
{
	struct hc_state desired = {0};
	int r;

	*seen = (struct ha_seen_here){.arena = hc_arena_new(), .registry = hc_registry_new()};
	r = look(options, true, seen, &desired);
	seen->desired = desired.found;
	return r || !live ? r : look(options, false, seen, &seen->live);
}

void ha_look_end(struct ha_seen_here *seen)
{
	hc_registry_freep(&seen->registry);
	hc_arena_freep(&seen->arena);
}

static const void *spec_of(const struct hc_set *set, const struct hc_type *type, const char *name)
{
	const struct hc_resource *r = hc_find(set, type, NULL, name);

	return r ? r->spec : NULL;
}

const void *ha_want_of(const struct ha_seen_here *seen, const struct hc_type *type,
		       const char *name)
{
	return spec_of(&seen->desired, type, name);
}

const void *ha_live_of(const struct ha_seen_here *seen, const struct hc_type *type,
		       const char *name)
{
	return spec_of(&seen->live.found, type, name);
}
