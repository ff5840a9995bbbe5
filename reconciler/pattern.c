/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled patterns. There are a few dozen rows with one, so a search from the start will do. */

#include "pattern.h"

#include <stdio.h>

void hc_patterns_done(struct hc_patterns *patterns)
{
	for (size_t i = 0; i < patterns->n; i++)
		regfree(&patterns->v[i].regex);
	free(patterns->v);
	*patterns = (struct hc_patterns){0};
}

static const regex_t *find(struct hc_patterns *patterns, const char *pattern)
{
	struct hc_pattern *larger;

	for (size_t i = 0; i < patterns->n; i++)
		if (patterns->v[i].pattern == pattern)
			return &patterns->v[i].regex;
	larger = reallocarray(patterns->v, patterns->n + 1, sizeof(*larger));
	if (!larger)
		abort();
	patterns->v = larger;
	patterns->v[patterns->n].pattern = pattern;
	if (regcomp(&larger[patterns->n].regex, pattern, REG_EXTENDED | REG_NOSUB)) {
		fprintf(stderr, "hcstate: the pattern %s of a table is none\n", pattern);
		abort();
	}
	return &patterns->v[patterns->n++].regex;
}

bool hc_pattern_match(struct hc_patterns *patterns, const struct hc_field *field, const char *text)
{
	return !field->pattern || !regexec(find(patterns, field->pattern), text, 0, NULL, 0);
}
