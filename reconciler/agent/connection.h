/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One connection to the agent's socket. Only server.c and connection.c include this. */

#include "server.h"

enum {
	LINE_MOST = 64 * 1024,
	WAITING_MOST = 4 * 1024 * 1024,
	PATIENCE_US = 10 * 1000 * 1000, /* for a request to come, and for what is sent to be read */
};

struct connection;

/* Who is told of it. */
struct connection_use {
	sd_event *event;
	request_fn *handle;
	void (*closed)(void *server, struct connection *connection); /* it frees it */
	void *arg;                                                   /* handle's */
	void *server;                                                /* closed's */
};

/* Takes the socket. NULL: it is not known who it is, or there is no memory for it. */
struct connection *connection_new(const struct connection_use *use, int fd);
/* Sends what can be sent at once; tells who handles its request that it is gone. */
struct connection *connection_free(struct connection *connection); /* takes NULL, gives NULL */
/* Says that there are too many, and ends it. */
void connection_turn_away(struct connection *connection);
