/* SPDX-License-Identifier: Apache-2.0 */
/* A node dies, hangs, flaps, comes back; what is known of it changes hands; nobody may act twice.
 */

#include "ha_scene.h"

static void it_is_fenced_after_its_delay_and_recovered_after_the_proof(void **state)
{
	struct scene *s = settled(state);
	uint64_t order = vm(s, "vm1")->order, lost;

	away(s, "n1");
	lost = s->seen.now;
	next(s);
	node_is(s, "n1", HA_UNKNOWN);
	is_now(s, "vm1", HA_IS_STARTED, "n1");
	next(s);
	node_is(s, "n1", HA_FENCE);
	is_now(s, "vm1", HA_IS_FENCE, "n1");
	assert_string_equal(vm(s, "vm1")->fled, "n1");
	assert_int_equal(vm(s, "vm1")->lost, lost);
	rounds(s, 100);
	is_now(s, "vm1", HA_IS_FENCE, "n1");
	node(s, "n1")->shut_out = true;
	next(s);
	node_is(s, "n1", HA_UNKNOWN);
	is_now(s, "vm1", HA_IS_STARTED, "n2");
	assert_true(vm(s, "vm1")->order > order);
	assert_int_equal(vm(s, "vm1")->fenced, s->seen.now);
	assert_int_equal(vm(s, "vm1")->recovered, s->seen.now);
	assert_int_equal(vm(s, "vm1")->runs, 0);
	next(s);
	answer(s, "vm1", HA_DONE);
	next(s);
	assert_int_equal(vm(s, "vm1")->runs, s->seen.now);
}

static void a_blip_changes_nothing(void **state)
{
	struct scene *s = settled(state);
	struct ha_memory before = s->memory;

	for (int i = 0; i < 10; i++) {
		away(s, "n1");
		next(s);
		is_now(s, "vm1", HA_IS_STARTED, "n1");
		back(s, "n1");
		next(s);
		node_is(s, "n1", HA_ONLINE);
	}
	assert_int_equal(vm(s, "vm1")->order, before.vms[0].order);
}

static void one_that_shows_up_again_is_fenced_all_the_same(void **state)
{
	struct scene *s = settled(state);

	away(s, "n1");
	rounds(s, 2);
	back(s, "n1");
	rounds(s, 5);
	node_is(s, "n1", HA_FENCE);
	is_now(s, "vm1", HA_IS_FENCE, "n1");
	node(s, "n1")->shut_out = true;
	next(s);
	node_is(s, "n1", HA_ONLINE);
	is_now(s, "vm1", HA_IS_STARTED, "n1"); /* it is as good as any other again */
	assert_int_equal(vm(s, "vm1")->recovered, s->seen.now);
}

static void without_its_storage_a_node_has_longer(void **state)
{
	struct scene *s = settled(state);

	node(s, "n1")->storage = false;
	node(s, "n1")->lost = s->seen.now;
	rounds(s, 9);
	is_now(s, "vm1", HA_IS_STARTED, "n1");
	node_is(s, "n1", HA_UNKNOWN);
	next(s);
	is_now(s, "vm1", HA_IS_FENCE, "n1");
}

static void a_new_leader_knows_since_when(void **state)
{
	struct scene *s = settled(state);

	s->wants.policy.times.fence_delay = 60000;
	away(s, "n1");
	rounds(s, 50);
	node(s, "n1")->lost = s->seen.now; /* it has looked only since now */
	rounds(s, 9);
	is_now(s, "vm1", HA_IS_STARTED, "n1");
	next(s);
	is_now(s, "vm1", HA_IS_FENCE, "n1");
}

static void the_earliest_that_anybody_knows_counts(void **state)
{
	struct scene *s = settled(state);

	s->wants.policy.times.fence_delay = 60000;
	away(s, "n1");
	next(s);
	node(s, "n1")->lost = s->seen.now - 58500;
	next(s);
	is_now(s, "vm1", HA_IS_STARTED, "n1");
	next(s);
	is_now(s, "vm1", HA_IS_FENCE, "n1");
}

static void while_it_waits_for_the_proof_nothing_changes(void **state)
{
	struct scene *s = settled(state);
	const struct ha_vm *vms;

	away(s, "n1");
	rounds(s, 2);
	is_now(s, "vm1", HA_IS_FENCE, "n1");
	vms = s->memory.vms;
	rounds(s, 5);
	assert_ptr_equal(s->memory.vms, vms);
}

static void a_moment_to_come_does_not_hold_a_fence_up(void **state)
{
	struct scene *s = settled(state);

	away(s, "n1");
	next(s);
	ha_find_node(&s->memory, "n1")->lost = s->seen.now + 1000000;
	node(s, "n1")->lost = 0;
	rounds(s, 3);
	is_now(s, "vm1", HA_IS_FENCE, "n1");
}

