/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A path, cut in two: what is done to a file is done in its directory, once that is open. */

#include <limits.h>

struct hc_file_spot {
	char directory[PATH_MAX];
	const char *name;          /* in the path */
	char beside[NAME_MAX + 1]; /* what is not whole yet has this name */
};

/* -EISDIR: it ends in no name. */
int hc_file_spot(struct hc_file_spot *spot, const char *path);
