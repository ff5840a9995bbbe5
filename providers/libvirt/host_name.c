/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The name is compared with the one in claims. A hook that took a wrong one would refuse this
 * node's VMs, or admit those of the node whose name that is.
 */

#include "host_name.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <hcstate/directory.h>
#include <hcstate/file.h>

enum {
	NAME_SIZE = 256, /* with its NUL */
};

static const char *path_of(struct hc_arena *arena)
{
	return hc_printf(arena, "%s/node", hc_state_directory());
}

static char *hostname(struct hc_arena *arena)
{
	char name[NAME_SIZE] = "";

	(void)gethostname(name, sizeof(name) - 1); /* no name is no node's */
	name[strcspn(name, ".")] = '\0';
	return hc_strdup(arena, name);
}

char *host_name(struct hc_arena *arena)
{
	char *text;
	int r = hc_file_read(arena, path_of(arena), NAME_SIZE, &text, NULL);

	if (r == -ENOENT)
		return hostname(arena);
	if (r)
		return hc_strdup(arena, ""); /* nobody's */
	text[strcspn(text, "\n")] = '\0';
	return text;
}

int host_name_put(struct hc_arena *arena, const char *node)
{
	const char *text = hc_printf(arena, "%s\n", node);

	return hc_file_write(path_of(arena), 0644, text, strlen(text));
}
