/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A path, cut in two, and the name beside the file's. That is always the same for a file, so what a
 * killed writer left is found, and gone, with the next write.
 */

#include "file_spot.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int hc_file_spot(struct hc_file_spot *spot, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t size = slash ? (size_t)(slash - path) : 0;
	int n;

	spot->name = slash ? slash + 1 : path;
	if (!*spot->name || !strcmp(spot->name, ".") || !strcmp(spot->name, ".."))
		return -EISDIR;
	if (size >= sizeof(spot->directory))
		return -ENAMETOOLONG;
	if (size)
		(void)snprintf(spot->directory, sizeof(spot->directory), "%.*s", (int)size, path);
	else
		(void)snprintf(spot->directory, sizeof(spot->directory), slash ? "/" : ".");
	n = snprintf(spot->beside, sizeof(spot->beside), ".%s.new", spot->name);
	return n < (int)sizeof(spot->beside) ? 0 : -ENAMETOOLONG;
}
