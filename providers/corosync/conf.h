/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The text of corosync.conf: written and read here and nowhere else. */

#include "parts.h"

#define CONF_FILE "/etc/corosync/corosync.conf"

enum {
	CONF_MAX = 1024 * 1024, /* bytes */
};

/* The file for these parts; there must be a cluster among them. `node`: whose file it is, NULL:
 * without the line that says so. */
char *conf_render(struct hc_arena *arena, const struct parts *parts, uint64_t config_version,
		  const char *node);

/* Whether hcstate made the file: it says so in its first line. */
bool conf_is_ours(const char *text);

/* The node whose file it is, as a file of ours says in its second line; NULL: it does not. */
const char *conf_owner(struct hc_arena *arena, const char *text);

/* The same for two nodes whose files say the same. */
char *conf_digest(struct hc_arena *arena, const char *text);

/* The file's settings under the keys that corosync's cmap gives them. Lines that corosync would
 * not take are left out. */
void conf_parse(struct hc_arena *arena, const char *text, struct hc_map *keys);

/* Where the texts differ first, in words: "line 5: token: 1000 -> token: 3000". */
char *conf_difference(struct hc_arena *arena, const char *have, const char *want);
