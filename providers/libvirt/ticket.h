/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Says to the hook that it is hcstate that starts a VM right now, and not somebody at a shell. A
 * locked file in /run/hcstate/starting: the lock goes with the process that has it.
 */

#include <stdbool.h>

/* A fd to be closed when libvirt's call has returned; or a negative errno. */
int ticket_take(const char *uuid);
bool ticket_taken(const char *uuid);

/* Of the hook's own, for its next call: a migration of it comes in. */
int ticket_expect(const char *uuid);
/* Whether one does; forgets it. */
bool ticket_expected(const char *uuid);
