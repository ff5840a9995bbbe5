/* SPDX-License-Identifier: Apache-2.0 */
/* Starts and moves that fail, over several rounds. */

#include "ha_scene.h"

static void a_start_that_fails_is_tried_again_then_elsewhere_then_an_error(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", "n1");
	want(s, "vm1")->max_restart = 2;
	next(s);
	for (uint32_t i = 1; i <= 2; i++) {
		answer(s, "vm1", HA_FAILED);
		next(s);
		is_now(s, "vm1", HA_IS_STARTED, "n1");
		assert_int_equal(vm(s, "vm1")->restarts, i);
		assert_true(warned(s, "it would not"));
	}
	answer(s, "vm1", HA_FAILED);
	next(s);
	goes_to(s, "vm1", HA_IS_RELOCATE, "n2");
	assert_int_equal(vm(s, "vm1")->failed.n, 1);
	answer(s, "vm1", HA_DONE);
	next(s);
	is_now(s, "vm1", HA_IS_STARTED, "n2");
	assert_int_equal(vm(s, "vm1")->restarts, 0);
	for (int i = 0; i < 3; i++) {
		is_now(s, "vm1", HA_IS_STARTED, "n2");
		answer(s, "vm1", HA_FAILED);
		next(s);
	}
	is_now(s, "vm1", HA_IS_ERROR, "n2");
	assert_int_equal(vm(s, "vm1")->failed.n, 2);
	next(s);
	assert_true(warned(s, "given up until its state is set to disabled: it would not"));
	want(s, "vm1")->wish = HC_HA_DISABLED;
	next(s);
	is_now(s, "vm1", HA_IS_STOPPED, "n2");
	assert_int_equal(vm(s, "vm1")->failed.n, 0);
	want(s, "vm1")->wish = HC_HA_STARTED;
	next(s);
	is_now(s, "vm1", HA_IS_STARTED, "n2");
}

static void a_success_clears_what_failed(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", "n1");
	want(s, "vm1")->max_restart = 0;
	next(s);
	answer(s, "vm1", HA_FAILED);
	next(s);
	obey(s, 2);
	is_now(s, "vm1", HA_IS_STARTED, "n2");
	assert_int_equal(vm(s, "vm1")->failed.n, 0);
}

static void nodes_on_which_it_failed_are_left_out_of_the_class_only(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", "n1");
	group(s, "n1:2 n2:2 n3:1");
	want(s, "vm1")->max_restart = 0;
	want(s, "vm1")->max_relocate = 3;
	next(s);
	answer(s, "vm1", HA_FAILED);
	next(s);
	goes_to(s, "vm1", HA_IS_RELOCATE, "n2");
	answer(s, "vm1", HA_DONE);
	next(s);
	answer(s, "vm1", HA_FAILED);
	next(s);
	/* all of the class have failed: it is tried again where it is, on n3 never */
	is_now(s, "vm1", HA_IS_STARTED, "n2");
	assert_int_equal(vm(s, "vm1")->failed.n, 2);
}

static void with_no_other_node_it_is_tried_here_until_it_is_an_error(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", "n1");
	group(s, "n1");
	s->group.restricted = true;
	want(s, "vm1")->max_relocate = 2;
	next(s);
	for (int i = 0; i < 5; i++) {
		answer(s, "vm1", HA_FAILED);
		next(s);
		is_now(s, "vm1", HA_IS_STARTED, "n1");
	}
	answer(s, "vm1", HA_FAILED);
	next(s);
	is_now(s, "vm1", HA_IS_ERROR, "n1");
	assert_int_equal(vm(s, "vm1")->failed.n, 3);
}

static void a_pinned_one_is_tried_here_only(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", "n1");
	want(s, "vm1")->pinned = "its disk is here";
	next(s);
	for (int i = 0; i < 4; i++) {
		is_now(s, "vm1", HA_IS_STARTED, "n1");
		answer(s, "vm1", HA_FAILED);
		next(s);
	}
	is_now(s, "vm1", HA_IS_ERROR, "n1");
}

