/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The provider's own functions, as in struct hc_provider, and what they share. */

#include <hcstate/cluster.h>

#include "group.h"
#include "running.h"

#define COROSYNC_UNIT "corosync.service"

/* What processes tell each other: the digest of the corosync.conf on their node's disk. */
#define FACT_CONF "corosync.conf"

struct corosync {
	struct asker *asker;
	struct group *group;
	uint64_t waits_since; /* hc_now() when a restart began to wait for others; 0: it does not */
};

/* The provider's own numbers of its steps. */
enum corosync_op {
	WRITE_AUTHKEY,
	WRITE_CONF,
	ENABLE,
	START,
	RESTART,
	WAIT_QUORATE,
	RELOAD,
	LEAVE,
	DISABLE,
	REMOVE_FILES,
};

/* What a reload (and a restart for what no reload takes) has to know. In the plan's arena. */
struct corosync_target {
	uint64_t config_version;
	const char *digest;        /* of the file that every member must have */
	bool uses_key;             /* and of the authkey too */
	bool needs_quorum;         /* votes change: only the majority may do that */
	struct hc_strings leaving; /* nodes that must be gone first */
};

int corosync_derive(struct hc_call *call, struct hc_set *desired);
int corosync_read(struct hc_call *call, void *self, struct hc_state *live);
int corosync_adjust(struct hc_call *call, struct hc_change *change);
int corosync_plan(struct hc_call *call, struct hc_change *change, struct hc_plan *plan);
int corosync_apply(struct hc_call *call, void *self, const struct hc_step *step);

/* reload.c */
int corosync_reload(struct hc_call *call, struct corosync *self,
		    const struct corosync_target *target);
int corosync_restart(struct hc_call *call, struct corosync *self,
		     const struct corosync_target *target);
