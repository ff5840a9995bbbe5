/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Programs beside hcstate, in /usr/libexec/hcstate or $HCSTATE_LIBEXEC. */

#include "command.h"

/* Becomes the program; argv[0] is what it is called. Gives an exit code only if that fails. */
int become(const char *program, const char *const *argv);
