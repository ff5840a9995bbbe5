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

/* What the monitor behind that admin socket is at ("probing"), for people; one that still looks for
 * the others shall try to reach them more often. */
const char *rejoin_hurry(struct hc_arena *arena, const char *path);
/* It is in the quorum: as often as others do, again. */
void rejoin_done(struct hc_arena *arena, const char *path);
