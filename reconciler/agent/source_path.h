/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The source that is a path, with times that a test may make shorter. */

#include "source.h"

/* Microseconds. */
struct path_pace {
	uint64_t settle;   /* so long nothing may happen before it is read */
	uint64_t most;     /* ... but whoever writes without end waits no longer than this */
	uint64_t look;     /* it is looked at though nothing was noticed */
	uint64_t blind;    /* the same, where changes may go unnoticed */
	uint64_t patience; /* a file system that takes longer than that to be read hangs */
};

void *path_begin(struct source *source, const struct path_pace *pace);
