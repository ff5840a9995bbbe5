/* SPDX-License-Identifier: Apache-2.0 */
/* HA that is disarmed, at any moment, and armed again. */

#include "ha_scene.h"

static void disarmed_nothing_begins(void **state)
{
	struct scene *s = settled(state);

	s->seen.disarmed = true;
	group(s, "n2:1");
	away(s, "n1");
	node(s, "n1")->shut_out = true;
	rounds(s, 50);
	is_now(s, "vm1", HA_IS_STARTED, "n1");
	node_is(s, "n1", HA_UNKNOWN);
	assert_true(warned(s, "HA is disarmed"));
	back(s, "n1");
	ask(s, "vm1", HA_MIGRATE_TO, "n3");
	obey(s, 3);
	is_now(s, "vm1", HA_IS_STARTED, "n1");
	assert_int_equal(s->seen.nasked, 0);
	want(s, "vm1")->wish = HC_HA_STOPPED;
	obey(s, 2);
	is_now(s, "vm1", HA_IS_STOPPED, "n1");
	want(s, "vm1")->wish = HC_HA_STARTED;
	obey(s, 2);
	is_now(s, "vm1", HA_IS_STARTED, "n1");
	s->seen.disarmed = false;
	next(s);
	goes_to(s, "vm1", HA_IS_MIGRATE, "n2");
}

static void disarmed_in_the_middle_it_stays_and_its_own_node_may_have_it(void **state)
{
	struct scene *s = settled(state);

	away(s, "n1");
	rounds(s, 2);
	is_now(s, "vm1", HA_IS_FENCE, "n1");
	s->seen.disarmed = true;
	node(s, "n1")->shut_out = true;
	rounds(s, 10);
	is_now(s, "vm1", HA_IS_FENCE, "n1");
	back(s, "n1");
	next(s);
	is_now(s, "vm1", HA_IS_STARTED, "n1");
}

static void disarmed_in_the_middle_of_a_move_its_answer_is_taken(void **state)
{
	struct scene *s = settled(state);

	ask(s, "vm1", HA_MIGRATE_TO, "n2");
	next(s);
	s->seen.disarmed = true;
	answer(s, "vm1", HA_DONE);
	next(s);
	is_now(s, "vm1", HA_IS_STARTED, "n2");
}

static void armed_again_the_fence_goes_on(void **state)
{
	struct scene *s = settled(state);

	away(s, "n1");
	rounds(s, 2);
	s->seen.disarmed = true;
	node(s, "n1")->shut_out = true;
	rounds(s, 3);
	s->seen.disarmed = false;
	next(s);
	is_now(s, "vm1", HA_IS_STARTED, "n2");
}

static void disarmed_a_node_is_not_fenced_for_one_that_waits(void **state)
{
	struct scene *s = settled(state);

	vm(s, "vm1")->is = HA_IS_FENCE;
	s->seen.disarmed = true;
	rounds(s, 3);
	node_is(s, "n1", HA_ONLINE);
	is_now(s, "vm1", HA_IS_FENCE, "n1");
	s->seen.disarmed = false;
	next(s);
	node_is(s, "n1", HA_FENCE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(disarmed_nothing_begins),
		scene_test(disarmed_in_the_middle_it_stays_and_its_own_node_may_have_it),
		scene_test(disarmed_in_the_middle_of_a_move_its_answer_is_taken),
		scene_test(armed_again_the_fence_goes_on),
		scene_test(disarmed_a_node_is_not_fenced_for_one_that_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
