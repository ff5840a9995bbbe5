/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as one of HA's records: whoever has the key of pool hcstate may have written them. What
 * is taken for one says the same when it is written and read again.
 */

#include <stdlib.h>
#include <string.h>

#include <reconciler/ha/memory_json.h>
#include <reconciler/ha/words.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void as_memory(struct hc_arena *arena, const char *record, size_t size)
{
	struct ha_memory memory, again;
	const char *why, *text;

	if (ha_memory_read(arena, record, size, &memory, &why))
		return;
	text = ha_memory_write(arena, &memory);
	if (ha_memory_read(arena, text, strlen(text), &again, &why) ||
	    strcmp(text, ha_memory_write(arena, &again)) != 0)
		abort();
}

static void as_words(struct hc_arena *arena, const char *record, size_t size)
{
	struct ha_said said, again;
	const char *why, *text;

	if (ha_said_read(arena, record, size, &said, &why))
		return;
	text = ha_said_write(arena, &said);
	if (ha_said_read(arena, text, strlen(text), &again, &why) ||
	    strcmp(text, ha_said_write(arena, &again)) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	char *copy = malloc(size + 1); /* not more than there is: a step too far is seen */

	if (!copy)
		abort();
	memcpy(copy, data, size);
	as_memory(arena, copy, size);
	as_words(arena, copy, size);
	free(copy);
	return 0;
}
