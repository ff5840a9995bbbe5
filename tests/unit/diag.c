/* SPDX-License-Identifier: Apache-2.0 */
/* What is said, how it looks, and the word that was meant. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include <hcstate/diag.h>

static struct hc_arena *arena;

static int setup(void **state)
{
	(void)state;
	arena = hc_arena_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena = hc_arena_free(arena);
	return 0;
}

static char *printed(struct hc_diags *diags)
{
	char *text = NULL, *copy;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	hc_diags_print(diags, out);
	fclose(out);
	copy = hc_strdup(arena, text);
	free(text);
	return copy;
}

static struct hc_source *source_of(const char *path, const char *text)
{
	struct hc_source *source = hc_new(arena, struct hc_source);

	*source = (struct hc_source){path, text, strlen(text)};
	return source;
}

static void it_shows_place_line_caret_and_hint(void **state)
{
	struct hc_diags diags = {.arena = arena};
	struct hc_source *s = source_of("a.yaml", "x: 1\nmtu: 9\n");

	(void)state;
	hc_hint(&diags, hc_say(&diags, HC_ERROR, (struct hc_place){s, 2, 6}, "%d is low", 9),
		"more");
	assert_string_equal(printed(&diags),
			    "a.yaml:2:6: error: 9 is low\n  mtu: 9\n       ^\n  hint: more\n");
}

static void they_come_by_place_and_each_once(void **state)
{
	struct hc_diags diags = {.arena = arena};
	struct hc_source *a = source_of("a.yaml", "x\ny\n"), *b = source_of("b.yaml", "z\n");

	(void)state;
	hc_say(&diags, HC_ERROR, (struct hc_place){b, 1, 1}, "third");
	hc_say(&diags, HC_ERROR, (struct hc_place){a, 2, 1}, "second");
	hc_say(&diags, HC_WARNING, (struct hc_place){a, 1, 1}, "first");
	assert_null(hc_say(&diags, HC_ERROR, (struct hc_place){a, 2, 1}, "second"));
	assert_int_equal(diags.errors, 2);
	assert_string_equal(printed(&diags), "a.yaml:1:1: warning: first\n  x\n  ^\n"
					     "a.yaml:2:1: error: second\n  y\n  ^\n"
					     "b.yaml:1:1: error: third\n  z\n  ^\n");
}

static void nothing_of_a_text_commands_the_terminal(void **state)
{
	struct hc_diags diags = {.arena = arena};
	struct hc_source *s = source_of("\033[2J.yaml", "a: \033[31m\xC2\x9B\xE2\x80\xAE\xFF\n");

	(void)state;
	hc_say(&diags, HC_ERROR, (struct hc_place){s, 1, 1}, "\"%s\" \r\n", "\a");
	assert_string_equal(printed(&diags), "?[2J.yaml:1:1: error: \"?\" ??\n"
					     "  a: ?[31m???\n  ^\n");
}

static void the_caret_stands_right_behind_tabs_and_umlauts(void **state)
{
	struct hc_diags diags = {.arena = arena};
	struct hc_source *s = source_of("a", "\tü: x\n");

	(void)state;
	hc_say(&diags, HC_ERROR, (struct hc_place){s, 1, 5}, "here");
	assert_string_equal(printed(&diags), "a:1:5: error: here\n  \tü: x\n  \t   ^\n");
}

static void a_long_line_is_cut_around_the_column(void **state)
{
	struct hc_diags diags = {.arena = arena};
	char text[1001];
	char *line, *caret;

	(void)state;
	memset(text, 'a', 1000);
	text[1000] = '\0';
	text[499] = 'X';
	hc_say(&diags, HC_ERROR, (struct hc_place){source_of("a", text), 1, 500}, "here");
	line = strchr(printed(&diags), '\n') + 1;
	caret = strchr(line, '\n') + 1;
	assert_true(caret - line < 120);
	assert_int_equal(line[strchr(caret, '^') - caret], 'X');
}

static void many_are_counted_not_printed(void **state)
{
	struct hc_diags diags = {.arena = arena};
	char *text;

	(void)state;
	for (uint32_t i = 1; i <= 5000; i++)
		hc_say(&diags, HC_ERROR, (struct hc_place){source_of("a", ""), i, 1}, "wrong");
	assert_int_equal(diags.errors, 5000);
	text = printed(&diags);
	assert_non_null(strstr(text, "\nand 4900 more\n"));
}

static void copies_outlive_where_they_came_from(void **state)
{
	struct hc_arena *other = hc_arena_new();
	struct hc_diags from = {.arena = other}, to = {.arena = arena};

	(void)state;
	hc_hint(&from, hc_say(&from, HC_ERROR, (struct hc_place){0}, "text"), "hint");
	from.v[0].about = hc_strdup(other, "Bridge/a");
	hc_diags_add(&to, &from);
	other = hc_arena_free(other);
	assert_string_equal(printed(&to), "error: Bridge/a: text\n  hint: hint\n");
	assert_int_equal(to.errors, 1);
}

static void the_nearest_word_is_found_and_far_ones_are_not(void **state)
{
	static const char *const words[] = {"ports", "mtu", "addresses", "comment", NULL};

	(void)state;
	assert_string_equal(hc_nearest("prots", words), "ports");
	assert_string_equal(hc_nearest("adresses", words), "addresses");
	assert_string_equal(hc_nearest("MTU", words), "mtu");
	assert_string_equal(hc_nearest("comments", words), "comment");
	assert_null(hc_nearest("color", words));
	assert_null(hc_nearest("", words));
	assert_null(hc_nearest("x", words));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_shows_place_line_caret_and_hint),
		cmocka_unit_test(they_come_by_place_and_each_once),
		cmocka_unit_test(nothing_of_a_text_commands_the_terminal),
		cmocka_unit_test(the_caret_stands_right_behind_tabs_and_umlauts),
		cmocka_unit_test(a_long_line_is_cut_around_the_column),
		cmocka_unit_test(many_are_counted_not_printed),
		cmocka_unit_test(copies_outlive_where_they_came_from),
		cmocka_unit_test(the_nearest_word_is_found_and_far_ones_are_not),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
