/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* How the programs beside hcstate say an error: as hcstate, since it became them. */

#include <hcstate/base.h>

/* Says it; gives `exitcode`. */
int program_fail(int exitcode, const char *format, ...) HC_PRINTF(2, 3);
