/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What of a look is kept on disk. */

#include <reconciler/status.h>

struct agent;

/* What status.json said last. */
struct kept {
	uint64_t print; /* of which objects are how */
	uint64_t at;    /* hc_now(); 0: it was not written yet */
};

/* Whether the file has to be written: at once when an object is in another state, now and then when
 * only reasons have changed. */
bool kept_due(struct kept *kept, const struct hc_status *status, uint64_t now);

/* After a look, which is agent->now. */
void kept_look(struct agent *agent, bool unknown);
