/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Monitors: what monitor.c (read, adjust, plan) and monitor_step.c (apply) share. */

#include "ceph.h"

enum monitor_op {
	MONITOR_MAKE,
	MONITOR_ENABLE,
	MONITOR_START,
	MONITOR_AWAIT,
	MONITOR_LEAVE,
	MONITOR_STOP,
	MONITOR_CLEAR,
};

/* Why the monitors could not do without that one, as these facts have it; "": they could. */
const char *monitor_majority(struct hc_arena *arena, const struct facts *facts, const char *node);
/* The same, and Ceph asked too. */
int monitor_gate(struct hc_call *call, struct ceph *self, const struct facts *facts,
		 const char *node, const char **gate);

int monitor_apply(struct hc_call *call, struct ceph *self, const struct hc_step *step);
