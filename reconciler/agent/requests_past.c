/* SPDX-License-Identifier: Apache-2.0 */
/* What was: the last events, and those that come while somebody follows; what was changed. */

#include <json-c/json.h>

#include "member.h"
#include "waiter.h"

enum {
	MOST_HISTORY = 100000,
};

static void send_event(void *arg, struct json_object *event)
{
	struct waiter *waiter = arg;
	struct json_object *line = json_object_new_object();

	json_object_object_add(line, "event", json_object_get(event));
	request_answer(waiter->request, line);
}

/* Takes the list. */
static void send_all(struct waiter *waiter, struct json_object *events)
{
	for (size_t i = 0; i < member_count(events); i++)
		send_event(waiter, json_object_array_get_idx(events, i));
	json_object_put(events);
}

void events_begin(struct waiter *waiter)
{
	send_all(waiter, events_last(waiter->agent->events));
	if (member_true(waiter_body(waiter), "follow"))
		waiter->ear = events_listen(waiter->agent->events, send_event, waiter);
	else
		waiter_end(waiter, EXIT_DONE);
}

void history_begin(struct waiter *waiter)
{
	uint64_t n = member_number(waiter_body(waiter), "n");

	send_all(waiter, events_history(waiter->agent->events, n ? n : MOST_HISTORY));
	waiter_end(waiter, EXIT_DONE);
}
