/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What hcstate made in Ceph: see volume.h. A mark is there before its image and goes after it. */

#include "volume.h"

/* Negative errno, not said. */
int volume_mark(struct hc_arena *arena, rados_t rados, const struct volume *volume,
		const char *owner);
int volume_unmark(struct hc_arena *arena, rados_t rados, const struct volume *volume);
