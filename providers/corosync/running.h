/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the running corosync says. */

#include "ask.h"

/* hcstate.left.ID in cmap: the node said good-bye; how often it had joined by then. */
#define NOTE_PREFIX "hcstate.left."

struct running_link {
	uint32_t number;
	const char *address;
	bool connected;
};

struct running_node {
	uint32_t id;
	bool member; /* of our partition */
	bool left;   /* noted to have said good-bye */
	struct running_link links[8];
	size_t nlink;
};

struct running {
	struct hc_map keys; /* of cmap: totem, quorum, nodelist and some of runtime */
	uint32_t local;     /* our own node id */
	bool quorate;
	uint32_t expected_votes, total_votes, quorum;
	struct running_node *nodes; /* of the node list, by position */
	size_t n;
};

/* 0, or negative and *why. Zeroed memory is a fine `running` to fill. */
int running_read(struct hc_call *call, struct asker *asker, struct running *running,
		 const char **why);

/* Makes corosync on all nodes of the partition read its file again. */
int running_reload(struct hc_call *call, struct asker *asker, const char **why);

/* Or NULL. */
const struct running_node *running_find(const struct running *running, uint32_t id);

/* What the node list calls it; "node7" when it has no name for it. */
const char *running_name(struct hc_arena *arena, const struct running *running, uint32_t id);
