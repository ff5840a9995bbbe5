/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time zone files, RFC 8536: a header, a block with times of 32 bits that is skipped, a header and
 * a block with times of 64 bits, and a rule for the time after. What is read may be any file that
 * $TZ or a configuration names, so nothing in it is believed: each count has a bound, and times
 * must rise.
 */

#include "zone.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <hcstate/file.h>

#include "zone_rule.h"

#define DIRECTORY "/usr/share/zoneinfo"

enum {
	FILE_MAX = 64 * 1024,
	TYPES_MAX = 256, /* a type's number is a byte */
	RULE_MAX = 128,
	TYPE_SIZE = 6, /* offset, whether it is summer, where its name is */
};

struct zone {
	const int64_t *at;   /* turns, rising */
	const uint8_t *type; /* from each on */
	size_t n;
	int32_t offset[TYPES_MAX]; /* of each type; 0 is that before the first turn */
	bool ruled;                /* after the last turn */
	struct zone_rule rule;
};

/* What a header counts, in this order. */
enum { UTC, STANDARD, LEAPS, TIMES, TYPES, LETTERS, COUNTS };

/* As it stands in the file; numbers there have their highest byte first. */
struct header {
	char magic[4], version;
	char reserved[15];
	uint32_t n[COUNTS];
};

struct reader {
	const unsigned char *p;
	size_t left;
};

static const unsigned char *take(struct reader *reader, size_t size)
{
	const unsigned char *p = reader->p;

	if (reader->left < size)
		return NULL;
	reader->p += size;
	reader->left -= size;
	return p;
}

static bool take_header(struct reader *reader, struct header *header)
{
	const unsigned char *p = take(reader, sizeof(*header));

	if (!p)
		return false;
	memcpy(header, p, sizeof(*header));
	for (size_t i = 0; i < COUNTS; i++) {
		header->n[i] = be32toh(header->n[i]);
		if (header->n[i] > FILE_MAX)
			return false;
	}
	return !memcmp(header->magic, "TZif", 4) && header->version >= '2';
}

/* Of what stands behind a block's times and types. */
static size_t tail_size(const struct header *header, size_t time_size)
{
	return header->n[LETTERS] + header->n[LEAPS] * (time_size + 4) + header->n[STANDARD] +
	       header->n[UTC];
}

static bool skip_block(struct reader *reader)
{
	struct header header;

	return take_header(reader, &header) &&
	       take(reader, header.n[TIMES] * (size_t)5 + header.n[TYPES] * (size_t)TYPE_SIZE +
				    tail_size(&header, 4));
}

static bool take_times(struct hc_arena *arena, struct reader *reader, struct zone *zone)
{
	const unsigned char *p = take(reader, 8 * zone->n);
	int64_t *at = hc_alloc(arena, 8 * zone->n);

	if (!p)
		return false;
	for (size_t i = 0; i < zone->n; i++) {
		uint64_t time;

		memcpy(&time, p + 8 * i, sizeof(time));
		at[i] = (int64_t)be64toh(time);
		if (i && at[i] <= at[i - 1])
			return false;
	}
	zone->at = at;
	return true;
}

static bool take_types(struct hc_arena *arena, struct reader *reader, struct zone *zone,
		       uint32_t types)
{
	const unsigned char *p = take(reader, zone->n);
	uint8_t *type = hc_alloc(arena, zone->n);

	if (!p || !types || types > TYPES_MAX)
		return false;
	for (size_t i = 0; i < zone->n; i++) {
		type[i] = p[i];
		if (type[i] >= types)
			return false;
	}
	zone->type = type;
	p = take(reader, (size_t)types * TYPE_SIZE);
	for (uint32_t i = 0; p && i < types; i++) {
		uint32_t offset;

		memcpy(&offset, p + (size_t)i * TYPE_SIZE, sizeof(offset));
		zone->offset[i] = (int32_t)be32toh(offset);
		if (zone->offset[i] > ZONE_OFFSET_MAX || zone->offset[i] < -ZONE_OFFSET_MAX)
			return false;
	}
	return p;
}

