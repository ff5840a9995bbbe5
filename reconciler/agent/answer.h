/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What plan, status, get and apply print and how they end: the same functions whether the command
 * line works by itself or the agent answers for it.
 */

#include <json-c/json_types.h>
#include <stdio.h>

#include <reconciler/engine.h>
#include <reconciler/status.h>

enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1, /* failed or refused */
	EXIT_CHANGES = 2,
	EXIT_USAGE = 64,
	EXIT_MANIFEST = 65,
	EXIT_LATER = 75, /* locked, not quorate */
};

enum output {
	OUTPUT_TEXT,
	OUTPUT_JSON,
	OUTPUT_YAML,
};

extern const char *const output_words[]; /* text, json, yaml; NULL ends them */

/* One answer, and what it is made of. */
struct answer {
	FILE *out, *err;
	enum output output;
	const struct hc_engine *engine;
	const struct hc_cycle *cycle;
	/* What the agent knows more, or NULL: of itself, and of all nodes (view.h). */
	struct json_object *agent, *nodes;
};

/* Each gives the exit code. */
int answer_plan(const struct answer *answer, bool detailed_exitcode);
int answer_status(const struct answer *answer, const struct hc_status *status);
/* Of the cycle, or with `desired` of the manifests; selector NULL: all. */
int answer_get(const struct answer *answer, const char *selector, bool desired);
/* How an apply ended. */
int answer_end(const struct answer *answer, const struct hc_status *status, enum hc_end end);

/* answer_agent.c: the lines above the status, of a text answer: the source, what is refused, what
 * is suspended. */
void answer_agent(FILE *out, struct json_object *agent);
/* answer_nodes.c: the other nodes' parts. */
void answer_nodes_status(FILE *out, struct json_object *nodes);
void answer_nodes_plan(FILE *out, struct json_object *nodes);
