/* SPDX-License-Identifier: Apache-2.0 */
/* YAML to trees: places, aliases, merge keys, limits, and going on after mistakes. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include <reconciler/tree.h>

struct reading {
	struct hc_arena *arena;
	struct hc_diags diags;
	struct hc_source source;
	struct hc_tree **documents;
	size_t n;
	bool whole;
};

static struct reading *read_text(const char *text)
{
	struct hc_arena *arena = hc_arena_new();
	struct reading *reading = hc_new(arena, struct reading);

	reading->arena = reading->diags.arena = arena;
	reading->source = (struct hc_source){"t.yaml", text, strlen(text)};
	reading->whole = hc_tree_read(arena, &reading->source, &reading->diags, &reading->documents,
				      &reading->n);
	return reading;
}

static void done(struct reading *reading)
{
	(void)hc_arena_free(reading->arena);
}

static void assert_said(const struct reading *reading, const char *text, uint32_t line,
			uint32_t column)
{
	assert_int_equal(reading->diags.n, 1);
	assert_non_null(strstr(reading->diags.v[0].text, text));
	assert_int_equal(reading->diags.v[0].place.line, line);
	assert_int_equal(reading->diags.v[0].place.column, column);
}

static void columns_count_characters_and_begin_at_one(void **state)
{
	struct reading *r = read_text("é: [ü, x]\n");

	(void)state;
	assert_int_equal(r->documents[0]->keys[0]->place.column, 1);
	assert_int_equal(r->documents[0]->values[0]->values[1]->place.column, 8);
	done(r);
}

static void a_merged_key_gives_way_to_one_written_here(void **state)
{
	struct reading *r = read_text("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\n");
	struct hc_tree *b = hc_tree_get(r->documents[0], "b");

	(void)state;
	assert_int_equal(r->diags.n, 0);
	assert_int_equal(b->n, 2);
	assert_string_equal(hc_tree_get(b, "x")->text, "1");
	assert_string_equal(hc_tree_get(b, "y")->text, "3");
	done(r);
}

static void of_two_merged_mappings_the_first_wins(void **state)
{
	struct reading *r = read_text("- &a {x: 1}\n- &b {x: 2, y: 2}\n- {<<: [*a, *b]}\n");
	struct hc_tree *merged = r->documents[0]->values[2];

	(void)state;
	assert_string_equal(hc_tree_get(merged, "x")->text, "1");
	assert_string_equal(hc_tree_get(merged, "y")->text, "2");
	done(r);
}

static void a_quoted_merge_key_is_a_key(void **state)
{
	struct reading *r = read_text("{'<<': 1}\n");

	(void)state;
	assert_non_null(hc_tree_get(r->documents[0], "<<"));
	done(r);
}

static void a_key_written_twice_is_said_where_it_is_again(void **state)
{
	struct reading *r = read_text("a: 1\nb: 2\na: 3\n");

	(void)state;
	assert_said(r, "a is written twice", 3, 1);
	assert_string_equal(r->diags.v[0].hint, "the first is in line 1");
	assert_true(r->whole);
	done(r);
}

static void an_anchor_cannot_contain_itself(void **state)
{
	struct reading *r = read_text("a: &a\n  - *a\n");

	(void)state;
	assert_said(r, "contains itself", 2, 5);
	assert_int_equal(r->n, 0);
	done(r);
}

static void a_few_lines_cannot_stand_for_billions(void **state)
{
	char text[2048] = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
	struct reading *r;

	(void)state;
	for (int i = 1; i < 12; i++)
		sprintf(text + strlen(text), "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i,
			i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
	r = read_text(text);
	assert_int_equal(r->diags.n, 1);
	assert_non_null(strstr(r->diags.v[0].text, "more than 2000000 values"));
	done(r);
}

static void merging_counts_as_much_as_it_brings(void **state)
{
	static char text[200000];
	char *to = text;
	struct reading *r;

	(void)state;
	to += sprintf(to, "a: &a {");
	for (int i = 0; i < 1000; i++)
		to += sprintf(to, "k%d: 1, ", i);
	to += sprintf(to, "}\nb: {<<: [");
	for (int i = 0; i < 2000; i++)
		to += sprintf(to, "*a, ");
	sprintf(to, "]}\n");
	r = read_text(text);
	assert_int_equal(r->diags.n, 1);
	done(r);
}

static void nesting_has_a_limit(void **state)
{
	char deep[2 * HC_MAX_DEPTH + 4] = "", deeper[2 * HC_MAX_DEPTH + 4] = "";
	struct reading *r;

	(void)state;
	memset(deep, '[', HC_MAX_DEPTH);
	memset(deep + HC_MAX_DEPTH, ']', HC_MAX_DEPTH);
	memset(deeper, '[', HC_MAX_DEPTH + 1);
	memset(deeper + HC_MAX_DEPTH + 1, ']', HC_MAX_DEPTH + 1);
	r = read_text(deep);
	assert_int_equal(r->diags.n, 0);
	done(r);
	r = read_text(deeper);
	assert_said(r, "nested deeper", 1, HC_MAX_DEPTH + 1);
	done(r);
}

static void a_tab_is_called_a_tab(void **state)
{
	struct reading *r = read_text("a:\n  b: 1\nc:\n \td: 1\n");

	(void)state;
	assert_said(r, "a tab; YAML indents with spaces", 4, 2);
	done(r);
}

static void documents_around_a_broken_one_are_read(void **state)
{
	struct reading *r = read_text("a: 1\n---\nb: [\n---\nc: 3\n---\n- }\n---\nd: 4\n");

	(void)state;
	assert_int_equal(r->n, 3);
	assert_non_null(hc_tree_get(r->documents[2], "d"));
	assert_int_equal(r->documents[2]->place.line, 9);
	assert_int_equal(r->diags.errors, 2);
	assert_false(r->whole);
	done(r);
}

static void the_document_whose_marker_ends_a_broken_one_is_read(void **state)
{
	struct reading *r = read_text("a: \"never closed\n---\nb: 2\n");

	(void)state;
	assert_int_equal(r->n, 1);
	assert_non_null(hc_tree_get(r->documents[0], "b"));
	done(r);
}

static void bytes_that_are_no_text_have_their_place(void **state)
{
	struct reading *r = read_text("a: 1\nb: x\xC3(\n");

	(void)state;
	assert_said(r, "this is not UTF-8 (byte 0xC3)", 2, 5);
	done(r);
	r = read_text("a: \"x\\0y\"\n");
	assert_said(r, "cannot hold the character \\0", 1, 4);
	done(r);
}

static void nothing_between_two_markers_is_no_document(void **state)
{
	struct reading *r = read_text("---\n# only a comment\n---\na: 1\n---\n");

	(void)state;
	assert_int_equal(r->n, 1);
	assert_true(r->whole);
	done(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_count_characters_and_begin_at_one),
		cmocka_unit_test(a_merged_key_gives_way_to_one_written_here),
		cmocka_unit_test(of_two_merged_mappings_the_first_wins),
		cmocka_unit_test(a_quoted_merge_key_is_a_key),
		cmocka_unit_test(a_key_written_twice_is_said_where_it_is_again),
		cmocka_unit_test(an_anchor_cannot_contain_itself),
		cmocka_unit_test(a_few_lines_cannot_stand_for_billions),
		cmocka_unit_test(merging_counts_as_much_as_it_brings),
		cmocka_unit_test(nesting_has_a_limit),
		cmocka_unit_test(a_tab_is_called_a_tab),
		cmocka_unit_test(documents_around_a_broken_one_are_read),
		cmocka_unit_test(the_document_whose_marker_ends_a_broken_one_is_read),
		cmocka_unit_test(bytes_that_are_no_text_have_their_place),
		cmocka_unit_test(nothing_between_two_markers_is_no_document),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
