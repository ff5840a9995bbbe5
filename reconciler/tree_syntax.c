/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What libyaml finds wrong with a text, in words for the person who wrote it. libyaml gives a place
 * for what its scanner and parser find, and a byte's offset for what is no text at all.
 */

#include "tree_node.h"

#include "text.h"

#include <string.h>

struct hc_place hc_tree_place(const struct hc_tree_reader *reader, yaml_mark_t mark)
{
	return (struct hc_place){
		.source = reader->source,
		.line = reader->first_line + (uint32_t)mark.line + 1,
		.column = (uint32_t)mark.column + 1,
	};
}

/* A tab among the blanks that begin the line; 0: there is none, else its column. */
static uint32_t tab_in_indent(const struct hc_source *source, uint32_t line)
{
	const char *end = source->text + source->size, *p = source->text;
	uint32_t column = 1;

	while (--line && p < end)
		p = hc_line_next(hc_line_end(p, end), end);
	for (; p < end && *p == ' '; p++)
		column++;
	return p < end && *p == '\t' ? column : 0;
}

static void not_text(struct hc_tree_reader *reader)
{
	const char *text = reader->source->text;
	const char *from = (const char *)reader->parser.input.string.start;
	size_t at = (size_t)(from - text) + reader->parser.problem_offset;

	if (!strcmp(reader->parser.problem, "control characters are not allowed")) {
		hc_tree_fail(reader, hc_place_at(reader->source, at),
			     "a control character (0x%02X) has no place in a manifest",
			     (unsigned char)text[at]);
		return;
	}
	/* Of a character that is cut short, libyaml gives the byte behind it. */
	for (int i = 0; i < 3 && at && (unsigned char)text[at] < 0xC0; i++)
		at--;
	hc_tree_fail(reader, hc_place_at(reader->source, at), "this is not UTF-8 (byte 0x%02X)",
		     (unsigned char)text[at]);
}

/* What the person most likely meant, where libyaml's words do not tell. */
static const char *advice(const char *problem)
{
	static const struct {
		const char *problem, *advice;
	} known[] = {
		{"mapping values are not allowed in this context",
		 "put a text that has a colon in it in quotes, or mend the indentation"},
		{"found character that cannot start any token",
		 "put a text that begins with this character in quotes"},
		{"could not find expected ':'", "a key is followed by a colon and a blank"},
		{"found unexpected end of stream", "a quote or bracket is never closed"},
		{"found unexpected document indicator", "a quote is never closed"},
	};

	for (size_t i = 0; problem && i < HC_COUNT(known); i++)
		if (!strcmp(problem, known[i].problem))
			return known[i].advice;
	return NULL;
}

void hc_tree_syntax(struct hc_tree_reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	struct hc_place place = hc_tree_place(reader, parser->problem_mark);
	struct hc_diag *diag;
	uint32_t tab;

	if (parser->error == YAML_MEMORY_ERROR)
		abort();
	if (parser->error == YAML_READER_ERROR) {
		not_text(reader);
		return;
	}
	reader->failed = true;
	reader->failed_line = place.line;
	tab = tab_in_indent(reader->source, place.line);
	if (tab) {
		place.column = tab;
		diag = hc_say(reader->diags, HC_ERROR, place, "a tab; YAML indents with spaces");
		hc_hint(reader->diags, diag, "replace it with spaces");
		return;
	}
	diag = hc_say(reader->diags, HC_ERROR, place, "%s",
		      parser->problem ? parser->problem : "this is not YAML");
	if (advice(parser->problem) && parser->context)
		hc_hint(reader->diags, diag, "%s; %s that begins in line %u",
			advice(parser->problem), parser->context,
			hc_tree_place(reader, parser->context_mark).line);
	else if (advice(parser->problem))
		hc_hint(reader->diags, diag, "%s", advice(parser->problem));
	else if (parser->context)
		hc_hint(reader->diags, diag, "%s that begins in line %u", parser->context,
			hc_tree_place(reader, parser->context_mark).line);
}
