/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A monitor that comes back under an address where one was before. The others keep the connection
 * to the former one, though it is closed, and take what the new one sends for an echo of that until
 * it has tried to connect more often than the former ever did. It waits up to 15 seconds before
 * each try, so that may take longer than anybody waits; to start it again begins the count anew.
 * Trying five times a second it is through within seconds.
 */

#include <hcstate/provider.h>

/* Lets the monitor behind that admin socket try more often, for as long at most, while it looks for
 * the others. Gives what it is at then ("probing"), for people. */
const char *rejoin_hurry(struct hc_arena *arena, const char *path, uint64_t patience_us);
