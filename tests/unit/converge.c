/* SPDX-License-Identifier: Apache-2.0 */
/* Looking and running until nothing is left: what counts as the end, and as which. */

#include "toy_engine.h"

enum {
	LONG_US = 60 * 1000 * 1000,
	SHORT_US = 1000 * 1000,
};

static enum hc_end converge(struct toys *toys, uint64_t timeout)
{
	struct hc_cycle *last = NULL;
	enum hc_end end = hc_converge(toys_start(toys), timeout, &last, &toys->diags);

	assert_non_null(last);
	hc_cycle_freep(&last);
	return end;
}

static void only_a_look_that_finds_nothing_is_success(void **state)
{
	struct toys *toys = *state;

	(void)toys_want(toys, "a");
	assert_int_equal(converge(toys, LONG_US), HC_END_CONVERGED);
	assert_int_equal(toys->reads, 2);
	assert_int_equal(toys->engine->troubles.n, 0);
}

static void what_fails_is_tried_again(void **state)
{
	struct toys *toys = *state;

	toys->fail_first = 3;
	(void)toys_want(toys, "a");
	assert_int_equal(converge(toys, LONG_US), HC_END_CONVERGED);
	assert_string_equal(toys->log, "create a;create a;create a;create a;");
}

static void what_is_said_to_be_done_and_is_not_has_failed(void **state)
{
	struct toys *toys = *state;
	const struct hc_trouble *trouble;

	(void)toys_want(toys, "lies");
	assert_int_equal(converge(toys, SHORT_US), HC_END_FAILED);
	trouble = hc_trouble_find(&toys->engine->troubles, "Thing/lies@n1");
	assert_non_null(trouble);
	assert_string_equal(trouble->why, "its steps were done, but it is not so");
}

/* ... but not where its step said that more is to come. */
static void what_goes_on_as_another_matter_has_not_failed(void **state)
{
	struct toys *toys = *state;

	(void)toys_want(toys, "onward-lies");
	assert_int_equal(converge(toys, SHORT_US), HC_END_LATER);
	assert_int_equal(hc_trouble_find(&toys->engine->troubles, "Thing/onward-lies@n1")->count,
			 0);
}

static void out_of_time_with_a_failure_has_failed(void **state)
{
	(void)toys_want(*state, "fails");
	(void)toys_want(*state, "waits");
	assert_int_equal(converge(*state, SHORT_US), HC_END_FAILED);
}

static void out_of_time_while_all_that_is_left_waits_is_later(void **state)
{
	(void)toys_want(*state, "a");
	(void)toys_want(*state, "waits");
	assert_int_equal(converge(*state, SHORT_US), HC_END_LATER);
}

static void a_failure_that_was_overcome_does_not_count_any_more(void **state)
{
	struct toys *toys = *state;

	toys->fail_first = 1;
	(void)toys_want(toys, "waits");
	assert_int_equal(converge(toys, SHORT_US), HC_END_LATER);
}

static void when_only_the_refused_is_left_it_ends_at_once(void **state)
{
	struct toys *toys = *state;

	(void)toys_want(toys, "refused");
	(void)toys_want(toys, "a");
	assert_int_equal(converge(toys, LONG_US), HC_END_FAILED);
	assert_string_equal(toys->log, "create a;");
}

static void what_is_no_use_is_tried_twice_and_ends_it(void **state)
{
	struct toys *toys = *state;
	const struct hc_trouble *trouble;

	(void)toys_want(toys, "futile");
	assert_int_equal(converge(toys, LONG_US), HC_END_FAILED);
	assert_string_equal(toys->log, "create futile;create futile;");
	trouble = hc_trouble_find(&toys->engine->troubles, "Thing/futile@n1");
	assert_non_null(trouble);
	assert_string_equal(trouble->why, "no such thing");
}

static void what_comes_after_it_is_not_waited_for_either(void **state)
{
	struct toys *toys = *state;

	toy_on(toys_want(toys, "b"), "futile");
	toy_on(toys_want(toys, "c"), "b");
	(void)toys_want(toys, "futile");
	assert_int_equal(converge(toys, LONG_US), HC_END_FAILED);
	assert_string_equal(toys->log, "create futile;create futile;");
}