static void a_leader_needs_nothing_but_the_memory(void **state)
{
	struct scene *s = settled(state);

	/* Every round is another leader's: it knows what is kept, and sees what it sees itself. */
	away(s, "n1");
	for (int i = 0; i < 6; i++) {
		node(s, "n1")->lost = 0;
		next(s);
	}
	is_now(s, "vm1", HA_IS_FENCE, "n1");
	node(s, "n1")->shut_out = true;
	next(s);
	is_now(s, "vm1", HA_IS_STARTED, "n2");
}

static void without_a_fit_node_it_is_tried_for_ever(void **state)
{
	struct scene *s = settled(state);

	group(s, "n1 n2");
	s->group.restricted = true;
	away(s, "n1");
	away(s, "n2");
	rounds(s, 2);
	node(s, "n1")->shut_out = true;
	rounds(s, 100);
	is_now(s, "vm1", HA_IS_RECOVERY, "n1");
	assert_true(warned(s, "no node fit to recover it"));
	back(s, "n2");
	next(s);
	is_now(s, "vm1", HA_IS_STARTED, "n2");
	assert_false(warned(s, "no node fit"));
}

static void its_old_node_may_recover_it(void **state)
{
	struct scene *s = settled(state);

	group(s, "n1");
	s->group.restricted = true;
	away(s, "n1");
	node(s, "n1")->shut_out = true;
	rounds(s, 5);
	is_now(s, "vm1", HA_IS_RECOVERY, "n1");
	back(s, "n1");
	next(s);
	is_now(s, "vm1", HA_IS_STARTED, "n1");
}

static void a_pinned_one_waits_for_its_node(void **state)
{
	struct scene *s = settled(state);

	want(s, "vm1")->pinned = "disk-0 is in local, on n1 only";
	away(s, "n1");
	node(s, "n1")->shut_out = true;
	rounds(s, 50);
	is_now(s, "vm1", HA_IS_RECOVERY, "n1");
	assert_true(warned(s, "disk-0 is in local"));
	back(s, "n1");
	next(s);
	is_now(s, "vm1", HA_IS_STARTED, "n1");
	group(s, "n2:1");
	obey(s, 3);
	is_now(s, "vm1", HA_IS_STARTED, "n1");
}

static void a_node_without_any_that_needs_it_is_not_fenced(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", "n1");
	add(s, "vm2", "n1");
	add(s, "vm3", "n2");
	want(s, "vm1")->wish = HC_HA_DISABLED;
	obey(s, 4);
	vm(s, "vm2")->is = HA_IS_ERROR;
	away(s, "n1");
	rounds(s, 50);
	node_is(s, "n1", HA_UNKNOWN);
	is_now(s, "vm1", HA_IS_STOPPED, "n1");
	is_now(s, "vm2", HA_IS_ERROR, "n1");
}

static void a_migration_that_had_ended_is_found_at_its_target(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", "n1");
	add(s, "vm2", "n2"); /* so that n3 would be chosen */
	obey(s, 2);
	ask(s, "vm1", HA_MIGRATE_TO, "n2");
	next(s);
	goes_to(s, "vm1", HA_IS_MIGRATE, "n2");
	away(s, "n1");
	rounds(s, 2);
	is_now(s, "vm1", HA_IS_FENCE, "n1");
	assert_null(vm(s, "vm1")->target);
	seen(s, "vm1")->on = "n2";
	node(s, "n1")->shut_out = true;
	next(s);
	is_now(s, "vm1", HA_IS_STARTED, "n2");
}

static void one_that_had_got_away_is_stopped_there_when_it_is_to_be_off(void **state)
{
	struct scene *s = settled(state);

	ask(s, "vm1", HA_MIGRATE_TO, "n2");
	next(s);
	goes_to(s, "vm1", HA_IS_MIGRATE, "n2");
	away(s, "n1");
	rounds(s, 3);
	is_now(s, "vm1", HA_IS_FENCE, "n1");
	want(s, "vm1")->wish = HC_HA_DISABLED;
	seen(s, "vm1")->on = "n2";
	node(s, "n1")->shut_out = true;
	next(s);
	is_now(s, "vm1", HA_IS_REQUEST_STOP, "n2");
}

static void a_migration_with_both_nodes_dead_is_recovered_on_the_third(void **state)
{
	struct scene *s = settled(state);

	ask(s, "vm1", HA_MIGRATE_TO, "n2");
	next(s);
	away(s, "n1");
	away(s, "n2");
	node(s, "n1")->shut_out = node(s, "n2")->shut_out = true;
	seen(s, "vm1")->on = NULL;
	rounds(s, 4);
	is_now(s, "vm1", HA_IS_STARTED, "n3");
}

