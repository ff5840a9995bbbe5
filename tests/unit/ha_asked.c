/* SPDX-License-Identifier: Apache-2.0 */
/* A person's word: this VM onto that node. */

#include "ha_scene.h"

static void a_word_moves_it_live_or_off(void **state)
{
	struct scene *s = settled(state);

	ask(s, "vm1", HA_MIGRATE_TO, "n3");
	next(s);
	goes_to(s, "vm1", HA_IS_MIGRATE, "n3");
	assert_int_equal(s->seen.nasked, 0);
	obey(s, 2);
	is_now(s, "vm1", HA_IS_STARTED, "n3");
	ask(s, "vm1", HA_RELOCATE_TO, "n1");
	next(s);
	goes_to(s, "vm1", HA_IS_RELOCATE, "n1");
	obey(s, 2);
	is_now(s, "vm1", HA_IS_STARTED, "n1");
}

static void a_word_moves_one_that_is_off_and_leaves_it_off(void **state)
{
	struct scene *s = settled(state);

	want(s, "vm1")->wish = HC_HA_STOPPED;
	obey(s, 3);
	ask(s, "vm1", HA_MIGRATE_TO, "n3");
	next(s);
	goes_to(s, "vm1", HA_IS_RELOCATE, "n3");
	obey(s, 2);
	is_now(s, "vm1", HA_IS_STOPPED, "n3");
}

static void a_word_ends_with_the_next_move_of_the_rules(void **state)
{
	struct scene *s = settled(state);

	group(s, "n1:1");
	ask(s, "vm1", HA_MIGRATE_TO, "n3");
	obey(s, 2);
	is_now(s, "vm1", HA_IS_STARTED, "n3");
	obey(s, 1);
	goes_to(s, "vm1", HA_IS_MIGRATE, "n1");
}

static void of_two_words_the_last_counts(void **state)
{
	struct scene *s = settled(state);

	ask(s, "vm1", HA_MIGRATE_TO, "n3");
	ask(s, "vm1", HA_MIGRATE_TO, "n2");
	next(s);
	goes_to(s, "vm1", HA_IS_MIGRATE, "n2");
	assert_int_equal(s->seen.nasked, 0);
}

static void a_word_waits_while_it_moves(void **state)
{
	struct scene *s = settled(state);

	ask(s, "vm1", HA_MIGRATE_TO, "n3");
	next(s);
	ask(s, "vm1", HA_MIGRATE_TO, "n2");
	rounds(s, 3);
	goes_to(s, "vm1", HA_IS_MIGRATE, "n3");
	assert_int_equal(s->seen.nasked, 1);
	obey(s, 2);
	goes_to(s, "vm1", HA_IS_MIGRATE, "n2");
	assert_int_equal(s->seen.nasked, 0);
}

static void words_that_cannot_be_are_refused_and_gone(void **state)
{
	struct scene *s = settled(state);

	group(s, "n1:1 n2:1");
	s->group.restricted = true;
	away(s, "n2");
	next(s);
	ask(s, "vm1", HA_MIGRATE_TO, "n2");
	next(s);
	assert_true(warned(s, "not online"));
	ask(s, "vm1", HA_MIGRATE_TO, "n3");
	next(s);
	assert_true(warned(s, "restricted"));
	ask(s, "vm1", HA_MIGRATE_TO, "n9");
	next(s);
	assert_true(warned(s, "no such node"));
	ask(s, "vm9", HA_MIGRATE_TO, "n1");
	next(s);
	assert_true(warned(s, "not under HA"));
	want(s, "vm1")->pinned = "its disk is here";
	back(s, "n2");
	next(s);
	ask(s, "vm1", HA_MIGRATE_TO, "n2");
	next(s);
	assert_true(warned(s, "its disk is here"));
	want(s, "vm1")->pinned = NULL;
	want(s, "vm1")->wish = HC_HA_DISABLED;
	obey(s, 3);
	away(s, "n1");
	ask(s, "vm1", HA_MIGRATE_TO, "n2");
	next(s);
	assert_true(warned(s, "the node that it is on is not online"));
	want(s, "vm1")->wish = HC_HA_STARTED;
	vm(s, "vm1")->is = HA_IS_ERROR;
	ask(s, "vm1", HA_MIGRATE_TO, "n2");
	next(s);
	assert_true(warned(s, "it is in error"));
	is_now(s, "vm1", HA_IS_ERROR, "n1");
	assert_int_equal(s->seen.nasked, 0);
}

static void a_word_to_where_it_is_does_nothing(void **state)
{
	struct scene *s = settled(state);
	uint64_t order = vm(s, "vm1")->order;

	ask(s, "vm1", HA_MIGRATE_TO, "n1");
	next(s);
	assert_int_equal(s->seen.nasked, 0);
	assert_int_equal(vm(s, "vm1")->order, order);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(a_word_moves_it_live_or_off),
		scene_test(a_word_moves_one_that_is_off_and_leaves_it_off),
		scene_test(a_word_ends_with_the_next_move_of_the_rules),
		scene_test(of_two_words_the_last_counts),
		scene_test(a_word_waits_while_it_moves),
		scene_test(words_that_cannot_be_are_refused_and_gone),
		scene_test(a_word_to_where_it_is_does_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
