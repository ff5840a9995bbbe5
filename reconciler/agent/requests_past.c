/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was: the last events, and those that come while somebody follows; what was changed. That may
 * be more than a connection keeps for its reader, so it is answered in pieces: the next one when
 * the one before is sent.
 */

#include <json-c/json.h>

#include "member.h"
#include "waiter.h"

enum {
	MOST_HISTORY = 100000,
	PIECE = 16, /* lines; one is some 100 KiB at most */
};

static void send_event(struct waiter *waiter, struct json_object *event)
{
	struct json_object *line = json_object_new_object();

	json_object_object_add(line, "event", json_object_get(event));
	request_answer(waiter->request, line);
}

static void send_piece(struct request *request)
{
	struct waiter *waiter = request->arg;
	size_t n = json_object_array_length(waiter->rest);

	for (size_t i = 0; i < PIECE && waiter->at < n; i++)
		send_event(waiter, json_object_array_get_idx(waiter->rest, waiter->at++));
	if (waiter->at < n)
		return;
	json_object_put(waiter->rest);
	waiter->rest = NULL;
	request->more = NULL;
	if (!waiter->ear)
		waiter_end(waiter, EXIT_DONE);
}

/* Takes the list. */
static void send_all(struct waiter *waiter, struct json_object *events)
{
	waiter->rest = events;
	waiter->request->more = send_piece;
	send_piece(waiter->request);
}

/* In its turn, behind those that were before. */
static void hear_event(void *arg, struct json_object *event)
{
	struct waiter *waiter = arg;

	if (waiter->rest)
		json_object_array_add(waiter->rest, json_object_get(event));
	else
		send_event(waiter, event);
}

void events_begin(struct waiter *waiter)
{
	if (member_true(waiter_body(waiter), "follow"))
		waiter->ear = events_listen(waiter->agent->events, hear_event, waiter);
	send_all(waiter, events_last(waiter->agent->events));
}

void history_begin(struct waiter *waiter)
{
	uint64_t n = member_number(waiter_body(waiter), "n");

	send_all(waiter, events_history(waiter->agent->events, n ? n : MOST_HISTORY));
}
