/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One thing that should be, or is. The same struct for both; which fields are present is a bit
 * each.
 */

#include <hcstate/type.h>

struct hc_resource {
	const struct hc_type *type;
	const char *name; /* unique within its type and node */
	const char *node; /* NULL: of the whole cluster */
	uint64_t set;     /* bit i: type->fields[i] is present in spec */
	void *spec;       /* type->size bytes: the kind's struct */

	struct hc_place place;            /* desired: where it was written */
	struct hc_place *places;          /* desired: of each field, or NULL */
	const struct hc_resource *parent; /* desired: of a child, what it was nested in */
	bool made; /* live: the object itself says that hcstate made it (a mark, a file of ours) */
	bool passing; /* live: it goes with the process that has it open; where nobody asks for it,
		       * it is not worth a line */
};

/* Resources of one arena. Sorted by type, name and node once hc_set_sort() was called. */
struct hc_set {
	struct hc_arena *arena;
	struct hc_resource **v;
	size_t n, room;
};

/* A new resource in the set; name and node are copied (node may be NULL). Its spec is zeroed,
 * nothing is present. */
struct hc_resource *hc_resource_new(struct hc_set *set, const struct hc_type *type,
				    const char *node, const char *name);

/* Marks the member present (after writing it through spec), or says whether it is. */
#define hc_set_field(r, strct, member) hc_mark(r, offsetof(strct, member))
void hc_mark(struct hc_resource *resource, size_t offset);
#define hc_has_field(r, strct, member) hc_marked(r, offsetof(strct, member))
bool hc_marked(const struct hc_resource *resource, size_t offset);

/* Where the field was written; where the resource was, when the field is not. */
struct hc_place hc_field_place(const struct hc_resource *resource, int field);

/* "Bridge/vmbr0@pve1" */
char *hc_resource_text(struct hc_arena *arena, const struct hc_resource *resource);

int hc_resource_order(const struct hc_resource *a, const struct hc_resource *b);
void hc_set_sort(struct hc_set *set);

/* In a sorted set, or NULL. */
struct hc_resource *hc_find(const struct hc_set *set, const struct hc_type *type, const char *node,
			    const char *name);

/* The resources of a type lie together in a sorted set: *n of them from the one returned on. */
struct hc_resource *const *hc_of_type(const struct hc_set *set, const struct hc_type *type,
				      size_t *n);

/*
 * What a read found. Of each type it says either that it is complete, or that it is unknown and
 * why. Unknown is not absent: of an unknown type nothing is created, changed or removed.
 */
struct hc_state {
	struct hc_set found;
	struct hc_unknown {
		const struct hc_type *type;
		const char *why;
		/* The engine's: nothing of it is asked for, yet something may have to go. */
		bool matters;
		bool reading; /* likewise: it is still being read */
	} * unknown;
	size_t nunknown, room;
};

void hc_unknown(struct hc_state *state, const struct hc_type *type, const char *format, ...)
	HC_PRINTF(3, 4);
const char *hc_why_unknown(const struct hc_state *state,
			   const struct hc_type *type); /* NULL: complete */
