/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the loader needs of values beyond hcstate/value.h. */

#include "pattern.h"

/* As hc_value_parse(), with compiled patterns. */
int hc_value_read(struct hc_arena *arena, struct hc_patterns *patterns,
		  const struct hc_field *field, const char *text, void *to, const char **why);

/* What the field wants, in words: "a number", "a list of texts". */
const char *hc_value_wants(const struct hc_field *field);

/* Sorts what was put in without order, and drops repetitions. */
void hc_strings_sort(struct hc_strings *strings);
/* Whether the text is among them, and at which place. */
bool hc_strings_find(const struct hc_strings *strings, const char *text, size_t *at);
