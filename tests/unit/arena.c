/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is freed whole. */

#include <hcstate/base.h>

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void all_of_it_is_zero_and_aligned(void **state)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();

	(void)state;
	for (size_t size = 0; size < 3000; size += 7) {
		unsigned char *p = hc_alloc(arena, size);

		assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, size);
	}
}

static void pieces_do_not_overlap(void **state)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	unsigned char *pieces[200];

	(void)state;
	for (size_t i = 0; i < HC_COUNT(pieces); i++) {
		size_t size = i % 5 ? i + 1 : 5000 * (i + 1); /* large ones in between */

		pieces[i] = hc_alloc(arena, size);
		memset(pieces[i], (int)i, size);
	}
	for (size_t i = 0; i < HC_COUNT(pieces); i++) {
		size_t size = i % 5 ? i + 1 : 5000 * (i + 1);

		assert_int_equal(pieces[i][0], i);
		assert_int_equal(pieces[i][size - 1], i);
	}
}

static void a_large_piece_does_not_waste_what_is_left_of_a_block(void **state)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	char *before = hc_alloc(arena, 16), *after;

	(void)state;
	(void)hc_alloc(arena, 1000000);
	after = hc_alloc(arena, 16);
	assert_ptr_equal(after, before + 16);
}

static void a_growing_array_keeps_its_elements(void **state)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	size_t *v = NULL, room = 0;

	(void)state;
	for (size_t n = 0; n < 1000; n++) {
		v = hc_grow(arena, v, n, &room, sizeof(*v));
		assert_true(room > n);
		v[n] = n;
	}
	for (size_t n = 0; n < 1000; n++)
		assert_int_equal(v[n], n);
}

static void adopted_memory_lives_on(void **state)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct hc_arena *child = hc_arena_new();
	char *text = hc_strdup(child, "kept"), *large = hc_alloc(child, 1000000);

	(void)state;
	hc_arena_adopt(arena, &child);
	assert_null(child);
	(void)hc_strdup(arena, "more");
	assert_string_equal(text, "kept");
	large[999999] = 1;
}

static void an_empty_arena_can_be_adopted(void **state)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct hc_arena *child = hc_arena_new();
	const char *text = hc_strdup(arena, "mine");

	(void)state;
	hc_arena_adopt(arena, &child);
	assert_null(child);
	assert_string_equal(text, "mine");
}

static void freeing_nothing_is_fine(void **state)
{
	struct hc_arena *arena = NULL;

	(void)state;
	assert_null(hc_arena_free(NULL));
	hc_arena_freep(&arena);
	assert_null(arena);
}

static void text_is_copied(void **state)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	char text[] = "abcdef";
	const char *all = hc_strdup(arena, text), *some = hc_strndup(arena, text, 3);

	(void)state;
	memset(text, 'x', 6);
	assert_string_equal(all, "abcdef");
	assert_string_equal(some, "abc");
	assert_string_equal(hc_printf(arena, "%s-%05d-%s", some, 42, ""), "abc-00042-");
}

static void time_does_not_go_back(void **state)
{
	uint64_t before = hc_now();

	(void)state;
	assert_true(before > 0);
	assert_true(hc_now() >= before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_it_is_zero_and_aligned),
		cmocka_unit_test(pieces_do_not_overlap),
		cmocka_unit_test(a_large_piece_does_not_waste_what_is_left_of_a_block),
		cmocka_unit_test(a_growing_array_keeps_its_elements),
		cmocka_unit_test(adopted_memory_lives_on),
		cmocka_unit_test(an_empty_arena_can_be_adopted),
		cmocka_unit_test(freeing_nothing_is_fine),
		cmocka_unit_test(text_is_copied),
		cmocka_unit_test(time_does_not_go_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
