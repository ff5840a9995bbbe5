/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What an event looks like to people, to programs and to the journal. */

#include "events.h"

/* The same with strings of bounded length that no terminal takes for commands; in the arena. `more`
 * is lent. */
struct event event_clean(struct hc_arena *arena, const struct event *event);
/* "Bridge/vmbr1@pve1: add address 10.0.0.1/24: done (12 ms)" */
char *event_text(struct hc_arena *arena, const struct event *event);
/* As events_last() says. */
struct json_object *event_json(struct hc_arena *arena, const struct event *event);
/* Of syslog(3). */
int event_priority(const struct event *event);
/* What webhooks call it; NULL: they are not told. */
const char *event_webhook_word(const struct event *event);
