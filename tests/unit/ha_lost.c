/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes that are half there: without corosync alone, or without a manifest that names them; and one
 * that cannot be shut out. Which of them is lost, and what a person is told.
 */

#include "ha_scene.h"

/* The leader's manifests may be older ones than the node's. */
static void one_that_is_not_named_and_is_there_is_left_live(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", "n3");
	add(s, "vm2", "n3");
	obey(s, 2);
	want(s, "vm2")->wish = HC_HA_STOPPED;
	obey(s, 2);
	s->wants.nnode = 2;
	next(s);
	node_is(s, "n3", HA_GONE);
	goes_to(s, "vm1", HA_IS_MIGRATE, "n1");
	assert_null(vm(s, "vm1")->home);
	assert_true(warned(s, "n3 is there, but the manifests do not name it"));
	obey(s, 2);
	is_now(s, "vm1", HA_IS_STARTED, "n1");
	want(s, "vm2")->wish = HC_HA_STARTED;
	next(s);
	goes_to(s, "vm2", HA_IS_RELOCATE, "n2");
	obey(s, 10);
	is_now(s, "vm2", HA_IS_STARTED, "n2");
	assert_null(ha_find_node(&s->memory, "n3"));
	assert_false(warned(s, "n3"));
}

static void one_that_is_not_named_is_lost_when_it_goes(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", "n3");
	obey(s, 2);
	s->wants.nnode = 2;
	next(s);
	away(s, "n3");
	rounds(s, 3);
	is_now(s, "vm1", HA_IS_FENCE, "n3");
}

/* Its agent is only started anew, say: it is no member for that long, and its VMs run. */
static void one_that_is_not_named_and_may_be_well_is_given_the_storage_delay(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", "n3");
	obey(s, 2);
	want(s, "vm1")->pinned = "its disk is there";
	s->wants.nnode = 2;
	node(s, "n3")->member = false;
	node(s, "n3")->apart = true;
	rounds(s, 9);
	is_now(s, "vm1", HA_IS_STARTED, "n3");
	node_is(s, "n3", HA_GONE);
	assert_true(warned(s, "the manifests do not name n3, and its hcstate does not take part"));
	back(s, "n3");
	node(s, "n3")->apart = false;
	obey(s, 3);
	is_now(s, "vm1", HA_IS_STARTED, "n3");
	node(s, "n3")->member = false;
	node(s, "n3")->apart = true;
	rounds(s, 10);
	is_now(s, "vm1", HA_IS_STARTED, "n3");
	next(s);
	is_now(s, "vm1", HA_IS_FENCE, "n3");
	assert_false(warned(s, "take part"));
}

#define RECOVERED "its VMs are recovered elsewhere"

/* What is said of its VMs is what will be done. */
static void without_corosync_nothing_is_promised_that_is_not_done(void **state)
{
	struct scene *s = settled(state);

	node(s, "n1")->member = false;
	node(s, "n1")->apart = true;
	next(s);
	assert_true(warned(s, "n1 is there, but its corosync is not: " RECOVERED));
	s->seen.disarmed = true;
	next(s);
	assert_true(warned(s, "n1 is there, but its corosync is not"));
	assert_false(warned(s, RECOVERED));
	s->seen.disarmed = false;
	want(s, "vm1")->pinned = "its disk is there";
	next(s);
	assert_false(warned(s, RECOVERED));
	want(s, "vm1")->pinned = NULL;
	s->group.restricted = true;
	group(s, "n1:1");
	next(s);
	assert_false(warned(s, RECOVERED));
	group(s, "n1:1 n2:1");
	next(s);
	assert_true(warned(s, RECOVERED));
	want(s, "vm1")->wish = HC_HA_DISABLED;
	next(s);
	assert_false(warned(s, RECOVERED));
	want(s, "vm1")->wish = HC_HA_STARTED;
	vm(s, "vm1")->is = HA_IS_ERROR; /* it stays so */
	next(s);
	assert_true(warned(s, "n1 is there, but its corosync is not"));
	assert_false(warned(s, RECOVERED));
}

static void of_a_node_without_vms_none_is_promised_anything(void **state)
{
	struct scene *s = settled(state);

	node(s, "n2")->member = false;
	node(s, "n2")->apart = true;
	next(s);
	assert_true(warned(s, "n2 is there, but its corosync is not"));
	assert_false(warned(s, RECOVERED));
}

