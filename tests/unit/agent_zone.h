/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What tests of clocks share: an arena as their state, and moments of UTC. */

#include <stdlib.h>
#include <time.h>

#include <hcstate/base.h>

static inline int setup(void **state)
{
	*state = hc_arena_new();
	return 0;
}

static inline int teardown(void **state)
{
	hc_arena_free(*state);
	(void)unsetenv("TZ");
	return 0;
}

static inline time_t utc(int year, int month, int day, int hour, int minute)
{
	struct tm tm = {.tm_year = year - 1900,
			.tm_mon = month - 1,
			.tm_mday = day,
			.tm_hour = hour,
			.tm_min = minute};

	return timegm(&tm);
}
