/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The manual pages, in mdoc(7). Commands, options, kinds and fields come from the tables that read
 * them; what no table says is in man_prose.c.
 */

#include <stdio.h>

#include <reconciler/registry.h>

typedef void man_print_fn(FILE *out, const void *registry);

struct man_page {
	const char *name; /* of its file, "hcstate.1" */
	man_print_fn *print;
};

/* NULL ends them. */
extern const struct man_page man_pages[];

/* man_text.c: the page's head, up to its one line. */
void man_head(FILE *out, const char *name, int section, const char *line);
/* Running text: a line per sentence, and nothing in it is taken for a macro. */
void man_text(FILE *out, const char *text);
/* Words on a macro's line, as they are. */
void man_words(FILE *out, const char *text);

/* man_kind.c: a kind as a subsection, with the fields that can be written. */
void man_kind(FILE *out, const struct hc_type *type);

/* man_prose.c: whole sections. */
extern const char man_command_begins[], man_command_ends[];
extern const char man_agent_begins[], man_agent_ends[];
extern const char man_manifests_begins[], man_manifests_ends[];
