/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the parts of `hcstate ha` share: what is there and what should be, as get tells it. */

#include <reconciler/load.h>

#include "command.h"

struct ha_seen_here {
	struct hc_arena *arena;
	struct hc_registry *registry;
	struct hc_state live;
	struct hc_set desired;
};

/* Asks the agent; where there is none, looks. 0, or an exit code, and said. */
int ha_look(const struct options *options, bool live, struct ha_seen_here *seen);
void ha_look_end(struct ha_seen_here *seen);

/* Of a kind, by name; the spec, or NULL. */
const void *ha_want_of(const struct ha_seen_here *seen, const struct hc_type *type,
		       const char *name);
const void *ha_live_of(const struct ha_seen_here *seen, const struct hc_type *type,
		       const char *name);

int ha_status(const struct options *options);

/*
 * ha_check.c: whether the manifests and what is there speak against it. 0, or an exit code, and
 * said; *then: what follows, to be said when it was written down.
 */
int ha_check_maintenance(const struct ha_seen_here *seen, bool on, const char *node,
			 const char **then);
int ha_check_move(const struct ha_seen_here *seen, bool live, const char *vm, const char *node,
		  const char **then);
