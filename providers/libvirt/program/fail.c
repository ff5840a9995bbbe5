/* SPDX-License-Identifier: Apache-2.0 */
/* One line on stderr, in hcstate's name: whoever typed `hcstate claim` or `hcstate ha` knows of no
 * other program. */

#include "fail.h"

#include <stdarg.h>
#include <stdio.h>

int program_fail(int exitcode, const char *format, ...)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	va_list args;
	char *text;

	va_start(args, format);
	text = hc_vprintf(arena, format, args);
	va_end(args);
	fprintf(stderr, "hcstate: %s\n", text);
	return exitcode;
}
