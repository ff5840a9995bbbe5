/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Collects what is to be said. One mistake in a manifest can be met many times (a document stands
 * for a resource on each node), so what was said of a place is not said again. What one run keeps
 * has a bound: nobody reads the thousandth error, but hostile text could make millions.
 */

#include <hcstate/diag.h>

#include <string.h>

enum { KEPT = 1000 };

static bool same_place(struct hc_place a, struct hc_place b)
{
	return a.source == b.source && a.line == b.line && a.column == b.column;
}

static bool was_said(const struct hc_diags *diags, struct hc_place place, const char *text)
{
	for (size_t i = diags->n; i-- > 0;)
		if (same_place(diags->v[i].place, place) && !strcmp(diags->v[i].text, text))
			return true;
	return false;
}

struct hc_diag *hc_vsay(struct hc_diags *diags, enum hc_severity severity, struct hc_place place,
			const char *format, va_list args)
{
	_cleanup_(hc_freep) char *text = NULL;

	if (diags->n >= KEPT) {
		diags->errors += severity == HC_ERROR;
		return NULL;
	}
	if (vasprintf(&text, format, args) < 0)
		abort();
	if (was_said(diags, place, text))
		return NULL;
	diags->errors += severity == HC_ERROR;
	diags->v = hc_grow(diags->arena, diags->v, diags->n, &diags->room, sizeof(*diags->v));
	diags->v[diags->n] = (struct hc_diag){
		.severity = severity,
		.place = place,
		.text = hc_strdup(diags->arena, text),
	};
	return &diags->v[diags->n++];
}

struct hc_diag *hc_say(struct hc_diags *diags, enum hc_severity severity, struct hc_place place,
		       const char *format, ...)
{
	struct hc_diag *diag;
	va_list args;

	va_start(args, format);
	diag = hc_vsay(diags, severity, place, format, args);
	va_end(args);
	return diag;
}

void hc_hint(struct hc_diags *diags, struct hc_diag *diag, const char *format, ...)
{
	va_list args;

	if (!diag)
		return;
	va_start(args, format);
	diag->hint = hc_vprintf(diags->arena, format, args);
	va_end(args);
}

void hc_diags_add(struct hc_diags *to, const struct hc_diags *from)
{
	size_t kept = 0;

	for (size_t i = 0; i < from->n; i++) {
		const struct hc_diag *diag = &from->v[i];
		struct hc_diag *copy = hc_say(to, diag->severity, diag->place, "%s", diag->text);

		kept += diag->severity == HC_ERROR;
		if (copy && diag->about)
			copy->about = hc_strdup(to->arena, diag->about);
		if (copy && diag->hint)
			copy->hint = hc_strdup(to->arena, diag->hint);
	}
	to->errors += from->errors - kept; /* those that were only counted */
}

static int compare(uint32_t a, uint32_t b)
{
	return a < b ? -1 : a > b;
}

static int by_place(const void *one, const void *other)
{
	const struct hc_diag *a = one, *b = other;
	int order = 0;

	if (a->place.source != b->place.source) {
		if (!a->place.source || !b->place.source)
			return a->place.source ? -1 : 1;
		order = strcmp(a->place.source->path, b->place.source->path);
	}
	if (!order)
		order = compare(a->place.line, b->place.line);
	if (!order)
		order = compare(a->place.column, b->place.column);
	return order ? order : strcmp(a->text, b->text);
}

void hc_diags_sort(struct hc_diags *diags)
{
	if (diags->n)
		qsort(diags->v, diags->n, sizeof(*diags->v), by_place);
}

static const struct hc_commit *commit_of(struct hc_place place)
{
	for (size_t i = 0; i < place.source->nhunk; i++) {
		const struct hc_hunk *hunk = &place.source->hunk[i];

		if (place.line >= hunk->first && place.line - hunk->first < hunk->lines)
			return hunk->commit;
	}
	return NULL;
}

char *hc_place_text(struct hc_arena *arena, struct hc_place place)
{
	const struct hc_commit *commit = commit_of(place);
	char *text = hc_printf(arena, "%s:%u", place.source->path, place.line);

	return commit ? hc_printf(arena, "%s (commit %.12s)", text, commit->id) : text;
}
