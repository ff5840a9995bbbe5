/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Windows on the calendar: pure. Times are seconds of CLOCK_REALTIME. */

#include <time.h>

#include "config.h"

/* Whether it is open, and when that changes next (0: never). A time that the clocks jump over in
 * spring counts as the moment after it; one that comes twice in autumn as the first. One that
 * window_check() does not like is never open. */
bool window_open(const struct hc_agent_window *window, time_t now, time_t *changes);

/* False: *why says what is wrong with it, in words that live for ever. */
bool window_check(const struct hc_agent_window *window, const char **why);

/* "Sat 02:00" as that zone's clocks show it (NULL: the machine's); with the date instead of the day
 * when it is not within the next days. */
char *window_time(struct hc_arena *arena, const char *time_zone, time_t at, time_t now);
