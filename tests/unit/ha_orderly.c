/* SPDX-License-Identifier: Apache-2.0 */
/* What people do in order: maintenance, and shutting a node down. */

#include "ha_scene.h"

static void tend(struct scene *s, const char *name)
{
	s->seen.maintenance = (struct hc_strings){0};
	if (name)
		hc_strings_add(s->arena, &s->seen.maintenance, name);
}

static void it_leaves_a_node_in_maintenance_and_goes_home(void **state)
{
	struct scene *s = settled(state);

	tend(s, "n1");
	next(s);
	node_is(s, "n1", HA_MAINTENANCE);
	goes_to(s, "vm1", HA_IS_MIGRATE, "n2");
	assert_string_equal(vm(s, "vm1")->home, "n1");
	obey(s, 3);
	is_now(s, "vm1", HA_IS_STARTED, "n2");
	/* maintenance outlives a reboot */
	away(s, "n1");
	obey(s, 50);
	node_is(s, "n1", HA_MAINTENANCE);
	back(s, "n1");
	obey(s, 2);
	node_is(s, "n1", HA_MAINTENANCE);
	is_now(s, "vm1", HA_IS_STARTED, "n2");
	tend(s, NULL);
	obey(s, 1);
	node_is(s, "n1", HA_ONLINE);
	goes_to(s, "vm1", HA_IS_MIGRATE, "n1");
	obey(s, 2);
	is_now(s, "vm1", HA_IS_STARTED, "n1");
	assert_null(vm(s, "vm1")->home);
}

static void where_hcstate_was_stopped_all_stays_as_it_is(void **state)
{
	struct scene *s = settled(state);

	add(s, "vm2", "n2");
	add(s, "vm3", "n3");
	add(s, "vm4", "n3");
	obey(s, 3);
	node(s, "n1")->stopped = true;
	obey(s, 20);
	node_is(s, "n1", HA_ONLINE);
	is_now(s, "vm1", HA_IS_STARTED, "n1");
	/* nothing is brought there: nobody would start it */
	away(s, "n2");
	node(s, "n1")->shut_out = node(s, "n2")->shut_out = true;
	obey(s, 100);
	is_now(s, "vm2", HA_IS_STARTED, "n3");
	/* that node may die like any other */
	away(s, "n1");
	obey(s, 100);
	is_now(s, "vm1", HA_IS_STARTED, "n3");
}

static void moved_by_a_person_it_has_no_home_any_more(void **state)
{
	struct scene *s = settled(state);

	tend(s, "n1");
	obey(s, 3);
	ask(s, "vm1", HA_MIGRATE_TO, "n3");
	obey(s, 2);
	tend(s, NULL);
	obey(s, 3);
	is_now(s, "vm1", HA_IS_STARTED, "n3");
	assert_null(vm(s, "vm1")->home);
}

/* n1, and before it is back n2: home is n1, which it was first. */
static void of_two_maintenances_that_overlap_the_first_node_is_home(void **state)
{
	struct scene *s = settled(state);

	tend(s, "n1");
	obey(s, 3);
	is_now(s, "vm1", HA_IS_STARTED, "n2");
	hc_strings_add(s->arena, &s->seen.maintenance, "n2");
	obey(s, 3);
	is_now(s, "vm1", HA_IS_STARTED, "n3");
	assert_string_equal(vm(s, "vm1")->home, "n1");
	tend(s, "n1"); /* n2 is back; n1 is still away */
	obey(s, 3);
	is_now(s, "vm1", HA_IS_STARTED, "n3");
	tend(s, NULL);
	obey(s, 3);
	is_now(s, "vm1", HA_IS_STARTED, "n1");
	assert_null(vm(s, "vm1")->home);
}

/* It could be home already and is not, as its group has no such node any more. */
static void a_home_that_waits_for_nothing_is_not_kept_over_another(void **state)
{
	struct scene *s = settled(state);

	tend(s, "n1");
	obey(s, 3);
	is_now(s, "vm1", HA_IS_STARTED, "n2");
	group(s, "n2 n3");
	s->group.restricted = true;
	tend(s, "n2");
	obey(s, 3);
	is_now(s, "vm1", HA_IS_STARTED, "n3");
	assert_string_equal(vm(s, "vm1")->home, "n2");
	tend(s, NULL);
	obey(s, 3);
	is_now(s, "vm1", HA_IS_STARTED, "n2");
}

static void started_while_two_are_in_maintenance_the_first_node_is_home(void **state)
{
	struct scene *s = settled(state);

	want(s, "vm1")->wish = HC_HA_STOPPED;
	obey(s, 3);
	tend(s, "n1");
	want(s, "vm1")->wish = HC_HA_STARTED;
	obey(s, 1);
	want(s, "vm1")->wish = HC_HA_STOPPED;
	obey(s, 4);
	is_now(s, "vm1", HA_IS_STOPPED, "n2");
	assert_string_equal(vm(s, "vm1")->home, "n1");
	hc_strings_add(s->arena, &s->seen.maintenance, "n2");
	want(s, "vm1")->wish = HC_HA_STARTED;
	obey(s, 3);
	is_now(s, "vm1", HA_IS_STARTED, "n3");
	assert_string_equal(vm(s, "vm1")->home, "n1");
}

