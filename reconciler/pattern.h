/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The patterns of the tables' rows, compiled when first used. Compiling one takes longer than
 * matching it a hundred times, and a large set of manifests has each of them thousands of times.
 */

#include <regex.h>

#include <hcstate/type.h>

struct hc_patterns {
	struct hc_pattern {
		const char *pattern; /* the row's own pointer: it is compared as such */
		regex_t regex;
	} * v;
	size_t n;
};

void hc_patterns_done(struct hc_patterns *patterns);

/* Whether the text is as the field's pattern wants it; true without a pattern. */
bool hc_pattern_match(struct hc_patterns *patterns, const struct hc_field *field, const char *text);
