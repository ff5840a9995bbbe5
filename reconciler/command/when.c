/* SPDX-License-Identifier: Apache-2.0 */
/* Moments: 2026-12-24T18:00:00Z, 18:00, +2h. What is said must be whole: no rest is ignored. */

#include "when.h"

#include <stdlib.h>
#include <string.h>

enum {
	DAY_S = 24 * 3600,
	MOST_S = 10 * 366 * DAY_S,
};

static bool read_span(const char *text, time_t now, uint64_t *to)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);
	unsigned long unit = *end == 's'   ? 1
			     : *end == 'm' ? 60
			     : *end == 'h' ? 3600
			     : *end == 'd' ? DAY_S
					   : 0;

	if (*text < '0' || *text > '9' || !unit || end[1] || !n || n > MOST_S / unit)
		return false;
	*to = (uint64_t)now + n * unit;
	return true;
}

static bool read_clock(const char *text, time_t now, uint64_t *to)
{
	struct tm said, day;
	const char *end = strlen(text) == 5 ? strptime(text, "%H:%M", &said) : NULL;
	time_t then;

	if (!end || *end || !localtime_r(&now, &day))
		return false;
	day.tm_hour = said.tm_hour;
	day.tm_min = said.tm_min;
	day.tm_sec = 0;
	day.tm_isdst = -1;
	then = mktime(&day);
	if (then <= now) {
		day.tm_mday++;
		day.tm_hour = said.tm_hour; /* what mktime() made of a time that is not */
		day.tm_min = said.tm_min;
		day.tm_isdst = -1;
		then = mktime(&day);
	}
	*to = (uint64_t)then;
	return then > now;
}

/* "Z", "+01:00": seconds east of Greenwich. */
static bool read_zone(const char *text, long *east)
{
	struct tm tm;
	const char *end;

	if (!strcmp(text, "Z") || !strcmp(text, "z"))
		return *east = 0, true;
	if ((*text != '+' && *text != '-') || strlen(text) != 6)
		return false;
	end = strptime(text + 1, "%H:%M", &tm);
	*east = (tm.tm_hour * 60L + tm.tm_min) * 60 * (*text == '-' ? -1 : 1);
	return end && !*end;
}

static bool read_date(const char *text, uint64_t *to)
{
	struct tm tm = {0};
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	long east;
	time_t then;

	if (!end || !read_zone(end, &east))
		return false;
	then = timegm(&tm) - east;
	*to = (uint64_t)then;
	return then > 0;
}

bool when_read(const char *text, time_t now, uint64_t *to)
{
	if (*text == '+')
		return read_span(text + 1, now, to);
	return read_clock(text, now, to) || read_date(text, to);
}
