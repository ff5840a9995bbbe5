/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What corosync's cluster may become, seen from what it is. Pure. */

#include "parts.h"

/* Both sides of a cluster: what the manifests ask for and what was read. */
struct sides {
	struct parts want, have;
	bool running; /* `have` is what corosync runs with, not only what it would */
};

struct sides sides_of(const struct hc_call *call);

/* Whether corosync.conf would say something else, the version aside. */
bool rules_content_differs(struct hc_arena *arena, const struct sides *sides);

/* Why the cluster must not become what the manifests ask for; NULL: it may. */
const char *rules_refusal(const struct hc_call *call, const struct sides *sides);

/* Why this node must not leave the cluster; NULL: it may. */
const char *rules_stay(const struct hc_call *call, const struct sides *sides);

/* Whether this node has to be with the others as it was before it gets a new file. */
bool rules_join_first(struct hc_arena *arena, const struct sides *sides);

/* Why another authkey must not be written; NULL: it may. */
const char *rules_key(const struct hc_call *call, const struct sides *sides);

/* Whether the node is gone without a word, so that it only leaves by the operator's. */
bool rules_unreachable(const struct sides *sides, const struct hc_resource *node);

/* What a reload cannot bring about, in words; NULL: it can all of it. */
const char *rules_restart(struct hc_arena *arena, const struct sides *sides);

/* Whether votes that are there already change, so that only a majority may do it. */
bool rules_votes_change(const struct sides *sides);
