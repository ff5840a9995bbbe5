/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* A moment as people say it: RFC 3339, HH:MM (the next one, of this machine's time zone), +30m, +2h
 * or +1d. False: it is none. */
bool when_read(const char *text, time_t now, uint64_t *to);
