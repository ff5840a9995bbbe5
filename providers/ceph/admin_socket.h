/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The socket in which a daemon of Ceph's answers this machine's root, whatever the cluster is
 * about: also without a quorum.
 */

#include <ceph-client/json.h>

/* Of this node's monitor. */
char *admin_socket_path(struct hc_arena *arena, const char *node);
/* Takes the command (ask.h); json_object_put() the answer. NULL: nobody answers (yet), or not in
 * JSON. */
struct json_object *admin_socket_ask(struct hc_arena *arena, const char *path,
				     struct json_object *command);
