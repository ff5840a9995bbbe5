/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A program run to its end: no shell, none of our file descriptors, no signal blocked, in the
 * directory /, in a session of its own. For workers only: it blocks.
 */

#include <hcstate/provider.h>

struct hc_exec {
	const char *const *argv; /* argv[0] is looked up in PATH; NULL ends them. No secret in here:
				    everybody can read it */
	const void *input;       /* what it reads from stdin; NULL: nothing */
	size_t input_size;
	size_t max; /* bytes of stdout that are kept, 0: none; more than `max` is -EFBIG */
	bool quiet; /* a nonzero exit is no error: who calls looks at `status` */

	int status; /* out: its exit code; 128 + the signal that ended it */
	char *out;  /* out: stdout, in the call's arena; a NUL follows it */
	size_t size;
	char *err; /* out: the last 4 KiB of stderr, likewise; harmless for a terminal */
};

/*
 * Until the call's deadline: then it and all that it started in its process group is killed,
 * -ETIMEDOUT. -ENOENT: there is no such program. -EIO: it failed. Errors are said, with the last
 * line of stderr.
 */
int hc_exec(struct hc_call *call, struct hc_exec *exec);
