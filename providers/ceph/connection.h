/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The connection to the monitors, as ask.c uses it. */

#include "ask.h"

/* Connects when nobody has. 0: *rados is to be given back; or what stands in the way, said. */
int connection_take(struct hc_call *call, struct connection *connection, rados_t *rados);
/* `failed`: nobody answered through it; the next to ask gets a new one. */
void connection_give(struct connection *connection, rados_t rados, bool failed);

/* Whether a line of the cluster's log speaks of something that may have changed. What was asked is
 * in it too ("dispatch"), with "auth ls" also our own questions: of commands only the end is news.
 */
bool connection_is_news(const char *channel, const char *text);

/* The manager did not answer lately: so it is not waited for again. */
bool connection_manager_hangs(struct connection *connection);
void connection_manager_failed(struct connection *connection);
