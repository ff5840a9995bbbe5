/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Options of the monitors' database: their names, what values mean the same, and setting them. */

#include "ceph.h"

/* "ceph/osd/class:ssd/osd_max_backfills" is section "osd/class:ssd", option "osd_max_backfills":
 * behind the daemon's name there may be masks, which have a colon. An option of a module has
 * slashes itself. */
struct option_name {
	const char *section, *option;
};
struct option_name option_name(struct hc_arena *arena, const char *name);

/* Whether a field of CephCluster stands for it. */
bool option_is_field(const char *section, const char *option);
/* Whether its value is for nobody to see. */
bool option_is_secret(const char *option);
/* Whether Ceph takes both for the same: 4G and 4294967296, yes and true, 0.05 and 0.050000. */
bool option_same(const char *a, const char *b);

int option_set(struct hc_call *call, struct ceph *self, const char *section, const char *option,
	       const char *value);
int option_remove(struct hc_call *call, struct ceph *self, const char *section, const char *option);
