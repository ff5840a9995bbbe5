/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What is said to the person: errors and warnings with the place in the manifests they are about.
 * They are collected, so that one run reports all of them, and printed once, sorted by place.
 */

#include <stdint.h>
#include <stdio.h>

#include <hcstate/base.h>

/* A commit of a git repository. */
struct hc_commit {
	const char *id;      /* 40 hex digits */
	const char *author;  /* name */
	const char *subject; /* the message's first line */
	const char *signer;  /* who signed it, as far as that was asked for; or NULL */
	uint64_t when;       /* seconds of CLOCK_REALTIME, as the committer says */
};

/* Lines of a file that a commit brought. */
struct hc_hunk {
	uint32_t first, lines; /* first from 1 */
	const struct hc_commit *commit;
};

/* A manifest file. Its text is kept, so that an error found late can still show the line. */
struct hc_source {
	const char *path;
	const char *text;
	size_t size;                /* bytes of text; a NUL follows them */
	const struct hc_hunk *hunk; /* of a git repository: who brought which lines, by line */
	size_t nhunk;
};

struct hc_place {
	const struct hc_source *source; /* NULL: no place in a file */
	uint32_t line;                  /* from 1 */
	uint32_t column;                /* from 1, in characters */
};

/* "pool.yaml:12", and with what git knows "pool.yaml:12 (commit 1a2b3c4d5e6f)". */
char *hc_place_text(struct hc_arena *arena, struct hc_place place);

enum hc_severity {
	HC_ERROR,
	HC_WARNING,
};

struct hc_diag {
	enum hc_severity severity;
	struct hc_place place;
	const char *about; /* the object, as Kind/name@node; NULL: the place says enough */
	const char *text;
	const char *hint; /* how to mend it, or NULL */
};

struct hc_diags {
	struct hc_arena *arena; /* everything below lives here */
	struct hc_diag *v;
	size_t n, room;
	size_t errors; /* how many of them are errors */
};

/* Says something once: a repetition of what was said of the same place is dropped. Gives what was
 * said, or NULL. */
struct hc_diag *hc_say(struct hc_diags *diags, enum hc_severity severity, struct hc_place place,
		       const char *format, ...) HC_PRINTF(4, 5);
struct hc_diag *hc_vsay(struct hc_diags *diags, enum hc_severity severity, struct hc_place place,
			const char *format, va_list args) HC_PRINTF(4, 0);
void hc_hint(struct hc_diags *diags, struct hc_diag *diag, const char *format, ...)
	HC_PRINTF(3, 4); /* diag may be NULL */

/* Copies all of `from`; its strings go into the arena of `to`. */
void hc_diags_add(struct hc_diags *to, const struct hc_diags *from);

/* Sorts them by place. */
void hc_diags_sort(struct hc_diags *diags);
/* Prints them by place: FILE:LINE:COL: error: text, the line, a caret, the hint. Sorts them. */
void hc_diags_print(struct hc_diags *diags, FILE *out);

/* The word of `words` (NULL ends them) that is nearest to `word`, or NULL when none is near. */
const char *hc_nearest(const char *word, const char *const *words);
