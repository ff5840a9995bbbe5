/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Lines and characters of a text, counted as libyaml counts them, so that a place found by it and
 * a place found by us mean the same.
 */

#include <hcstate/diag.h>

/* The end of the line that begins at `p`: where its break is, or `end`. */
const char *hc_line_end(const char *p, const char *end);
/* Behind the break that is at `p`; `end` when there is none. */
const char *hc_line_next(const char *p, const char *end);
/* Bytes of the character at `p`, which is before `end`; 1 for bytes that are none. */
size_t hc_char_size(const char *p, const char *end);
/* Whether a terminal may take the character at `p` for a command. */
bool hc_char_harmful(const char *p, size_t size);
/* The text with a question mark for each harmful character; itself when there is none. */
const char *hc_harmless(struct hc_arena *arena, const char *text);
/* The place of a byte of the source. */
struct hc_place hc_place_at(const struct hc_source *source, size_t offset);
