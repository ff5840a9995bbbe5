/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints what was said:
 *
 *     net.yaml:7:8: error: mtu: 99999 is above 65535, the most it can be
 *         mtu: 99999
 *              ^
 *       hint: ...
 *
 * The text may be anybody's, so nothing of it reaches the terminal as a command: control
 * characters are shown as a question mark. Long lines are cut around the column. Tabs stay tabs, in
 * the line of the caret too, so that the caret stands right whatever the width of a tab is.
 */

#include <hcstate/diag.h>

#include "text.h"

#include <string.h>

enum {
	PRINTED = 100, /* more than that nobody mends in one go */
	WIDTH = 100,   /* characters of a line that are shown */
};

/* Where the search for a line goes on: places come sorted, so each text is read once. */
struct reader {
	const struct hc_source *source;
	const char *at;
	uint32_t line;
};

static void put_char(const char *p, size_t size, FILE *out)
{
	if (hc_char_harmful(p, size))
		fputc('?', out);
	else
		fwrite(p, 1, size, out);
}

static void put(const char *text, FILE *out)
{
	const char *end = text + strlen(text);

	for (size_t size; text < end; text += size) {
		size = hc_char_size(text, end);
		put_char(text, size, out);
	}
}

/* Begins of the line that the place is in; NULL when the text has no such line. */
static const char *find_line(struct reader *reader, struct hc_place place)
{
	const char *end;

	if (!place.source || !place.source->text || !place.line)
		return NULL;
	if (reader->source != place.source || reader->line > place.line)
		*reader = (struct reader){place.source, place.source->text, 1};
	end = place.source->text + place.source->size;
	while (reader->line < place.line && reader->at < end) {
		reader->at = hc_line_next(hc_line_end(reader->at, end), end);
		reader->line++;
	}
	return reader->line == place.line ? reader->at : NULL;
}

static uint32_t count_chars(const char *p, const char *end)
{
	uint32_t n = 0;

	for (; p < end; p += hc_char_size(p, end))
		n++;
	return n;
}

/* The first character shown, from 0: the column is within WIDTH characters from it on. */
static uint32_t cut_before(uint32_t size, uint32_t column)
{
	if (size <= WIDTH || column <= WIDTH * 3 / 4)
		return 0;
	if (column + WIDTH / 4 >= size)
		return size - WIDTH;
	return column - WIDTH * 3 / 4;
}

static void put_line(const char *p, struct hc_place place, FILE *out)
{
	const char *end = hc_line_end(p, place.source->text + place.source->size);
	uint32_t size = count_chars(p, end), n = 0;
	uint32_t first = cut_before(size, place.column);
	char pad[WIDTH + 1] = "";
	size_t padding = 0;

	fprintf(out, "  %s", first ? "..." : "");
	for (size_t bytes; p < end && n < first + WIDTH; p += bytes, n++) {
		bytes = hc_char_size(p, end);
		if (n < first)
			continue;
		if (n + 1 < place.column)
			pad[padding++] = *p == '\t' ? '\t' : ' ';
		if (*p == '\t')
			fputc('\t', out);
		else
			put_char(p, bytes, out);
	}
	fprintf(out, "%s\n  %s%.*s^\n", p < end ? "..." : "", first ? "   " : "", (int)padding,
		pad);
}

static void put_diag(struct reader *reader, const struct hc_diag *diag, FILE *out)
{
	const char *line = find_line(reader, diag->place);

	if (diag->place.source) {
		put(diag->place.source->path, out);
		if (diag->place.line)
			fprintf(out, ":%u:%u", diag->place.line, diag->place.column);
		fputs(": ", out);
	}
	fputs(diag->severity == HC_ERROR ? "error: " : "warning: ", out);
	if (diag->about) {
		put(diag->about, out);
		fputs(": ", out);
	}
	put(diag->text, out);
	fputc('\n', out);
	if (line && diag->place.source)
		put_line(line, diag->place, out);
	if (diag->hint) {
		fputs("  hint: ", out);
		put(diag->hint, out);
		fputc('\n', out);
	}
}

void hc_diags_print(struct hc_diags *diags, FILE *out)
{
	struct reader reader = {NULL};
	size_t shown, errors = 0, more;

	hc_diags_sort(diags);
	shown = diags->n < PRINTED ? diags->n : PRINTED;
	for (size_t i = 0; i < diags->n; i++)
		errors += diags->v[i].severity == HC_ERROR;
	for (size_t i = 0; i < shown; i++)
		put_diag(&reader, &diags->v[i], out);
	more = diags->n - shown + (diags->errors - errors);
	if (more)
		fprintf(out, "and %zu more\n", more);
}
