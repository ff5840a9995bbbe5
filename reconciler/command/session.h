/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What plan, apply, status and get share: kinds, manifests and an engine, taken down together. */

#include <reconciler/engine.h>

#include "command.h"

struct session {
	struct hc_arena *arena;
	struct hc_registry *registry;
	struct hc_generation *generation;
	struct hc_engine *engine;
	struct hc_cycle *cycle;
	struct hc_diags diags;
};

/* Loads and opens all. 0, or the exit code, and said. `dry`: it will only look. */
int session_open(struct session *session, const struct options *options, bool dry);
void session_close(struct session *session);

/* Looks once, through the providers or at --live; session->cycle is what it saw. 0, or the exit
 * code. */
int session_look(struct session *session, const struct options *options);

/* What it saw, to be printed to stdout and stderr. */
struct answer session_answer(const struct session *session, const struct options *options);

/* get.c: opens one and prints to `out` what `hcstate get` says, NULL: of all. 0, or the exit code.
 */
int session_get(const struct options *options, const char *selector, FILE *out);

/* $HCSTATE_STATE, else /var/lib/hcstate. */
const char *session_state_dir(void);
