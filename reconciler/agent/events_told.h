/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What was said already and is still so: a fact is told once, not at every look. */

#include "events.h"

struct told_fact;

struct told {
	struct hc_arena *arena; /* its own; another one when something is forgotten */
	struct told_fact *v;
	size_t n, room;
};

/* Whether it is worth saying; what it says is noted, and what it ends is forgotten. *ends_refusal:
 * it is the end of a refusal that was told. */
bool told_news(struct told *told, const struct event *event, bool *ends_refusal);
/* Objects that are not as wanted; what was said of others is over. */
void told_differ(struct told *told, const struct hc_strings *objects);
void told_free(struct told *told);
