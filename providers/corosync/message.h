/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What hcstate processes say to each other: one JSON text, whole facts each time. */

#include <hcstate/value.h>

enum {
	MESSAGE_MAX =
		256 * 1024, /* bytes: hundreds of VMs under HA that failed, each with a reason */
};

struct message {
	const char *node;
	bool leaving; /* this node is about to leave the cluster */
	struct hc_map facts;
};

char *message_write(struct hc_arena *arena, const struct message *message);

/* False: it is not a message of ours, or one that is too large. */
bool message_read(struct hc_arena *arena, const void *data, size_t size, struct message *message);
