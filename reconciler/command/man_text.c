/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text for mdoc(7). The tables' words are for anybody, so what means something to roff is hidden
 * from it: backslashes, and dots and quotes where a line begins. A sentence begins a new line, as
 * roff wants it to know where one ends.
 */

#include "man.h"

#include <string.h>

enum { WIDTH = 78 };

/* When the fixed text was last changed; a page's date must not be that of its build. */
#define DATE "November 23, 2026"

void man_head(FILE *out, const char *name, int section, const char *line)
{
	fputs(".\\\" Written by `hcstate schema man`.\n.Dd " DATE "\n.Dt ", out);
	for (const char *p = name; *p; p++)
		fputc(*p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p, out);
	fprintf(out, " %d\n.Os hcstate " HC_VERSION "\n.Sh NAME\n.Nm %s\n.Nd %s\n", section, name,
		line);
}

static void put(FILE *out, const char *word, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (word[i] == '\\')
			fputs("\\e", out);
		else
			fputc(word[i], out);
}

/* Not in "the keys of mon. and client.admin". */
static bool ends_sentence(const char *word, size_t size)
{
	const char *next = word + size + strspn(word + size, " \t\n");

	return size > 1 && strchr(".?!", word[size - 1]) && !(*next >= 'a' && *next <= 'z');
}

void man_text(FILE *out, const char *text)
{
	size_t column = 0;

	while (*(text += strspn(text, " \t\n"))) {
		size_t size = strcspn(text, " \t\n");

		if (column && column + size >= WIDTH) {
			fputc('\n', out);
			column = 0;
		}
		if (column)
			fputc(' ', out);
		else if (*text == '.' || *text == '\'')
			fputs("\\&", out);
		put(out, text, size);
		column += size + 1;
		text += size;
		if (ends_sentence(text - size, size)) {
			fputc('\n', out);
			column = 0;
		}
	}
	if (column)
		fputc('\n', out);
}

void man_words(FILE *out, const char *text)
{
	while (*(text += strspn(text, " "))) {
		size_t size = strcspn(text, " ");

		fputs(" \\&", out);
		put(out, text, size);
		text += size;
	}
}
