/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* hcstate simulate --fail NODE */

#include "command.h"

int simulate_fail_command(const struct options *options);
