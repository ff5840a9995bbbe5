/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What can be said: one table per kind, a row per field. This one table drives parsing, checking,
 * comparing, printing, redaction, JSON Schema and the reference documents.
 * A new field is one struct member and one row.
 *
 * A thing with its own life (an address, a bridge port) is a kind of its own, nested in the
 * manifest (a row of type HC_CHILDREN) and flat in memory, so that comparing never recurses.
 */

#include <hcstate/diag.h>
#include <hcstate/value.h>

/* What it means when a manifest does not have the field. */
enum hc_absent {
	HC_KEEP,     /* not ours: whatever is there stays */
	HC_RESET,    /* the value of `unset` (or empty) is wanted */
	HC_REQUIRED, /* an error */
};

/* What changing the field of a living object takes. */
enum hc_cost {
	HC_LIVE,   /* changed in place */
	HC_REBORN, /* the thing that runs has to be restarted */
	HC_ANEW,   /* the object has to be removed and made again */
	HC_NEVER,  /* it cannot be changed */
};

/* Who says it. */
enum hc_origin {
	HC_WRITTEN,  /* the manifest */
	HC_DERIVED,  /* a provider, from the manifests: compared, never written by a person */
	HC_OBSERVED, /* the system: shown in status, never compared */
};

/* How the items of an HC_CHILDREN row are written. */
enum hc_form {
	HC_LIST,  /* [ITEM, ...]; an item is a mapping, or a scalar that is its first (or `scalar`)
		     field */
	HC_ONE,   /* ITEM */
	HC_NAMED, /* {NAME: {fields}, ...}: the name is the child's name */
	HC_KEYED, /* {KEY: ITEM, ...}: the key is the item's first field, a scalar ITEM its
		     `scalar`; or [ITEM, ...] as in HC_LIST, a scalar being the first field */
	HC_SECTIONS, /* {SECTION: {NAME: ITEM, ...}, ...}: the child's name is SECTION/NAME; both
			may have slashes in them, and who has to part them knows where */
};

struct hc_type;

struct hc_field {
	const char *name; /* in manifests; the member's name */
	const char *doc;  /* one or two sentences for the reference */
	enum hc_vtype type;
	enum hc_origin origin;
	enum hc_absent absent;
	enum hc_cost cost;
	size_t offset; /* of the member in the kind's struct */

	const char *unset; /* HC_RESET: the default, as it would be written; NULL: empty */
	const char *unit;  /* of a number: "bytes", "ms" */
	uint64_t min,
		max; /* of a number; of a string's length or a list's count. max 0: no bound */
	const char *const *words; /* HC_ENUM: the words, NULL ends them */
	const char *pattern;     /* of a string or each string of a list: an anchored POSIX extended
				    expression */
	const char *pattern_doc; /* what the pattern asks for, in words */
	const char *refers;      /* the kind whose names it holds; checked */
	const char *prefers; /* kinds whose names it may hold, comma separated: orders the plan, not
				checked */
	const char *unless;  /* HC_OBSERVED, HC_BOOL: what status says while it is false */
	bool secret;         /* never printed */
	bool own; /* hcstate's own note of what it does: named only where nothing else differs */
	const char *column; /* status has a table of the kind, and this heading in it; NULL: not */
	const struct hc_type *item; /* HC_CHILDREN: the children's kind */
	enum hc_form form;          /* HC_CHILDREN */
	const char *scalar; /* HC_CHILDREN: the field that a scalar item fills; NULL: the first */
	const char *key;    /* HC_ONE: the item's name is PARENT/this; NULL: by its first field */
};

enum hc_scope {
	HC_NODE,    /* one on each node of metadata.nodes: Bridge/vmbr0@pve1 */
	HC_CLUSTER, /* one for all: Node/pve1 */
};

/* Where resources of a kind come from. */
enum hc_source_of {
	HC_KIND,  /* a document of a manifest */
	HC_CHILD, /* nested in one; named PARENT/KEY, KEY its first field (in HC_NAMED rows: the
		     name) */
	HC_MADE,  /* made by a provider from the others */
};

struct hc_resource;
struct hc_set;

struct hc_type {
	const char *name; /* "Bridge" */
	const char *doc;
	enum hc_scope scope;
	enum hc_source_of from;
	const struct hc_field *fields;
	size_t nfield; /* at most 64 */
	size_t size;   /* of the struct that spec points to */

	/* hcstate itself uses it (a key, a secret): nothing in the system answers to it. */
	bool passive;
	/* It makes a machine a member of the cluster: the one thing that a node removes which the
	 * manifests do not name. */
	bool membership;
	/* Live only, read so that a provider can decide about others: never compared, never
	 * unmanaged. */
	bool evidence;

	/* Optional. Completes a decoded resource before it is named: what one field says about
	 * another. */
	void (*finish)(struct hc_arena *arena, struct hc_resource *resource);
	/* Optional. Called once with all desired resources: what no row can say. Touches nothing.
	 */
	void (*check)(const struct hc_set *desired, struct hc_diags *diags);
};

#define HC_FIELDS(table) .fields = (table), .nfield = HC_COUNT(table)

/* The rows. A member of another type than the row's does not compile. */
#define HC_ROW(vtype, ctype, strct, member, ...)                                                   \
	{                                                                                          \
		.name = #member, .type = (vtype),                                                  \
		.offset = _Generic(&((strct *)0)->member, ctype *                                  \
				   : offsetof(strct, member)),                                     \
		__VA_ARGS__                                                                        \
	}
#define hc_bool(s, m, ...) HC_ROW(HC_BOOL, bool, s, m, __VA_ARGS__)
#define hc_u32(s, m, ...) HC_ROW(HC_U32, uint32_t, s, m, __VA_ARGS__)
#define hc_u64(s, m, ...) HC_ROW(HC_U64, uint64_t, s, m, __VA_ARGS__)
#define hc_string(s, m, ...) HC_ROW(HC_STRING, const char *, s, m, __VA_ARGS__)
#define hc_enum(s, m, ...) HC_ROW(HC_ENUM, unsigned, s, m, __VA_ARGS__)
#define hc_strings(s, m, ...) HC_ROW(HC_STRINGS, struct hc_strings, s, m, __VA_ARGS__)
#define hc_map(s, m, ...) HC_ROW(HC_MAP, struct hc_map, s, m, __VA_ARGS__)
#define hc_ip(s, m, ...) HC_ROW(HC_IP, struct hc_address, s, m, __VA_ARGS__)
#define hc_cidr(s, m, ...) HC_ROW(HC_CIDR, struct hc_address, s, m, __VA_ARGS__)
#define hc_mac(s, m, ...) HC_ROW(HC_MAC, struct hc_mac, s, m, __VA_ARGS__)
#define hc_text(s, m, ...) HC_ROW(HC_TEXT, const char *, s, m, __VA_ARGS__)
#define hc_children(n, ...)                                                                        \
	{                                                                                          \
		.name = (n), .type = HC_CHILDREN, __VA_ARGS__                                      \
	}

/* The bit of the field that is at that offset of the kind's struct. There must be one. */
uint64_t hc_field_bit(const struct hc_type *type, size_t offset);
/* The number of the field of that name; -1: none. */
int hc_field_index(const struct hc_type *type, const char *name);

/* All kinds hcstate itself knows (schema/), NULL ends them. */
const struct hc_type *const *hc_core_types(void);
