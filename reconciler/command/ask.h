/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Asking the agent of this machine. */

#include <json-c/json_types.h>
#include <stdio.h>

#include "command.h"

enum {
	ASK_NOBODY = -1, /* no agent runs here, or it may not be asked: instead of an exit code */
};

struct ask {
	FILE *out, *err;
	/* Told of each {"event": ...}; may be NULL. */
	void (*event)(void *arg, struct json_object *event);
	void *arg;
	bool needs_agent;    /* that there is none is said, and that one may not ask it */
	bool needs_root;     /* only the latter */
	unsigned patience_s; /* between two lines; 0: for ever */
};

/* Sends the request, which is taken, and copies what comes back. The exit code, or ASK_NOBODY. */
int ask(const struct ask *ask, struct json_object *request);

/* Of a command that works by itself too: asks when the agent is there and nothing on the command
 * line says otherwise. */
int ask_instead(const struct options *options, const char *verb, FILE *out, FILE *err);

/* {"do": VERB}, with what all requests have. */
struct json_object *ask_request(const struct options *options, const char *verb);
/* Whether an agent listens. */
bool ask_is_there(void);
