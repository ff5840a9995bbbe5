/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What is new in a look, said once: drift, failure, recovery, an approval that is wanted. */

#include <reconciler/engine.h>

struct agent;

void notice_look(struct agent *agent, const struct hc_cycle *cycle);
void notice_free(struct agent *agent);
