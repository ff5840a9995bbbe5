/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <hcstate/base.h>

/* Begins to suspend the domain, if it runs on this machine, in a thread of its own, and says on
 * stderr what came of it. 0; -EAGAIN: too many are under way. */
int suspend_begin(const char *uuid, const char *name);
