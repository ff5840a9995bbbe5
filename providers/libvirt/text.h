/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Texts that may not be there. */

#include <stdbool.h>
#include <string.h>

/* Whether both are there and the same. */
static inline bool is(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}
