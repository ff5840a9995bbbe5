/* SPDX-License-Identifier: Apache-2.0 */
/* Asked of corosync's own map of keys. */

#include "members.h"

#include <corosync/cmap.h>
#include <stdio.h>
#include <string.h>

enum {
	MOST = 64, /* nodes that corosync can have: 32 and some */
};

static char *text_of(struct hc_arena *arena, cmap_handle_t handle, const char *key)
{
	char *text = NULL, *copy;

	if (cmap_get_string(handle, key, &text) != CS_OK)
		return NULL;
	copy = hc_strdup(arena, text);
	free(text);
	return copy;
}

/* Its place in the list of nodes; -1: it is not in there. */
static int find(struct hc_arena *arena, cmap_handle_t handle, const char *node)
{
	for (int i = 0; i < MOST; i++) {
		const char *name =
			text_of(arena, handle, hc_printf(arena, "nodelist.node.%d.name", i));

		if (name && !strcmp(name, node))
			return i;
	}
	return -1;
}

static enum member status_of(struct hc_arena *arena, cmap_handle_t handle, int place)
{
	const char *status;
	uint32_t id;

	if (place < 0 || cmap_get_uint32(handle, hc_printf(arena, "nodelist.node.%d.nodeid", place),
					 &id) != CS_OK)
		return MEMBER_UNKNOWN;
	status = text_of(arena, handle, hc_printf(arena, "runtime.members.%u.status", id));
	/* one that was never seen since corosync began here has none */
	return status && !strcmp(status, "joined") ? MEMBER_ALIVE : MEMBER_GONE;
}

enum member member_of(struct hc_arena *arena, const char *node)
{
	cmap_handle_t handle;
	enum member member;

	if (cmap_initialize(&handle) != CS_OK)
		return MEMBER_UNKNOWN;
	member = status_of(arena, handle, find(arena, handle, node));
	(void)cmap_finalize(handle);
	return member;
}

const char *member_address(struct hc_arena *arena, const char *node)
{
	const char *address = NULL;
	cmap_handle_t handle;
	int place;

	if (cmap_initialize(&handle) != CS_OK)
		return NULL;
	place = find(arena, handle, node);
	if (place >= 0)
		address = text_of(arena, handle,
				  hc_printf(arena, "nodelist.node.%d.ring0_addr", place));
	(void)cmap_finalize(handle);
	return address;
}
