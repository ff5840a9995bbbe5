/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Asking the monitors and the manager. The one place that knows librados' commands: JSON in, JSON
 * out, each within the call's deadline. The connection is made from the manifests and the sealed
 * client.admin, never from /etc/ceph, so that reading works also where that is missing or wrong; it
 * is made when first needed, kept, and made anew after it failed.
 */

#include <rados/librados.h>

#include <hcstate/provider.h>

#include <ceph-client/json.h>

struct connection;
struct connection *connection_new(void);
struct connection *connection_free(struct connection *connection); /* takes NULL */
/* A fd that becomes readable when the cluster's log has news; -1 without one. Kept by the
 * connection. */
int connection_watch(struct connection *connection);
/* A command: its prefix, then pairs of name and text; NULL ends them. Numbers, flags and lists are
 * added with json-c. */
struct json_object *command(const char *prefix, ...) __attribute__((sentinel));

struct ask {
	struct json_object *command; /* taken */
	const void *input;           /* a key ring, a monmap; NULL: none */
	size_t input_size;
	bool manager; /* the active manager answers it */
	bool plain;   /* the answer is no JSON; `out` has it */
	bool deaf;    /* the answer is not kept: nothing worth reading, or a key */
	bool quiet;   /* what Ceph refuses is not said: the caller looks at `code` */

	int code;          /* what Ceph answered: 0 or a negative errno */
	const char *words; /* and in its words; "" */
	char *out;         /* plain: the answer, in the call's arena, NUL behind */
	size_t size;
	struct json_object *json; /* else the answer; lives until ask_done() */
};

/*
 * 0: answered; with `quiet` look at `code`, and then ask_done(). Else it is said, and there is
 * nothing to give back any more; -ENOTCONN: nobody answered.
 */
int ask(struct hc_call *call, struct connection *connection, struct ask *ask);
void ask_done(struct ask *ask); /* takes one that was never asked, or is done */

/* For commands whose answer is not kept. 0, or what Ceph refused, said. Takes the command. */
int tell_mon(struct hc_call *call, struct connection *connection, struct json_object *command);
