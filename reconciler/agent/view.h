/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One view of the cluster: each agent tells the others how its node is and what it would change
 * (facts of the corosync process group), so any node can show all of them. What was heard last of a
 * node that is silent now is shown with its age. Told only when it changes.
 */

#include <json-c/json_types.h>

#include <reconciler/engine.h>
#include <reconciler/status.h>

struct view;

struct view *view_new(void);
struct view *view_free(struct view *view); /* takes NULL, gives NULL */

/* The facts of this node, of a look: "agent.status" and "agent.plan", each at most 24 KiB; what
 * does not fit is counted ("and 12 more"). */
void view_tell(struct view *view, struct hc_engine *engine, const struct hc_cycle *cycle,
	       const struct hc_status *status, const char *generation);
/* What the others told, with the time. */
void view_hear(struct view *view, struct hc_engine *engine, uint64_t now_s);

/* All nodes that the manifests name and all that were heard: for `status` and `plan --cluster`. */
struct json_object *view_json(const struct view *view, const struct hc_generation *generation,
			      const char *own, uint64_t now_s);