static void a_node_that_is_not_named_any_more_is_lost(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", "n3");
	obey(s, 2);
	s->wants.nnode = 2;
	away(s, "n3");
	next(s);
	node_is(s, "n3", HA_GONE);
	node(s, "n3")->shut_out = true;
	obey(s, 5);
	is_now(s, "vm1", HA_IS_STARTED, "n1");
	assert_null(ha_find_node(&s->memory, "n3"));
}

static void a_document_that_goes_in_the_middle_lets_the_node_go(void **state)
{
	struct scene *s = settled(state);

	away(s, "n1");
	rounds(s, 2);
	node_is(s, "n1", HA_FENCE);
	s->wants.n = 0;
	node(s, "n1")->shut_out = true;
	next(s);
	assert_int_equal(s->memory.nvm, 0);
	node_is(s, "n1", HA_UNKNOWN);
}

static void a_second_failover_has_moments_of_its_own(void **state)
{
	struct scene *s = settled(state);

	away(s, "n1");
	node(s, "n1")->shut_out = true;
	rounds(s, 3);
	obey(s, 2);
	is_now(s, "vm1", HA_IS_STARTED, "n2");
	assert_int_not_equal(vm(s, "vm1")->runs, 0);
	away(s, "n2");
	rounds(s, 2);
	is_now(s, "vm1", HA_IS_FENCE, "n2");
	assert_string_equal(vm(s, "vm1")->fled, "n2");
	assert_int_equal(vm(s, "vm1")->fenced, 0);
	assert_int_equal(vm(s, "vm1")->recovered, 0);
	assert_int_equal(vm(s, "vm1")->runs, 0);
}

static void recovered_to_be_off_its_failover_ends_there(void **state)
{
	struct scene *s = settled(state);
	uint64_t then;

	want(s, "vm1")->wish = HC_HA_STOPPED;
	obey(s, 3);
	away(s, "n1");
	node(s, "n1")->shut_out = true;
	rounds(s, 3);
	is_now(s, "vm1", HA_IS_STOPPED, "n2");
	then = vm(s, "vm1")->recovered;
	want(s, "vm1")->wish = HC_HA_STARTED;
	obey(s, 5);
	is_now(s, "vm1", HA_IS_STARTED, "n2");
	assert_int_equal(vm(s, "vm1")->runs, then);
}

static void all_of_a_node_are_spread_over_the_others(void **state)
{
	static const char *const names[] = {"vm1", "vm2", "vm3", "vm4", "vm5"};
	struct scene *s = *state;

	for (size_t i = 0; i < HC_COUNT(names); i++)
		add(s, names[i], i < 4 ? "n1" : "n2");
	obey(s, 2);
	away(s, "n1");
	node(s, "n1")->shut_out = true;
	rounds(s, 4);
	is_now(s, "vm1", HA_IS_STARTED, "n3");
	is_now(s, "vm2", HA_IS_STARTED, "n2");
	is_now(s, "vm3", HA_IS_STARTED, "n3");
	is_now(s, "vm4", HA_IS_STARTED, "n2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(it_is_fenced_after_its_delay_and_recovered_after_the_proof),
		scene_test(a_blip_changes_nothing),
		scene_test(one_that_shows_up_again_is_fenced_all_the_same),
		scene_test(without_its_storage_a_node_has_longer),
		scene_test(a_new_leader_knows_since_when),
		scene_test(the_earliest_that_anybody_knows_counts),
		scene_test(while_it_waits_for_the_proof_nothing_changes),
		scene_test(a_moment_to_come_does_not_hold_a_fence_up),
		scene_test(a_leader_needs_nothing_but_the_memory),
		scene_test(without_a_fit_node_it_is_tried_for_ever),
		scene_test(its_old_node_may_recover_it),
		scene_test(a_pinned_one_waits_for_its_node),
		scene_test(a_node_without_any_that_needs_it_is_not_fenced),
		scene_test(a_migration_that_had_ended_is_found_at_its_target),
		scene_test(one_that_had_got_away_is_stopped_there_when_it_is_to_be_off),
		scene_test(a_migration_with_both_nodes_dead_is_recovered_on_the_third),
		scene_test(a_node_that_is_not_named_any_more_is_lost),
		scene_test(a_document_that_goes_in_the_middle_lets_the_node_go),
		scene_test(recovered_to_be_off_its_failover_ends_there),
		scene_test(all_of_a_node_are_spread_over_the_others),
		scene_test(a_second_failover_has_moments_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