static void a_home_that_is_not_named_any_more_is_none(void **state)
{
	struct scene *s = settled(state);

	tend(s, "n1");
	obey(s, 3);
	assert_string_equal(vm(s, "vm1")->home, "n1");
	s->wants.nodes = &s->names[1];
	s->wants.nnode = 2;
	obey(s, 1);
	assert_null(vm(s, "vm1")->home);
}

static void a_node_that_dies_in_maintenance_is_fenced_for_what_is_on_it(void **state)
{
	struct scene *s = settled(state);

	tend(s, "n1");
	next(s); /* on its way, without an answer */
	away(s, "n1");
	rounds(s, 2);
	is_now(s, "vm1", HA_IS_FENCE, "n1");
	node_is(s, "n1", HA_FENCE);
	node(s, "n1")->shut_out = true;
	next(s);
	is_now(s, "vm1", HA_IS_STARTED, "n2");
	node_is(s, "n1", HA_UNKNOWN);
	back(s, "n1");
	next(s);
	node_is(s, "n1", HA_MAINTENANCE);
}

static void where_no_other_node_is_fit_it_stays_and_that_is_said(void **state)
{
	struct scene *s = settled(state);

	group(s, "n1");
	s->group.restricted = true;
	tend(s, "n1");
	obey(s, 5);
	is_now(s, "vm1", HA_IS_STARTED, "n1");
	assert_true(warned(s, "no other node is fit"));
	s->want[0].group = NULL;
	want(s, "vm1")->pinned = "its disk is here";
	obey(s, 1);
	is_now(s, "vm1", HA_IS_STARTED, "n1");
	assert_true(warned(s, "its disk is here"));
}

static void nobody_is_brought_onto_a_node_that_is_tended_or_leaves(void **state)
{
	struct scene *s = settled(state);

	tend(s, "n2");
	node(s, "n3")->leaving = HA_POWERS_OFF;
	group(s, "n2:3 n3:2 n1:1");
	obey(s, 3);
	is_now(s, "vm1", HA_IS_STARTED, "n1");
}

static void found_elsewhere_it_has_no_home_any_more(void **state)
{
	struct scene *s = settled(state);

	tend(s, "n1");
	obey(s, 3);
	is_now(s, "vm1", HA_IS_STARTED, "n2");
	tend(s, NULL);
	answer(s, "vm1", HA_NOT_HERE);
	seen(s, "vm1")->on = "n3";
	next(s);
	obey(s, 3);
	is_now(s, "vm1", HA_IS_STARTED, "n3");
}

static void a_home_on_which_it_cannot_be_started_is_none(void **state)
{
	struct scene *s = settled(state);

	want(s, "vm1")->max_restart = 0;
	tend(s, "n1");
	next(s);
	answer(s, "vm1", HA_FAILED);
	next(s);
	is_now(s, "vm1", HA_IS_STARTED, "n1"); /* did not get away */
	answer(s, "vm1", HA_FAILED);
	next(s);
	goes_to(s, "vm1", HA_IS_RELOCATE, "n2");
	assert_null(vm(s, "vm1")->home);
}

static void one_that_is_off_is_started_elsewhere_and_comes_home(void **state)
{
	struct scene *s = settled(state);

	want(s, "vm1")->wish = HC_HA_STOPPED;
	obey(s, 3);
	tend(s, "n1");
	obey(s, 2);
	is_now(s, "vm1", HA_IS_STOPPED, "n1");
	want(s, "vm1")->wish = HC_HA_STARTED;
	next(s);
	goes_to(s, "vm1", HA_IS_RELOCATE, "n2");
	obey(s, 3);
	is_now(s, "vm1", HA_IS_STARTED, "n2");
	tend(s, NULL);
	obey(s, 3);
	is_now(s, "vm1", HA_IS_STARTED, "n1");
}

static void a_pinned_one_that_is_off_is_started_where_it_is(void **state)
{
	struct scene *s = settled(state);

	want(s, "vm1")->wish = HC_HA_STOPPED;
	obey(s, 3);
	tend(s, "n1");
	want(s, "vm1")->wish = HC_HA_STARTED;
	want(s, "vm1")->pinned = "its disk is here";
	next(s);
	is_now(s, "vm1", HA_IS_STARTED, "n1");
}

struct way {
	enum hc_ha_shutdown policy;
	enum ha_leaving leaving;
	enum ha_is meanwhile; /* while the node goes down */
	bool waits; /* it is on n1 again when n1 is back; else it was recovered or moved */
};

