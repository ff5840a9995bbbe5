/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "Did you mean": the known word that is nearest to an unknown one, by the number of letters
 * changed, added, left out or swapped with their neighbour (Damerau and Levenshtein's distance).
 * Far words are no help, so at most a third of the letters may differ.
 */

#include <hcstate/diag.h>

#include <ctype.h>
#include <string.h>

enum { LONGEST = 63 }; /* longer words get no suggestion */

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Rows of the table of distances between beginnings of a and b; three of them are enough. */
static unsigned distance(const char *a, size_t na, const char *b, size_t nb)
{
	unsigned rows[3][LONGEST + 1];
	unsigned *before = rows[0], *above = rows[1], *row = rows[2];

	for (size_t j = 0; j <= nb; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		unsigned *oldest = before;

		before = above;
		above = row;
		row = oldest;
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			row[j] = above[j - 1] + !same(a[i - 1], b[j - 1]);
			row[j] = least(row[j], least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
				row[j] = least(row[j], before[j - 2] + 1);
		}
	}
	return row[nb];
}

const char *hc_nearest(const char *word, const char *const *words)
{
	size_t size = strlen(word);
	const char *nearest = NULL;
	unsigned best = (unsigned)(size < 3 ? 1 : (size + 2) / 3) + 1;

	if (size == 0 || size > LONGEST)
		return NULL;
	for (; *words; words++) {
		size_t other = strlen(*words);
		unsigned far;

		if (other > LONGEST || other > size + best || size > other + best)
			continue;
		far = distance(word, size, *words, other);
		if (far < best && far < size && far < other + !other) {
			best = far;
			nearest = *words;
		}
	}
	return nearest;
}
