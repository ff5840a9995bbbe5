/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What agents tell each other of their nodes: two facts, each a compact JSON object. */

#include <json-c/json_types.h>

#include <reconciler/status.h>

#define FACT_STATUS "agent.status"
#define FACT_PLAN "agent.plan"

enum {
	FACT_MOST = 24 * 1024, /* bytes of one, as it goes into the message */
};

/* view_fact.c: of this node. What does not fit is counted in "more". */
struct json_object *fact_status(const struct hc_status *status, const char *generation);
struct json_object *fact_plan(const struct hc_cycle *cycle);
/* The fact's text, valid as long as the object. */
const char *fact_text(struct json_object *fact);

/* view_read.c: of another. Only what is known is taken from it; NULL: it is none. */
struct json_object *fact_read_status(const char *text);
struct json_object *fact_read_plan(const char *text);
