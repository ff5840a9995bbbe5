/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What every file may use: memory that is freed whole, and locals that clean up after themselves.
 *
 * Running out of memory ends the process with a message. hcstate may be killed at any moment and
 * the next run ends well, so that path is tested every day; half-handled NULLs in hundreds of
 * places are not.
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HC_PRINTF(at, first) __attribute__((format(printf, at, first)))
#define HC_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Calls `f` with the address of the local when it goes out of scope. */
#define _cleanup_(f) __attribute__((cleanup(f)))

static inline void hc_freep(void *p)
{
	free(*(void **)p);
}

static inline void hc_closep(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* nothing useful can be done about it here */
}

/* Hands a local over: gives its value and leaves NULL behind. */
#define hc_steal(p)                                                                                \
	({                                                                                         \
		__typeof__(*(p)) stolen_ = *(p);                                                   \
		*(p) = NULL;                                                                       \
		stolen_;                                                                           \
	})

/*
 * An arena: everything of one generation or one cycle lives in one and goes with it.
 * Not locked: one thread uses it at a time.
 */
struct hc_arena;

struct hc_arena *hc_arena_new(void);
struct hc_arena *hc_arena_free(struct hc_arena *arena); /* takes NULL, gives NULL */
void hc_arena_freep(struct hc_arena **arena);
void hc_arena_adopt(struct hc_arena *arena,
		    struct hc_arena **child); /* child's memory lives on in arena */

/* Zeroed memory, aligned for any type; never NULL. */
void *hc_alloc(struct hc_arena *arena, size_t size);
#define hc_new(arena, type) ((type *)hc_alloc(arena, sizeof(type)))

/* Makes room for one more element behind `n` of them in an arena's array; gives the array. */
void *hc_grow(struct hc_arena *arena, void *array, size_t n, size_t *room, size_t size);

char *hc_strdup(struct hc_arena *arena, const char *text);
char *hc_strndup(struct hc_arena *arena, const char *text, size_t size);
char *hc_printf(struct hc_arena *arena, const char *format, ...) HC_PRINTF(2, 3);
char *hc_vprintf(struct hc_arena *arena, const char *format, va_list args) HC_PRINTF(2, 0);

/* A copy that outlives every arena, for free(); NULL of NULL. */
char *hc_own(const char *text);
/* Whether they say the same, or neither is there. */
static inline bool hc_same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* Microseconds of CLOCK_MONOTONIC. */
uint64_t hc_now(void);
/* Microseconds of CLOCK_REALTIME: for people and calendars, never to measure with. */
uint64_t hc_wall_us(void);
