/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A child process in the directory /, in a session of its own, with no signal blocked or ignored
 * and with the file descriptors 0, 1 and 2 alone. */

#include <sys/types.h>

#include <hcstate/base.h>

struct hc_child {
	pid_t pid;        /* -1: none was started */
	int pidfd;        /* readable when it has ended */
	int in, out, err; /* our ends of its first three; they do not block; -1: /dev/null */
};

/* argv[0] is looked up in PATH. Also after an error `child` says what there is to close and end. */
int hc_spawn(struct hc_arena *arena, const char *const *argv, bool with_in, bool with_out,
	     struct hc_child *child);
