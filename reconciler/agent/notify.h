/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Webhooks: events posted as JSON, in a thread of their own, tried again for a while (with longer
 * and longer pauses) when the other side does not take them. No cycle ever waits for one; when too
 * many wait (256) the oldest are dropped, and that is said with the next.
 */

#include <json-c/json_types.h>

#include "config.h"

struct notify;

/* complain(arg, text) is called in notify's thread at most once a minute when a webhook cannot be
 * reached. */
struct notify *notify_new(const struct agent_config *config,
			  void (*complain)(void *arg, const char *text), void *arg);
struct notify *notify_free(struct notify *notify); /* takes NULL, gives NULL; waits 2 s at most */
void notify_post(struct notify *notify, const char *event, struct json_object *body); /* lent */
