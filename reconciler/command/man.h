/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The manual pages, in mdoc(7). Commands, options, kinds and fields come from the tables that read
 * them; what no table says is in man_prose.c.
 */

#include <stdio.h>

#include <reconciler/registry.h>

void man_print_command(FILE *out);                                       /* hcstate(1) */
void man_print_agent(FILE *out);                                         /* hcstate-agent(8) */
void man_print_manifests(FILE *out, const struct hc_registry *registry); /* hcstate-manifests(5) */

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
