/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What hcstate leaves to a program beside it: this process becomes that one, because hcstate itself
 * links no librados.
 */

#include "become.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#ifndef HC_LIBEXEC
#define HC_LIBEXEC "/usr/libexec/hcstate"
#endif

int become(const char *program, const char *const *argv)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	const char *directory = getenv("HCSTATE_LIBEXEC");
	const char *path = hc_printf(arena, "%s/%s",
				     directory && *directory ? directory : HC_LIBEXEC, program);
	char **args;
	size_t n = 0;

	while (argv[n])
		n++;
	args = hc_alloc(arena, (n + 1) * sizeof(*args));
	for (size_t i = 0; i < n; i++)
		args[i] = hc_strdup(arena, argv[i]);
	(void)execv(path, args);
	if (errno == ENOENT)
		fprintf(stderr, "hcstate: %s is not installed\n", path);
	else
		fprintf(stderr, "hcstate: %s cannot be run: %s\n", path, strerror(errno));
	return EXIT_FAILED;
}