static void stopped_and_started_it_has_all_its_tries_again(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", "n1");
	next(s);
	for (int i = 0; i < 2; i++) {
		answer(s, "vm1", HA_FAILED);
		next(s);
	}
	assert_int_equal(vm(s, "vm1")->failed.n, 1);
	want(s, "vm1")->wish = HC_HA_STOPPED;
	obey(s, 1);
	is_now(s, "vm1", HA_IS_STOPPED, "n2");
	assert_int_equal(vm(s, "vm1")->failed.n, 0);
}

static void sent_to_nowhere_it_stays(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", "n1");
	obey(s, 2);
	vm(s, "vm1")->is = HA_IS_MIGRATE; /* no target: not our record */
	next(s);
	is_now(s, "vm1", HA_IS_STARTED, "n1");
}

static void found_where_it_was_its_migration_has_failed(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", "n1");
	obey(s, 2);
	group(s, "n2:1");
	next(s);
	goes_to(s, "vm1", HA_IS_MIGRATE, "n2");
	answer(s, "vm1", HA_NOT_HERE);
	seen(s, "vm1")->on = "n1";
	next(s);
	is_now(s, "vm1", HA_IS_STARTED, "n1");
}

static void an_old_answer_means_nothing(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", "n1");
	next(s);
	answer(s, "vm1", HA_FAILED);
	next(s);
	rounds(s, 10);
	assert_int_equal(vm(s, "vm1")->restarts, 1);
	is_now(s, "vm1", HA_IS_STARTED, "n1");
}

static void after_a_migration_that_failed_the_rules_pause(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", "n1");
	obey(s, 2);
	group(s, "n2:1");
	next(s);
	goes_to(s, "vm1", HA_IS_MIGRATE, "n2");
	answer(s, "vm1", HA_FAILED);
	next(s);
	is_now(s, "vm1", HA_IS_STARTED, "n1");
	assert_true(warned(s, "did not get from n1 to n2: it would not"));
	obey(s, 9);
	is_now(s, "vm1", HA_IS_STARTED, "n1");
	obey(s, 1);
	goes_to(s, "vm1", HA_IS_MIGRATE, "n2");
}

static void a_pause_of_a_clock_that_was_set_back_is_none(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", "n1");
	obey(s, 2);
	group(s, "n2:1");
	vm(s, "vm1")->stays = s->seen.now + 1000000;
	next(s);
	goes_to(s, "vm1", HA_IS_MIGRATE, "n2");
}

static void an_answer_that_it_arrived_after_all_is_believed(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", "n1");
	obey(s, 2);
	group(s, "n2:1");
	next(s);
	answer(s, "vm1", HA_NOT_HERE);
	seen(s, "vm1")->on = "n2";
	next(s);
	is_now(s, "vm1", HA_IS_STARTED, "n2");
}

static void its_target_dies_so_it_waits_for_its_source(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", "n1");
	obey(s, 2);
	group(s, "n2:1");
	next(s);
	away(s, "n2");
	rounds(s, 20);
	goes_to(s, "vm1", HA_IS_MIGRATE, "n2");
	node_is(s, "n2", HA_UNKNOWN);
	answer(s, "vm1", HA_DONE); /* it got there before */
	rounds(s, 2);
	is_now(s, "vm1", HA_IS_FENCE, "n2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(a_start_that_fails_is_tried_again_then_elsewhere_then_an_error),
		scene_test(a_success_clears_what_failed),
		scene_test(nodes_on_which_it_failed_are_left_out_of_the_class_only),
		scene_test(with_no_other_node_it_is_tried_here_until_it_is_an_error),
		scene_test(a_pinned_one_is_tried_here_only),
		scene_test(stopped_and_started_it_has_all_its_tries_again),
		scene_test(sent_to_nowhere_it_stays),
		scene_test(found_where_it_was_its_migration_has_failed),
		scene_test(an_old_answer_means_nothing),
		scene_test(after_a_migration_that_failed_the_rules_pause),
		scene_test(a_pause_of_a_clock_that_was_set_back_is_none),
		scene_test(an_answer_that_it_arrived_after_all_is_believed),
		scene_test(its_target_dies_so_it_waits_for_its_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
