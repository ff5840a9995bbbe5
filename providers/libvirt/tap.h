/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The host's end of a network card of a guest that runs: a tap device, "vnet0". */

#include <hcstate/base.h>

/* The bridge that it is in, in the arena; "": in none; NULL: there is no such device, or nobody can
 * tell. `links` is where the kernel shows its devices: NULL is /sys/class/net. */
const char *tap_bridge(struct hc_arena *arena, const char *links, const char *tap);
/* Puts it into the bridge; 0 also: it is in it. A negative errno, not said. */
int tap_join(const char *tap, const char *bridge);
