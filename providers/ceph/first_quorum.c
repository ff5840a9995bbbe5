/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Another election is asked of a monitor that has been electing for longer than an election takes.
 * The first two may both need it. It is asked only while the database is new and for two seconds,
 * so that monitors who wait for one that is not coming are left to end that by themselves.
 */

#include "first_quorum.h"

#include <poll.h>
#include <string.h>

#include "admin_socket.h"
#include "ask.h"
#include "store.h"

enum {
	LOOK_MS = 50,
	PATIENCE_US = 2000000, /* then who asks the cluster has to wait for it */
	ELECTION_US = 300000,  /* most that two elections take which nothing goes wrong in */
};

enum state {
	AWAY, /* it is about to start, or does not tell */
	ELECTING,
	AGREED, /* on the map too */
};

static enum state look(struct hc_arena *arena, const char *path, bool *first)
{
	struct json_object *status = admin_socket_ask(arena, path, command("mon_status", NULL));
	const char *state = json_text(arena, status, "state", "");
	enum state found = AWAY;

	*first = json_number(status, "rank", 1) == 0;
	if (!strcmp(state, "electing"))
		found = ELECTING;
	else if ((!strcmp(state, "leader") || !strcmp(state, "peon")) &&
		 json_number(status, "monmap.epoch", 0))
		found = AGREED;
	(void)json_object_put(status); /* takes NULL */
	return found;
}

void first_quorum(struct hc_call *call)
{
	const char *path = admin_socket_path(call->arena, call->node);
	uint64_t end = hc_now() + PATIENCE_US, since = 0;
	enum state state;
	bool first;

	if (!store_fresh(call))
		return;
	while ((state = look(call->arena, path, &first)) != AGREED && hc_now() < end) {
		if (state != ELECTING || !since)
			since = state == ELECTING ? hc_now() : 0;
		if (since && first && hc_now() - since >= ELECTION_US) {
			(void)json_object_put(
				admin_socket_ask(call->arena, path, command("quorum enter", NULL)));
			since = 0;
		}
		(void)poll(NULL, 0, LOOK_MS);
	}
}