#define AWAY "its VMs move away"

static void not_named_nothing_is_promised_that_is_not_done(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", "n3");
	obey(s, 2);
	s->wants.nnode = 2;
	s->seen.disarmed = true;
	next(s);
	assert_true(warned(s, "n3 is there, but the manifests do not name it"));
	assert_false(warned(s, AWAY));
	s->seen.disarmed = false;
	want(s, "vm1")->pinned = "its disk is there";
	next(s);
	assert_true(warned(s, "n3 is there, but the manifests do not name it"));
	assert_false(warned(s, AWAY));
	want(s, "vm1")->wish = HC_HA_STOPPED; /* it stays there, off */
	want(s, "vm1")->pinned = NULL;
	obey(s, 3);
	assert_true(warned(s, "n3 is there, but the manifests do not name it"));
	assert_false(warned(s, AWAY));
	want(s, "vm1")->wish = HC_HA_STARTED;
	next(s);
	assert_true(warned(s, "n3 is there, but the manifests do not name it: " AWAY));
}

/* Corosync is started anew, and everything else of the node is well. */
static void without_corosync_alone_a_node_is_given_the_storage_delay(void **state)
{
	struct scene *s = settled(state);

	node(s, "n1")->member = false;
	node(s, "n1")->apart = true;
	node(s, "n1")->lost = s->seen.now;
	rounds(s, 9);
	is_now(s, "vm1", HA_IS_STARTED, "n1");
	node_is(s, "n1", HA_UNKNOWN);
	assert_true(warned(s, "its corosync is not"));
	back(s, "n1");
	node(s, "n1")->apart = false;
	obey(s, 2);
	node_is(s, "n1", HA_ONLINE);
	assert_false(warned(s, "corosync"));
	assert_null(vm(s, "vm1")->fled);
}

static void without_corosync_for_good_it_is_lost(void **state)
{
	struct scene *s = settled(state);

	node(s, "n1")->member = false;
	node(s, "n1")->apart = true;
	node(s, "n1")->lost = s->seen.now;
	rounds(s, 10);
	is_now(s, "vm1", HA_IS_FENCE, "n1");
}

/* It dies then: it says nothing any more, and is gone since corosync was. */
static void without_corosync_and_then_silent_it_is_lost_at_once(void **state)
{
	struct scene *s = settled(state);

	node(s, "n1")->member = false;
	node(s, "n1")->apart = true;
	node(s, "n1")->lost = s->seen.now;
	rounds(s, 4);
	is_now(s, "vm1", HA_IS_STARTED, "n1");
	node(s, "n1")->apart = node(s, "n1")->storage = false;
	next(s);
	is_now(s, "vm1", HA_IS_FENCE, "n1");
}

/* Its claim cannot be taken, say: nothing else can be done, and somebody has to know. */
static void a_node_that_is_not_shut_out_for_long_is_told(void **state)
{
	struct scene *s = settled(state);

	away(s, "n1");
	rounds(s, 2);
	is_now(s, "vm1", HA_IS_FENCE, "n1");
	rounds(s, 14);
	assert_false(warned(s, "shut out"));
	next(s);
	assert_true(warned(s, "it is not proven that n1 is shut out"));
	assert_int_equal(s->decision.warnings[0].since, vm(s, "vm1")->since);
	is_now(s, "vm1", HA_IS_FENCE, "n1");
	node(s, "n1")->shut_out = true;
	obey(s, 2);
	assert_false(warned(s, "shut out"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(one_that_is_not_named_and_is_there_is_left_live),
		scene_test(one_that_is_not_named_is_lost_when_it_goes),
		scene_test(one_that_is_not_named_and_may_be_well_is_given_the_storage_delay),
		scene_test(without_corosync_nothing_is_promised_that_is_not_done),
		scene_test(of_a_node_without_vms_none_is_promised_anything),
		scene_test(not_named_nothing_is_promised_that_is_not_done),
		scene_test(without_corosync_alone_a_node_is_given_the_storage_delay),
		scene_test(without_corosync_for_good_it_is_lost),
		scene_test(without_corosync_and_then_silent_it_is_lost_at_once),
		scene_test(a_node_that_is_not_shut_out_for_long_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
