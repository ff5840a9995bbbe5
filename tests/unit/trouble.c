/* SPDX-License-Identifier: Apache-2.0 */
/* What went wrong, and when it is worth another try. */

#include <reconciler/trouble.h>

#include "toy.h"

static int set_up(void **state)
{
	struct hc_troubles *troubles = calloc(1, sizeof(*troubles));

	troubles->arena = hc_arena_new();
	*state = troubles;
	return 0;
}

static int tear_down(void **state)
{
	struct hc_troubles *troubles = *state;

	(void)hc_arena_free(troubles->arena);
	free(troubles);
	return 0;
}

static void each_object_has_one(void **state)
{
	struct hc_troubles *troubles = *state;

	assert_null(hc_trouble_find(troubles, "Thing/a"));
	assert_non_null(hc_trouble_get(troubles, "Thing/a"));
	assert_non_null(hc_trouble_get(troubles, "Thing/b"));
	assert_ptr_equal(hc_trouble_get(troubles, "Thing/a"), hc_trouble_find(troubles, "Thing/a"));
	assert_int_equal(troubles->n, 2);
}

/* How long the pause is after one more failure. */
static uint64_t pause_after(struct hc_troubles *troubles)
{
	struct hc_trouble *trouble = hc_trouble_get(troubles, "Thing/a");
	uint64_t before = hc_now();

	hc_trouble_failed(troubles, trouble, "no luck", 1000000, 5000000);
	assert_true(trouble->next >= before);
	return (trouble->next - before) / 1000000; /* in whole seconds: a test is not that slow */
}

static void the_pause_doubles_up_to_the_longest(void **state)
{
	static const uint64_t want[] = {1, 2, 4, 5, 5, 5};

	for (size_t i = 0; i < HC_COUNT(want); i++)
		assert_int_equal(pause_after(*state), want[i]);
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(pause_after(*state), 5); /* and does not overflow */
}

static void a_failure_says_why_and_undoes_done(void **state)
{
	struct hc_trouble *trouble = hc_trouble_get(*state, "Thing/a");
	char why[] = "full";

	trouble->done = true;
	hc_trouble_failed(*state, trouble, why, 1, 1);
	why[0] = 'x';
	assert_string_equal(trouble->why, "full");
	assert_false(trouble->done);
	assert_int_equal(trouble->count, 1);
}

static void the_same_reason_again_takes_no_memory(void **state)
{
	struct hc_trouble *trouble = hc_trouble_get(*state, "Thing/a");
	const char *why;

	hc_trouble_failed(*state, trouble, "full", 1, 1);
	why = trouble->why;
	hc_trouble_failed(*state, trouble, "full", 1, 1);
	assert_ptr_equal(trouble->why, why);
}

static void what_no_look_sees_any_more_is_forgotten(void **state)
{
	struct hc_troubles *troubles = *state;

	(void)hc_trouble_get(troubles, "Thing/a");
	(void)hc_trouble_get(troubles, "Thing/b");
	hc_trouble_get(troubles, "Thing/b")->seen = true;
	hc_trouble_forget_unseen(troubles);
	assert_int_equal(troubles->n, 1);
	assert_null(hc_trouble_find(troubles, "Thing/a"));
	assert_non_null(hc_trouble_find(troubles, "Thing/b"));
	hc_trouble_forget_unseen(troubles); /* each look has to see it anew */
	assert_int_equal(troubles->n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		TEST(each_object_has_one),
		TEST(the_pause_doubles_up_to_the_longest),
		TEST(a_failure_says_why_and_undoes_done),
		TEST(the_same_reason_again_takes_no_memory),
		TEST(what_no_look_sees_any_more_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
