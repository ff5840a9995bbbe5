/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The connection to the monitors, as ask.c uses it. Several threads ask through one librados
 * handle at once, so a handle that failed is only put aside; who gives it back last ends it.
 */

#include "ask.h"

struct link;

/* Connects when nobody has. 0, or what stands in the way, said. */
int connection_take(struct hc_call *call, struct connection *connection, struct link **link);
/* `failed`: nobody answered through it; the next to ask gets a new one. */
void connection_give(struct connection *connection, struct link *link, bool failed);
rados_t link_cluster(const struct link *link);

/* The manager did not answer lately: so it is not waited for again. */
bool connection_manager_hangs(struct connection *connection);
void connection_manager_failed(struct connection *connection);
