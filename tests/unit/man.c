/* SPDX-License-Identifier: Apache-2.0 */
/* The tables' words in a manual page: they come out as they are, whatever they mean to roff. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <reconciler/command/man.h>

typedef void print_fn(FILE *out, const char *text);

static void becomes(print_fn *print, const char *text, const char *want)
{
	char *is = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&is, &size);

	assert_non_null(out);
	print(out, text);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(is, want);
	free(is);
}

static void a_sentence_begins_a_line(void **state)
{
	(void)state;
	becomes(man_text, "One. Two? Three", "One.\nTwo?\nThree\n");
	becomes(man_text, "the keys of mon. and client.admin",
		"the keys of mon. and client.admin\n");
	becomes(man_text, "", "");
}

static void no_word_is_taken_for_a_macro(void **state)
{
	(void)state;
	becomes(man_text, ".so /etc/passwd", "\\&.so /etc/passwd\n");
	becomes(man_text, "As such. 'br here", "As such.\n\\&'br here\n");
	becomes(man_words, "No Op", " \\&No \\&Op");
}

static void a_backslash_is_one(void **state)
{
	(void)state;
	becomes(man_text, "a\\fBb", "a\\efBb\n");
	becomes(man_words, "\\n", " \\&\\en");
}

static void long_text_has_short_lines(void **state)
{
	static const char word[] = ".twenty.; ";
	const size_t n = sizeof(word) - 1;
	char text[400] = "", *is = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&is, &size);

	(void)state;
	for (size_t i = 0; i < 39 * n; i++)
		text[i] = word[i % n];
	assert_non_null(out);
	man_text(out, text);
	assert_int_equal(fclose(out), 0);
	for (char *line = strtok(is, "\n"); line; line = strtok(NULL, "\n")) {
		assert_true(strlen(line) <= 80);
		assert_true(line[0] != '.');
	}
	free(is);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sentence_begins_a_line),
		cmocka_unit_test(no_word_is_taken_for_a_macro),
		cmocka_unit_test(a_backslash_is_one),
		cmocka_unit_test(long_text_has_short_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