/* A line of its own at the end; an empty one: all stays as it is after the last turn. */
static bool take_rule(struct reader *reader, struct zone *zone)
{
	const unsigned char *first = take(reader, 1), *end;
	char text[RULE_MAX];

	if (!first || *first != '\n')
		return false;
	end = memchr(reader->p, '\n', reader->left);
	if (!end || end - reader->p >= RULE_MAX)
		return false;
	memcpy(text, reader->p, (size_t)(end - reader->p));
	text[end - reader->p] = '\0';
	zone->ruled = *text;
	return !*text || zone_rule_read(text, &zone->rule);
}

static bool take_zone(struct hc_arena *arena, struct reader *reader, struct zone *zone,
		      const char **why)
{
	struct header header;

	if (!skip_block(reader) || !take_header(reader, &header))
		return false;
	if (header.n[LEAPS]) { /* right/...: it has other seconds than our clock */
		*why = "it counts leap seconds";
		return false;
	}
	zone->n = header.n[TIMES];
	return take_times(arena, reader, zone) &&
	       take_types(arena, reader, zone, header.n[TYPES]) &&
	       take(reader, tail_size(&header, 8)) && take_rule(reader, zone);
}

const struct zone *zone_read(struct hc_arena *arena, const void *data, size_t size,
			     const char **why)
{
	struct reader reader = {.p = data, .left = size};
	struct zone *zone = hc_new(arena, struct zone);

	*why = "its file is not one of a time zone";
	return take_zone(arena, &reader, zone, why) ? zone : NULL;
}

static const struct zone *load_file(struct hc_arena *arena, const char *path, const char **why)
{
	char *data;
	size_t size;
	int r = hc_file_read(arena, path, FILE_MAX, &data, &size);

	if (r)
		*why = r == -ENOENT || r == -ENOTDIR || r == -EISDIR
			       ? "there is no such time zone (package tzdata)"
			       : "its file cannot be read";
	return r ? NULL : zone_read(arena, data, size, why);
}

/* What $TZ may hold, as the C library reads it: a path, a zone's name or a rule. */
static const struct zone *load_text(struct hc_arena *arena, const char *text)
{
	struct zone *zone = hc_new(arena, struct zone);
	const struct zone *found;
	const char *why;

	text += *text == ':';
	found = load_file(arena, *text == '/' ? text : hc_printf(arena, "%s/%s", DIRECTORY, text),
			  &why);
	if (!found && !zone_rule_read(text, &zone->rule))
		zone->rule = (struct zone_rule){0};
	zone->ruled = true;
	return found ? found : zone;
}

const struct zone *zone_load(struct hc_arena *arena, const char *name, const char **why)
{
	const char *environment = getenv("TZ");

	if (!name)
		return load_text(arena, environment ? environment : "/etc/localtime");
	if (*name == '/' || strstr(name, "..")) {
		*why = "a time zone is named like Europe/Berlin";
		return NULL;
	}
	return load_file(arena, hc_printf(arena, "%s/%s", DIRECTORY, name), why);
}

/* How many turns are not after it. */
static size_t turns_until(const struct zone *zone, int64_t at)
{
	size_t low = 0, high = zone->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (zone->at[middle] <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct zone_span zone_span(const struct zone *zone, int64_t at)
{
	size_t turns = turns_until(zone, at);

	if (turns == zone->n && zone->ruled)
		return zone_rule_span(&zone->rule, at);
	return (struct zone_span){
		.offset = zone->offset[turns ? zone->type[turns - 1] : 0],
		.end = turns < zone->n ? zone->at[turns] : INT64_MAX,
	};
}

int64_t zone_moment(const struct zone *zone, int64_t local)
{
	int64_t at = local - ZONE_OFFSET_MAX;

	for (;;) {
		struct zone_span span = zone_span(zone, at);
		int64_t shown = local - span.offset;

		at = shown > at ? shown : at; /* else the clocks have jumped over it */
		if (at < span.end)
			return at;
		at = span.end;
	}
}
