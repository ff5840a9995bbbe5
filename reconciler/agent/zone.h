/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A place's clocks. The C library knows one zone, that of the whole process, and cannot be asked
 * for another while other threads ask it for that one; so its files are read here.
 *
 * Times are seconds of CLOCK_REALTIME. Local times are such too: what a clock on the wall shows,
 * taken for UTC.
 */

#include <hcstate/base.h>

enum { ZONE_OFFSET_MAX = 26 * 3600 }; /* no clock is farther from UTC */

struct zone;

/* How far its clocks are from UTC, and until when. */
struct zone_span {
	int32_t offset; /* s; Berlin's winter: 3600 */
	int64_t end;    /* the first second of another span; INT64_MAX: none */
};

/* "Europe/Berlin"; NULL: this machine's, by $TZ or /etc/localtime. NULL with *why: there is none,
 * which is never so of the machine's (UTC then). */
const struct zone *zone_load(struct hc_arena *arena, const char *name, const char **why);
/* Of a file's content. */
const struct zone *zone_read(struct hc_arena *arena, const void *data, size_t size,
			     const char **why);

struct zone_span zone_span(const struct zone *zone, int64_t at);
/* The first moment at which its clocks show `local` or later. */
int64_t zone_moment(const struct zone *zone, int64_t local);
