/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What was decided, as the text that is kept in Ceph for the next round and the next leader. What
 * is read may have been written by anybody with the key of pool hcstate.
 */

#include "ha.h"

enum {
	HA_MEMORY_MAX = 16 * 1024 * 1024, /* bytes of it as text */
	HA_MOST_VMS = HC_HA_MOST,
	HA_MOST_NODES = 2000,
};

char *ha_memory_write(struct hc_arena *arena, const struct ha_memory *memory);
/* No text at all: nothing was decided yet. -EBADMSG: it is not one of ours; *why is the end of a
 * sentence, NULL otherwise. */
int ha_memory_read(struct hc_arena *arena, const char *text, size_t size, struct ha_memory *memory,
		   const char **why);
