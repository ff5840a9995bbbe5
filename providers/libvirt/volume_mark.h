/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What hcstate made: see volume.h. A mark is there before its volume, says when that is whole, and
 * goes after it. */

#include "volume.h"

#define VOLUME_OWNER "owner" /* the note that is a file's mark */

/* Negative errno, not said. */
int volume_mark(struct hc_arena *arena, rados_t rados, const struct volume *volume,
		const char *owner);
int volume_mark_made(struct hc_arena *arena, rados_t rados, const struct volume *volume,
		     const char *owner);
/* *owner is NULL when there is no mark; *made: it was whole once. */
int volume_marked(struct hc_arena *arena, rados_t rados, const struct volume *volume, char **owner,
		  bool *made);
/* The owner that a mark's value names, and what it says of the image. */
char *volume_mark_read(struct hc_arena *arena, const char *value, bool *made);
int volume_unmark(struct hc_arena *arena, rados_t rados, const struct volume *volume);
