/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that is freed whole. An arena is a list of blocks; allocating moves a mark forward in the
 * newest one. Large things get a block of their own, so that a block's rest is never thrown away.
 */

#include <hcstate/base.h>

#include <stdalign.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	FIRST_BLOCK = 1024,
	LARGEST_BLOCK = 128 * 1024,
};

struct block {
	struct block *next;
	size_t size, used; /* bytes of data */
	alignas(max_align_t) char data[];
};

struct hc_arena {
	struct block *blocks; /* the first is the one with room */
	size_t next_size;
};

static void *must(void *p)
{
	if (!p) {
		fputs("hcstate: out of memory\n", stderr);
		abort();
	}
	return p;
}

struct hc_arena *hc_arena_new(void)
{
	struct hc_arena *arena = must(calloc(1, sizeof(*arena)));

	arena->next_size = FIRST_BLOCK;
	return arena;
}

struct hc_arena *hc_arena_free(struct hc_arena *arena)
{
	while (arena && arena->blocks) {
		struct block *next = arena->blocks->next;

		free(arena->blocks);
		arena->blocks = next;
	}
	free(arena);
	return NULL;
}

void hc_arena_freep(struct hc_arena **arena)
{
	*arena = hc_arena_free(*arena);
}

void hc_arena_adopt(struct hc_arena *arena, struct hc_arena **child)
{
	struct block **end = &arena->blocks;

	while (*end)
		end = &(*end)->next;
	*end = (*child)->blocks;
	(*child)->blocks = NULL;
	*child = hc_arena_free(*child);
}

static struct block *add_block(struct hc_arena *arena, size_t size, bool first)
{
	struct block *block = must(calloc(1, sizeof(*block) + size));
	struct block **at = &arena->blocks;

	block->size = size;
	if (!first && *at)
		at = &(*at)->next;
	block->next = *at;
	*at = block;
	return block;
}

void *hc_alloc(struct hc_arena *arena, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct block *block = arena->blocks;
	void *p;

	if (size > SIZE_MAX / 2)
		must(NULL);
	size = (size + align - 1) / align * align;
	if (!block || block->size - block->used < size) {
		bool large = size > arena->next_size / 4;

		block = add_block(arena, large ? size : arena->next_size, !large);
		if (!large && arena->next_size < LARGEST_BLOCK)
			arena->next_size *= 2;
	}
	p = block->data + block->used;
	block->used += size;
	return p;
}

void *hc_grow(struct hc_arena *arena, void *array, size_t n, size_t *room, size_t size)
{
	void *larger;

	if (n < *room)
		return array;
	*room = *room ? 2 * *room : 4;
	if (*room > SIZE_MAX / 2 / size)
		must(NULL);
	larger = hc_alloc(arena, *room * size);
	if (n)
		memcpy(larger, array, n * size);
	return larger;
}

char *hc_strndup(struct hc_arena *arena, const char *text, size_t size)
{
	char *copy = hc_alloc(arena, size + 1);

	memcpy(copy, text, size);
	return copy;
}

char *hc_strdup(struct hc_arena *arena, const char *text)
{
	return hc_strndup(arena, text, strlen(text));
}

char *hc_own(const char *text)
{
	return text ? must(strdup(text)) : NULL;
}

char *hc_vprintf(struct hc_arena *arena, const char *format, va_list args)
{
	va_list again;
	char *text;
	int size;

	va_copy(again, args);
	/* The analyzer does not see that va_copy() made it. */
	size = vsnprintf(NULL, 0, format, again); /* NOLINT(clang-analyzer-valist.Uninitialized) */
	va_end(again);
	if (size < 0)
		must(NULL);
	text = hc_alloc(arena, (size_t)size + 1);
	vsnprintf(text, (size_t)size + 1, format, args);
	return text;
}

char *hc_printf(struct hc_arena *arena, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = hc_vprintf(arena, format, args);
	va_end(args);
	return text;
}

static uint64_t read_clock(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t); /* these two clocks are always there */
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

uint64_t hc_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t hc_wall_us(void)
{
	return read_clock(CLOCK_REALTIME);
}
