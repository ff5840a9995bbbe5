/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Toy kinds for the tests of the engine's core: things with parts, in a set made by hand. What a
 * test does not say is as dull as possible.
 */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <reconciler/engine.h>

struct toy {
	const char *key;
	uint32_t size, tint, id, wear;
	const char *on;
};

static const struct hc_field part_fields[] = {
	hc_string(struct toy, key, .doc = "Which part."),
	hc_u32(struct toy, size, .doc = "How large."),
};

static const struct hc_type part_type = {
	.name = "Part",
	.doc = "Of a thing.",
	.from = HC_CHILD,
	HC_FIELDS(part_fields),
	.size = sizeof(struct toy),
};

static const struct hc_field thing_fields[] = {
	hc_u32(struct toy, size, .doc = "How large."),
	hc_u32(struct toy, tint, .doc = "Its colour.", .cost = HC_ANEW),
	hc_u32(struct toy, id, .doc = "Its number.", .cost = HC_NEVER),
	hc_u32(struct toy, wear, .doc = "How used.", .origin = HC_OBSERVED),
	hc_string(struct toy, on, .doc = "What it stands on.", .refers = "Thing"),
	hc_children("parts", .doc = "Its parts.", .item = &part_type),
};

static const struct hc_type thing_type = {
	.name = "Thing",
	.doc = "Something.",
	HC_FIELDS(thing_fields),
	.size = sizeof(struct toy),
};

static const struct hc_type club_type = {
	.name = "Club",
	.doc = "What makes a machine a member.",
	.membership = true,
	.size = sizeof(struct toy),
};

static const struct hc_type label_type = {
	.name = "Label",
	.doc = "Nothing in the system answers to it.",
	.scope = HC_CLUSTER,
	.passive = true,
	.size = sizeof(struct toy),
};

static const struct hc_type clue_type = {
	.name = "Clue",
	.doc = "Only looked at.",
	.evidence = true,
	.size = sizeof(struct toy),
};

static const struct hc_type orphan_type = {
	.name = "Orphan",
	.doc = "No provider has it.",
	.size = sizeof(struct toy),
};

static inline struct hc_resource *toy_add(struct hc_set *set, const struct hc_type *type,
					  const char *name)
{
	return hc_resource_new(set, type, type->scope == HC_NODE ? "n1" : NULL, name);
}

static inline struct hc_resource *toy_thing(struct hc_set *set, const char *name, uint32_t size)
{
	struct hc_resource *r = toy_add(set, &thing_type, name);

	((struct toy *)r->spec)->size = size;
	hc_set_field(r, struct toy, size);
	return r;
}

static inline void toy_tint(struct hc_resource *r, uint32_t tint)
{
	((struct toy *)r->spec)->tint = tint;
	hc_set_field(r, struct toy, tint);
}

static inline void toy_on(struct hc_resource *r, const char *on)
{
	((struct toy *)r->spec)->on = on;
	hc_set_field(r, struct toy, on);
}

/* A directory that goes away with all that is in it. */
static inline char *toy_directory(struct hc_arena *arena)
{
	char path[] = "/tmp/hcstate-unit-XXXXXX";

	assert_non_null(mkdtemp(path));
	return hc_strdup(arena, path);
}

static inline void toy_remove_directory(struct hc_arena *arena, const char *path)
{
	assert_int_equal(system(hc_printf(arena, "rm -rf %s", path)), 0);
}
