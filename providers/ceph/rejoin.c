/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The longest pause between two tries is the option ms_max_backoff. It is set in the running
 * monitor alone, through its admin socket: the cluster's options may be somebody's, and the other
 * daemons need no other pause. Whoever is killed before it is set back leaves a monitor that calls
 * upon dead ones more often than others do, until it is started again.
 *
 * What the others say of it: "this is a stale connection, peer_global_seq=29
 * existing->peer_global_seq=36" (ceph-mon, debug_ms 1).
 */

#include "rejoin.h"

#include <string.h>

#include "admin_socket.h"
#include "ask.h"

#define OPTION "ms_max_backoff"
#define PAUSE "0.2" /* seconds; as long as the first */

const char *rejoin_hurry(struct hc_arena *arena, const char *path)
{
	struct json_object *status = admin_socket_ask(arena, path, command("mon_status", NULL));
	const char *state = json_text(arena, status, "state", "");
	struct json_object *set, *values;

	(void)json_object_put(status); /* takes NULL */
	if (strcmp(state, "probing") != 0)
		return *state ? state : "it does not answer";
	set = command("config set", "var", OPTION, NULL);
	values = json_object_new_array();
	json_object_array_add(values, json_object_new_string(PAUSE));
	json_object_object_add(set, "val", values);
	/* what it says to that does not matter: the next look asks it again */
	(void)json_object_put(admin_socket_ask(arena, path, set));
	return state;
}

void rejoin_done(struct hc_arena *arena, const char *path)
{
	(void)json_object_put(
		admin_socket_ask(arena, path, command("config unset", "var", OPTION, NULL)));
}
