/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the agent may do by itself: a pure function of the configuration, of what persons have said
 * (suspended, approved) and of the time. It stands behind the core's guard and can only hold back.
 */

#include <hcstate/plan.h>

#include "approval.h"
#include "config.h"
#include "suspension.h"
#include "window.h"

struct policy {
	const struct agent_config *config;
	const struct suspensions *suspensions;
	const struct hc_strings *approved; /* Kind/name[@node] that a person approved and that hold
					      now */
	const struct approvals *approvals; /* what they were for; NULL: for whatever it is */
	time_t now;
};

/* The answer for one change. */
struct policy_verdict {
	enum hc_hold hold;  /* plan.h: HC_GO, HC_HOLD_* */
	const char *reason; /* "waits for the window night (opens Sat 02:00)"; NULL when it may */
	time_t until;       /* when that changes by itself: 0: never */
};

void policy_judge(const struct policy *policy, struct hc_arena *arena,
		  const struct hc_change *change, struct policy_verdict *verdict);
