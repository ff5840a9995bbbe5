/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One look, and what follows from it. */

#include <stdint.h>

struct agent;

/* Gives when the next is due in hc_now()'s time if nothing happens. The agent has an engine. */
uint64_t turn_take(struct agent *agent);