static const struct way ways[] = {
	{HC_HA_CONDITIONAL, HA_REBOOTS, HA_IS_FREEZE, true},
	{HC_HA_CONDITIONAL, HA_POWERS_OFF, HA_IS_STARTED, false},
	{HC_HA_FREEZE, HA_REBOOTS, HA_IS_FREEZE, true},
	{HC_HA_FREEZE, HA_POWERS_OFF, HA_IS_FREEZE, true},
	{HC_HA_FAILOVER, HA_REBOOTS, HA_IS_STARTED, false},
	{HC_HA_FAILOVER, HA_POWERS_OFF, HA_IS_STARTED, false},
};

static void a_way_down_is_gone(const struct way *way)
{
	struct scene *s;
	uint64_t order;

	(void)scene_new((void **)&s);
	(void)settled((void **)&s);
	order = vm(s, "vm1")->order;
	s->wants.policy.shutdown = way->policy;
	node(s, "n1")->leaving = way->leaving;
	obey(s, 1);
	is_now(s, "vm1", way->meanwhile, "n1");
	assert_int_equal(vm(s, "vm1")->order, order);
	away(s, "n1"); /* it has said that it leaves, so its claims are free */
	node(s, "n1")->shut_out = true;
	seen(s, "vm1")->on = NULL;
	rounds(s, 60);
	is_now(s, "vm1", way->waits ? HA_IS_FREEZE : HA_IS_STARTED, way->waits ? "n1" : "n2");
	node_is(s, "n1", HA_UNKNOWN);
	back(s, "n1");
	node(s, "n1")->leaving = HA_STAYS;
	next(s);
	is_now(s, "vm1", HA_IS_STARTED, way->waits ? "n1" : "n2");
	assert_true(vm(s, "vm1")->order > order);
	obey(s, 3);
	is_now(s, "vm1", HA_IS_STARTED, way->waits ? "n1" : "n2");
	(void)scene_free((void **)&s);
}

static void each_shutdown_policy_has_its_way(void **state)
{
	(void)state;
	for (size_t i = 0; i < HC_COUNT(ways); i++)
		a_way_down_is_gone(&ways[i]);
}

static void with_policy_migrate_a_node_is_emptied_and_filled_again(void **state)
{
	struct scene *s = settled(state);

	s->wants.policy.shutdown = HC_HA_MIGRATE;
	node(s, "n1")->leaving = HA_REBOOTS;
	next(s);
	node_is(s, "n1", HA_MAINTENANCE);
	goes_to(s, "vm1", HA_IS_MIGRATE, "n2");
	obey(s, 1);
	is_now(s, "vm1", HA_IS_STARTED, "n2");
	away(s, "n1");
	obey(s, 60);
	node_is(s, "n1", HA_UNKNOWN);
	back(s, "n1");
	node(s, "n1")->leaving = HA_STAYS;
	obey(s, 3);
	is_now(s, "vm1", HA_IS_STARTED, "n1");
}

static void a_shutdown_that_is_called_off_thaws(void **state)
{
	struct scene *s = settled(state);

	node(s, "n1")->leaving = HA_REBOOTS;
	obey(s, 2);
	is_now(s, "vm1", HA_IS_FREEZE, "n1");
	node(s, "n1")->leaving = HA_STAYS;
	next(s);
	is_now(s, "vm1", HA_IS_STARTED, "n1");
}

static void frozen_on_a_node_that_will_not_be_back_it_is_recovered(void **state)
{
	struct scene *s = settled(state);

	node(s, "n1")->leaving = HA_REBOOTS;
	obey(s, 1);
	is_now(s, "vm1", HA_IS_FREEZE, "n1");
	away(s, "n1");
	rounds(s, 10);
	assert_true(warned(s, "waits for n1"));
	s->wants.nodes = &s->names[1];
	s->wants.nnode = 2;
	node(s, "n1")->shut_out = true;
	obey(s, 5);
	is_now(s, "vm1", HA_IS_STARTED, "n2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(it_leaves_a_node_in_maintenance_and_goes_home),
		scene_test(where_hcstate_was_stopped_all_stays_as_it_is),
		scene_test(moved_by_a_person_it_has_no_home_any_more),
		scene_test(of_two_maintenances_that_overlap_the_first_node_is_home),
		scene_test(a_home_that_waits_for_nothing_is_not_kept_over_another),
		scene_test(started_while_two_are_in_maintenance_the_first_node_is_home),
		scene_test(a_home_that_is_not_named_any_more_is_none),
		scene_test(a_node_that_dies_in_maintenance_is_fenced_for_what_is_on_it),
		scene_test(where_no_other_node_is_fit_it_stays_and_that_is_said),
		scene_test(nobody_is_brought_onto_a_node_that_is_tended_or_leaves),
		cmocka_unit_test(each_shutdown_policy_has_its_way),
		scene_test(with_policy_migrate_a_node_is_emptied_and_filled_again),
		scene_test(a_shutdown_that_is_called_off_thaws),
		scene_test(frozen_on_a_node_that_will_not_be_back_it_is_recovered),
		scene_test(found_elsewhere_it_has_no_home_any_more),
		scene_test(a_home_on_which_it_cannot_be_started_is_none),
		scene_test(one_that_is_off_is_started_elsewhere_and_comes_home),
		scene_test(a_pinned_one_that_is_off_is_started_where_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
