/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Whether it is worth connecting at all. */

#include "wants.h"

/* Whether something accepts connections where one of the monitors should be. Takes a second at
 * most, and hardly anything where all machines are up and refuse. */
bool reach(const struct wants *wants);
