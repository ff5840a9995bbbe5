/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a time zone: $TZ and a configuration may name any file, and the same bytes as a
 * rule. What is taken for one says for each time what its clocks show, and until when.
 */

#include <stdlib.h>
#include <string.h>

#include <reconciler/agent/zone.h>
#include <reconciler/agent/zone_rule.h>

static const int64_t times[] = {INT64_MIN / 2, -4294967296, -1,           0,
				1795435200,    4294967296,  INT64_MAX / 2};

static void check_span(struct zone_span span, int64_t at)
{
	if (span.end <= at || span.offset > ZONE_OFFSET_MAX || span.offset < -ZONE_OFFSET_MAX)
		abort();
}

static void use_zone(const struct zone *zone)
{
	for (size_t i = 0; i < HC_COUNT(times); i++) {
		int64_t at = zone_moment(zone, times[i]);
		struct zone_span span = zone_span(zone, at);

		check_span(span, at);
		if (at + span.offset < times[i])
			abort();
	}
}

static void use_rule(const struct zone_rule *rule)
{
	for (size_t i = 0; i < HC_COUNT(times); i++)
		check_span(zone_rule_span(rule, times[i]), times[i]);
}

static void read_zone(const unsigned char *data, size_t size)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	unsigned char *copy = malloc(size + 1); /* not more than there is: a step too far is seen */
	const struct zone *zone;
	const char *why;

	if (!copy)
		abort();
	if (size)
		memcpy(copy, data, size);
	zone = zone_read(arena, copy, size, &why);
	if (zone)
		use_zone(zone);
	free(copy);
}

/* Behind an empty first block and a header that counts a few turns and types, which mutations of a
 * text hardly come upon. */
static void read_block(const uint8_t *data, size_t size)
{
	static const char magic[] = {'T', 'Z', 'i', 'f', '2'};
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	unsigned char *file = hc_alloc(arena, 88 + size), *second = file + 44;

	if (size < 2)
		return;
	memcpy(file, magic, sizeof(magic));
	memcpy(second, magic, sizeof(magic));
	second[35] = data[0] % 16; /* turns */
	second[39] = data[1] % 8;  /* types */
	memcpy(second + 44, data + 2, size - 2);
	read_zone(file, 88 + size - 2);
}

static void read_rule(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	struct zone_rule rule;

	if (!text)
		abort();
	if (zone_rule_read(text, &rule))
		use_rule(&rule);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_zone(data, size);
	read_block(data, size);
	if (size)
		read_rule(data, size);
	return 0;
}
