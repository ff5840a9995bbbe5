/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets of strings and maps of them: sorted arrays, because they are small, are compared often and
 * have to print the same each time. Adding keeps them sorted; whoever has many at once sorts once.
 */

#include "value.h"

#include <sodium.h>
#include <string.h>

/* Makes a hole at `at` of an array of `n` elements. The room doubles, so it is a power of two. */
static void *open_up(struct hc_arena *arena, void *array, size_t n, size_t at, size_t size)
{
	char *bytes = array;

	if ((n & (n - 1)) == 0) {
		bytes = hc_alloc(arena, (n ? 2 * n : 1) * size);
		if (n)
			memcpy(bytes, array, n * size);
	}
	memmove(bytes + (at + 1) * size, bytes + at * size, (n - at) * size);
	return bytes;
}

/* Where the text is or belongs. */
static size_t find_text(const struct hc_strings *strings, const char *text, bool *there)
{
	size_t low = 0, high = strings->n;

	*there = false;
	while (low < high && !*there) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(strings->v[middle], text);

		*there = order == 0;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return *there ? high : low;
}

void hc_strings_add(struct hc_arena *arena, struct hc_strings *strings, const char *text)
{
	bool there;
	size_t at = find_text(strings, text, &there);

	if (there)
		return;
	strings->v = open_up(arena, strings->v, strings->n, at, sizeof(*strings->v));
	strings->v[at] = hc_strdup(arena, text);
	strings->n++;
}

bool hc_strings_find(const struct hc_strings *strings, const char *text, size_t *at)
{
	bool there;

	*at = find_text(strings, text, &there);
	return there;
}

bool hc_strings_have(const struct hc_strings *strings, const char *text)
{
	size_t at;

	return hc_strings_find(strings, text, &at);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void hc_strings_sort(struct hc_strings *strings)
{
	size_t kept = 0;

	if (strings->n)
		qsort(strings->v, strings->n, sizeof(*strings->v), by_text);
	for (size_t i = 0; i < strings->n; i++)
		if (!kept || strcmp(strings->v[kept - 1], strings->v[i]) != 0)
			strings->v[kept++] = strings->v[i];
	strings->n = kept;
}

/* Where the key is or belongs. */
static size_t find_key(const struct hc_map *map, const char *key, bool *there)
{
	size_t low = 0, high = map->n;

	*there = false;
	while (low < high && !*there) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(map->v[middle].key, key);

		*there = order == 0;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return *there ? high : low;
}

void hc_map_put(struct hc_arena *arena, struct hc_map *map, const char *key, const char *value)
{
	bool there;
	size_t at = find_key(map, key, &there);

	if (!there) {
		map->v = open_up(arena, map->v, map->n, at, sizeof(*map->v));
		map->v[at].key = hc_strdup(arena, key);
		map->n++;
	}
	map->v[at].value = hc_strdup(arena, value);
}

const char *hc_map_get(const struct hc_map *map, const char *key)
{
	bool there;
	size_t at = find_key(map, key, &there);

	return there ? map->v[at].value : NULL;
}

char *hc_digest(struct hc_arena *arena, const void *data, size_t size)
{
	unsigned char hash[crypto_generichash_BYTES];
	char hex[2 * sizeof(hash) + 1];

	(void)crypto_generichash(hash, sizeof(hash), data, size, NULL, 0); /* fails for no input */
	sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	return hc_strndup(arena, hex, 12);
}
