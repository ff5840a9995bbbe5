/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The types a field can have. Text becomes a typed value once, at the edge; behind it nobody
 * compares strings that are numbers, words or addresses.
 */

#include <stdio.h>

#include <hcstate/base.h>

enum hc_vtype {
	HC_BOOL,     /* bool: true, false */
	HC_U32,      /* uint32_t: a decimal number, bounds in the field */
	HC_U64,      /* uint64_t: likewise */
	HC_STRING,   /* const char *: pattern in the field, length within min..max */
	HC_ENUM,     /* unsigned: an index into the field's words */
	HC_STRINGS,  /* struct hc_strings: a set; order and repetition mean nothing */
	HC_MAP,      /* struct hc_map: strings by name */
	HC_IP,       /* struct hc_address: 10.0.0.1 or fd00::1 */
	HC_CIDR,     /* struct hc_address: 10.0.0.1/24, the host's bits are kept */
	HC_MAC,      /* struct hc_mac: 52:54:00:12:34:56 */
	HC_TEXT,     /* const char *: a whole file's text; printed as its digest */
	HC_CHILDREN, /* nothing in the struct: each item is a resource of its own */
};

struct hc_strings {
	size_t n;
	const char **v; /* sorted, each once */
};

struct hc_pair {
	const char *key, *value;
};

struct hc_map {
	size_t n;
	struct hc_pair *v; /* sorted by key, each once */
};

struct hc_address {
	uint8_t family; /* AF_INET, AF_INET6; 0: none */
	uint8_t prefix; /* bits of the network; of an HC_IP all of them */
	uint8_t bytes[16];
};

struct hc_mac {
	uint8_t bytes[6];
};

struct hc_field;

/*
 * Reads one scalar's text into the value at `to` (of the field's type and bounds).
 * 0; -EINVAL: *why says what is wrong with it, value and limit in it.
 */
int hc_value_parse(struct hc_arena *arena, const struct hc_field *field, const char *text, void *to,
		   const char **why);

bool hc_value_same(const struct hc_field *field, const void *a, const void *b);

/* As a person reads it and as a manifest can hold it, on one line; a secret is "(secret)". */
char *hc_value_text(struct hc_arena *arena, const struct hc_field *field, const void *value);

struct json_object;
struct json_object *hc_value_json(const struct hc_field *field, const void *value);

/* Sorts, drops repetitions. */
void hc_strings_add(struct hc_arena *arena, struct hc_strings *strings, const char *text);
bool hc_strings_have(const struct hc_strings *strings, const char *text);
void hc_map_put(struct hc_arena *arena, struct hc_map *map, const char *key, const char *value);
const char *hc_map_get(const struct hc_map *map, const char *key); /* or NULL */

/* "10.0.0.1/24"; without `/24` when `prefix` is all of the address and the field is HC_IP. */
char *hc_address_text(struct hc_arena *arena, const struct hc_address *address, bool with_prefix);
bool hc_address_same(const struct hc_address *a, const struct hc_address *b);
/* Whether the networks of the two share an address. */
bool hc_address_overlap(const struct hc_address *a, const struct hc_address *b);

/* The first 12 hex digits of the text's BLAKE2b hash: enough to see that two texts differ. */
char *hc_digest(struct hc_arena *arena, const void *data, size_t size);
