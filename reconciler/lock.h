/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One hcstate changes a node at a time. */

#include <hcstate/diag.h>

/*
 * Takes the lock of that state directory; *fd holds it until it is closed, and the kernel lets it
 * go with the process. -EWOULDBLOCK: another process has it, said with its pid. Errors are said.
 */
int hc_lock(const char *state_dir, struct hc_diags *diags, int *fd);
