/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The agent's socket, /run/hcstate/hcstate.sock (0660, group hcstate): JSON, an object per line
 * both ways. Who connects is root or in the group, by the socket's mode; who it was is known by
 * SO_PEERCRED. Input is bounded (64 KiB a line, 32 connections, 10 s for a request), and a reader
 * who does not read is cut off (4 MiB waiting); the loop never waits for one.
 */

#include <json-c/json_types.h>
#include <systemd/sd-event.h>

#include <hcstate/diag.h>

struct server;

/* One connection's request. It lives until request_end(), or until its connection is gone: then
 * `gone` is called, if it is set, and the request may not be used any more. */
struct request {
	struct json_object *body; /* an object */
	uid_t uid;
	pid_t pid;
	const char *user; /* the user's name, or its number as text */
	void (*gone)(struct request *request);
	/* Called from the loop when all that was answered so far is sent, if it is set: a long
	 * answer is made piece by piece, for too much of it at once would be cut off. */
	void (*more)(struct request *request);
	void *arg; /* of who handles it */
};

typedef void request_fn(void *arg, struct request *request);

/* A socket that systemd handed over (sd_listen_fds) is taken, else it is made. NULL: said. */
struct server *server_new(sd_event *event, const char *path, request_fn *handle, void *arg,
			  struct hc_diags *diags);
struct server *server_free(struct server *server); /* takes NULL, gives NULL */

/* Sends one line; takes the object. */
void request_answer(struct request *request, struct json_object *line);
/* No more lines: what waits is sent, then the connection is closed. Do not use it any more. */
void request_end(struct request *request);
