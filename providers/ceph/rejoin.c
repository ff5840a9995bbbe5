/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The longest pause between two tries is the option ms_max_backoff. It is set in the running
 * monitor alone, through its admin socket: the cluster's options may be somebody's, and the other
 * daemons need no other pause. And it is set for moments, as the monitor may be found in the quorum
 * without this being asked again.
 *
 * What the others say of it: "this is a stale connection, peer_global_seq=29
 * existing->peer_global_seq=36" (ceph-mon, debug_ms 1).
 */

#include "rejoin.h"

#include <poll.h>
#include <string.h>

#include "admin_socket.h"
#include "ask.h"

#define OPTION "ms_max_backoff"
#define PAUSE "0.2" /* seconds; as long as the first */

enum {
	LOOK_MS = 100,
};

static const char *look(struct hc_arena *arena, const char *path)
{
	struct json_object *status = admin_socket_ask(arena, path, command("mon_status", NULL));
	const char *state = json_text(arena, status, "state", "it does not answer");

	(void)json_object_put(status); /* takes NULL */
	return state;
}

/* What it says to these does not matter: whoever comes next asks again. */
static void try_often(struct hc_arena *arena, const char *path)
{
	struct json_object *set = command("config set", "var", OPTION, NULL);
	struct json_object *values = json_object_new_array();

	json_object_array_add(values, json_object_new_string(PAUSE));
	json_object_object_add(set, "val", values);
	(void)json_object_put(admin_socket_ask(arena, path, set));
}

static void try_as_usual(struct hc_arena *arena, const char *path)
{
	(void)json_object_put(
		admin_socket_ask(arena, path, command("config unset", "var", OPTION, NULL)));
}

const char *rejoin_hurry(struct hc_arena *arena, const char *path, uint64_t patience_us)
{
	uint64_t end = hc_now() + patience_us;
	const char *state = look(arena, path);

	if (strcmp(state, "probing") != 0)
		return state;
	try_often(arena, path);
	while (!strcmp(state, "probing") && hc_now() < end) {
		(void)poll(NULL, 0, LOOK_MS);
		state = look(arena, path);
	}
	try_as_usual(arena, path);
	return state;
}
