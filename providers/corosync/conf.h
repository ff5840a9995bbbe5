/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The text of corosync.conf: written and read here and nowhere else. */

#include "parts.h"

#define CONF_FILE "/etc/corosync/corosync.conf"

enum {
	CONF_MAX = 1024 * 1024, /* bytes */
};

/* The file for these parts; there must be a cluster among them. */
char *conf_render(struct hc_arena *arena, const struct parts *parts, uint64_t config_version);

/* Whether hcstate made the file: it says so in its first line. */
bool conf_is_ours(const char *text);

/* The file's settings under the keys that corosync's cmap gives them. Lines that corosync would
 * not take are left out. */
void conf_parse(struct hc_arena *arena, const char *text, struct hc_map *keys);

/* Where the texts differ first, in words: "line 5: token: 1000 -> token: 3000". */
char *conf_difference(struct hc_arena *arena, const char *have, const char *want);
