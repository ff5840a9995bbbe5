/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A short text that is kept with a volume and goes with it: in an RBD image's metadata as
 * `hcstate.KEY`, else in a file beside it, `.NAME.KEY`. Anybody with access may have written it.
 */

#include "volume.h"

struct opened;

enum {
	VOLUME_NOTE_MAX = 1024,
};

/* NULL takes it away. Negative errno, not said. */
int volume_note(struct hc_arena *arena, rados_t rados, const struct volume *volume, const char *key,
		const char *text);
/* *text is NULL when there is none, or no such volume. */
int volume_noted(struct hc_arena *arena, rados_t rados, const struct volume *volume,
		 const char *key, char **text);
/* The same of an RBD image that is open. */
int volume_noted_open(struct hc_arena *arena, const struct opened *opened, const char *key,
		      char **text);