static void all_else_goes_on(void **state)
{
	struct toys *toys = *state;

	(void)toys_want(toys, "futile");
	(void)toys_want(toys, "waits");
	assert_int_equal(converge(toys, SHORT_US), HC_END_FAILED);
	assert_non_null(strstr(toys->log, "create waits;create waits;create waits;"));
}

static void a_failure_of_another_kind_begins_it_anew(void **state)
{
	struct toys *toys = *state;

	toys->fail_at = 2;
	(void)toys_want(toys, "futile");
	assert_int_equal(converge(toys, LONG_US), HC_END_FAILED);
	assert_string_equal(toys->log, "create futile;create futile;create futile;create futile;");
}

static void a_kind_that_nobody_here_can_read_ends_at_once(void **state)
{
	struct toys *toys = *state;

	(void)toy_add(&toys->generation->desired, &orphan_type, "o");
	assert_int_equal(converge(toys, LONG_US), HC_END_FAILED);
}

static void unknown_is_looked_at_again_until_the_time_is_over(void **state)
{
	struct toys *toys = *state;

	toys->unknown = "it is dark";
	(void)toys_want(toys, "a");
	assert_int_equal(converge(toys, SHORT_US), HC_END_FAILED);
	assert_true(toys->reads > 1);
	assert_string_equal(toys->log, "");
}

static void what_was_made_and_cannot_be_seen_may_have_to_go(void **state)
{
	struct toys *toys = *state;
	const char *inventory = "{\"format_version\": 1, \"made\": [\"Thing/old@n1\"]}";

	toys->unknown = "it is dark";
	assert_int_equal(hc_file_write(hc_printf(toys->arena, "%s/inventory.json", toys->directory),
				       0644, inventory, strlen(inventory)),
			 0);
	assert_int_equal(converge(toys, SHORT_US), HC_END_FAILED);
}

static void without_time_it_only_looks(void **state)
{
	struct toys *toys = *state;

	(void)toys_want(toys, "a");
	assert_int_equal(converge(toys, 0), HC_END_LATER);
	assert_string_equal(toys->log, "");
}

static void asked_to_stop_it_stops(void **state)
{
	struct toys *toys = *state;
	struct hc_cycle *last;

	(void)toys_want(toys, "a");
	toys_start(toys)->stop = true;
	assert_int_equal(hc_converge(toys->engine, LONG_US, &last, &toys->diags), HC_END_STOPPED);
	hc_cycle_freep(&last);
}

static void a_machine_that_is_not_in_the_manifests_changes_nothing(void **state)
{
	struct toys *toys = *state;

	toys->generation->nodes.n = 0;
	(void)toys_want(toys, "a");
	assert_int_equal(converge(toys, LONG_US), HC_END_CONVERGED);
	assert_string_equal(toys->log, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, toys_set_up, toys_tear_down)
		TEST(only_a_look_that_finds_nothing_is_success),
		TEST(what_fails_is_tried_again),
		TEST(what_is_said_to_be_done_and_is_not_has_failed),
		TEST(what_goes_on_as_another_matter_has_not_failed),
		TEST(out_of_time_with_a_failure_has_failed),
		TEST(out_of_time_while_all_that_is_left_waits_is_later),
		TEST(a_failure_that_was_overcome_does_not_count_any_more),
		TEST(when_only_the_refused_is_left_it_ends_at_once),
		TEST(what_is_no_use_is_tried_twice_and_ends_it),
		TEST(what_comes_after_it_is_not_waited_for_either),
		TEST(all_else_goes_on),
		TEST(a_failure_of_another_kind_begins_it_anew),
		TEST(a_kind_that_nobody_here_can_read_ends_at_once),
		TEST(unknown_is_looked_at_again_until_the_time_is_over),
		TEST(what_was_made_and_cannot_be_seen_may_have_to_go),
		TEST(without_time_it_only_looks),
		TEST(asked_to_stop_it_stops),
		TEST(a_machine_that_is_not_in_the_manifests_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
