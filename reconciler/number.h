/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Numbers with the units of a row. */

#include <hcstate/type.h>

/* 0, or -EINVAL and *why, the end of a sentence that the value begins. */
int hc_number_parse(struct hc_arena *arena, const struct hc_field *field, const char *text,
		    uint64_t *to, const char **why);
