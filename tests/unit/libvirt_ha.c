/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VMs under HA: what is read of a decision, when a step may be taken, what HA is told of it, and
 * how a VM is taken from a node that is lost. What an order makes of a change are the cases
 * vm-ha-*.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <hcstate/vm.h>

#include "providers/libvirt/ha_answer.h"
#include "providers/libvirt/ha_follow.h"
#include "providers/libvirt/migrate.h"
#include "providers/libvirt/vm_home.h"
#include "providers/libvirt/vm_power.h"

#define UUID "11111111-2222-4333-8444-555555555555"

struct scene {
	struct hc_arena *arena;
	struct hc_set desired;
	struct hc_state live;
	struct hc_peers peers;
	struct hc_strings approved;
	struct hc_call call;
	struct libvirt self;
	struct hc_ha_resource *want, *have; /* of web */
	struct hc_resource *vm;
	struct hc_change change;
};

static struct hc_ha_resource *add_resource(struct hc_set *set, const char *name, const char *vm)
{
	struct hc_resource *r = hc_resource_new(set, &hc_ha_resource, NULL, name);
	struct hc_ha_resource *spec = r->spec;

	spec->vm = vm;
	return spec;
}

static void order(struct scene *scene, const char *is, const char *place, uint64_t number)
{
	scene->have->is = is;
	scene->have->place = place;
	scene->have->order = number;
	scene->have->runs = true;
}

static int begin(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	if (!scene)
		return -1;
	scene->arena = hc_arena_new();
	scene->desired.arena = scene->live.found.arena = scene->arena;
	scene->peers.joined = scene->peers.quorate = true;
	scene->call = (struct hc_call){
		.arena = scene->arena,
		.node = "pve1",
		.diags = {.arena = scene->arena},
		.desired = &scene->desired,
		.whole = &scene->desired,
		.live = &scene->live,
		.approved = &scene->approved,
		.peers = &scene->peers,
	};
	scene->self.answers = answers_new();
	scene->want = add_resource(&scene->desired, "front", "web");
	scene->have = add_resource(&scene->live.found, "front", "web");
	scene->vm = hc_resource_new(&scene->desired, &hc_vm, NULL, "web");
	((struct hc_vm *)scene->vm->spec)->uuid = UUID;
	hc_set_sort(&scene->desired);
	hc_set_sort(&scene->live.found);
	order(scene, "started", "pve1", 7);
	scene->change = (struct hc_change){.action = HC_UPDATE,
					   .type = &hc_vm,
					   .name = "web",
					   .want = scene->vm,
					   .have = scene->vm};
	*state = scene;
	return 0;
}

static int end(void **state)
{
	struct scene *scene = *state;

	scene->self.answers = answers_free(scene->self.answers);
	(void)hc_arena_free(scene->arena);
	free(scene);
	return 0;
}

static struct order read_order(struct scene *scene)
{
	struct order found;

	assert_true(vm_order(&scene->call, "web", &found));
	return found;
}

static void the_vm_of_a_resource_is_found_whatever_that_is_called(void **state)
{
	struct scene *scene = *state;
	struct order found = read_order(scene);

	assert_null(found.unknown);
	assert_int_equal(found.is, HA_IS_STARTED);
	assert_string_equal(found.place, "pve1");
	assert_int_equal(found.number, 7);
	assert_false(vm_order(&scene->call, "front", &found));
}

static void one_that_is_ignored_is_not_under_ha(void **state)
{
	struct scene *scene = *state;
	struct order found;

	scene->want->state = HC_HA_IGNORED;
	assert_false(vm_order(&scene->call, "web", &found));
	assert_false(vm_under_ha(&scene->desired, "web"));
}

static void what_is_no_decision_is_not_known(void **state)
{
	struct scene *scene = *state;

	order(scene, "dancing", "pve1", 7);
	assert_non_null(read_order(scene).unknown);
	order(scene, "started", NULL, 7);
	assert_non_null(read_order(scene).unknown);
	order(scene, "migrate", "pve1", 7); /* where to? */
	assert_non_null(read_order(scene).unknown);
	scene->have->target = "pve2";
	assert_null(read_order(scene).unknown);
	scene->have->is = NULL;
	assert_non_null(read_order(scene).unknown);
	order(scene, "started", "pve1", 7);
	hc_unknown(&scene->live, &hc_ha_resource, "Ceph does not answer");
	assert_string_equal(read_order(scene).unknown, "Ceph does not answer");
	assert_false(order_is_mine(&scene->call, &(struct order){.unknown = "x", .place = "pve1"}));
}

static void claim(struct scene *scene, enum hc_claim_state is, const char *node)
{
	struct hc_resource *r = hc_resource_new(&scene->live.found, &hc_vm_claim, NULL, "web");
	struct hc_vm_claim *spec = r->spec;

	spec->state = is;
	spec->node = node;
	hc_set_sort(&scene->live.found);
}

static void what_nobody_runs_is_at_home_where_ha_has_it(void **state)
{
	struct scene *scene = *state;

	((struct hc_vm *)scene->vm->spec)->node = "pve3";
	order(scene, "started", "pve2", 7);
	assert_string_equal(vm_home(&scene->call, "web"), "pve2");
	claim(scene, HC_CLAIM_FREE, "pve1");
	assert_string_equal(vm_home(&scene->call, "web"), "pve2");
	order(scene, "recovery", "pve2", 7); /* it is nobody's to start now */
	assert_string_equal(vm_home(&scene->call, "web"), "pve1");
}

static void what_somebody_runs_is_at_home_there(void **state)
{
	struct scene *scene = *state;

	order(scene, "started", "pve2", 7);
	claim(scene, HC_CLAIM_STARTING, "pve1");
	assert_string_equal(vm_home(&scene->call, "web"), "pve1");
}

static struct hc_step step_of(struct scene *scene, int op)
{
	return (struct hc_step){.change = &scene->change, .op = op};
}

static const char *told(const struct scene *scene)
{
	return hc_map_get(&scene->call.told, "ha.web");
}

static int begin_step(struct scene *scene, int op)
{
	struct hc_step step = step_of(scene, op);

	return vm_ha_begin(&scene->call, &scene->self, &step);
}

static int end_step(struct scene *scene, int op, int result)
{
	struct hc_step step = step_of(scene, op);

	return vm_ha_end(&scene->call, &scene->self, &step, result);
}

static void nothing_is_started_or_moved_without_quorum(void **state)
{
	static const int ops[] = {VM_START, VM_TAKE, VM_TAKE_OVER, MIGRATE_LIVE, MIGRATE_HAND_OVER};
	struct scene *scene = *state;

	for (size_t i = 0; i < HC_COUNT(ops); i++) {
		scene->peers.quorate = true;
		assert_int_equal(begin_step(scene, ops[i]), 0);
		scene->peers.quorate = false;
		assert_int_equal(begin_step(scene, ops[i]), -EAGAIN);
	}
	assert_int_equal(begin_step(scene, VM_STOP), 0);
	scene->peers.quorate = true;
	scene->peers.joined = false;
	assert_int_equal(begin_step(scene, VM_START), -EAGAIN);
	scene->want->state = HC_HA_IGNORED;
	assert_int_equal(begin_step(scene, VM_START), 0);
}

static void what_is_refused_is_tried_once_for_each_order(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(begin_step(scene, VM_START), 0);
	(void)hc_fail(&scene->call, EIO, NULL, "QEMU says no");
	assert_int_equal(end_step(scene, VM_START, -EIO), -EAGAIN);
	assert_string_equal(told(scene), "7 failed QEMU says no");
	assert_int_equal(answers_last(scene->self.answers, "web"), 7);
	assert_int_equal(begin_step(scene, VM_START), -EAGAIN);
	assert_int_equal(begin_step(scene, VM_MAKE), -EAGAIN);
	scene->have->order = 8;
	assert_int_equal(begin_step(scene, VM_START), 0);
	assert_int_equal(end_step(scene, VM_START, 0), 0);
	assert_string_equal(told(scene), "8 done");
}

/* A guest that was suspended goes on, whatever became of the last order. */
static void what_is_given_up_may_go_on(void **state)
{
	struct scene *scene = *state;

	(void)hc_fail(&scene->call, EIO, NULL, "QEMU says no");
	assert_int_equal(end_step(scene, VM_STOP, -EIO), -EAGAIN);
	assert_int_equal(begin_step(scene, VM_START), -EAGAIN);
	order(scene, "error", "pve1", 7);
	assert_int_equal(begin_step(scene, VM_START), 0);
	assert_int_equal(end_step(scene, VM_START, 0), 0);
	assert_string_equal(told(scene), "7 failed QEMU says no");
	scene->peers.quorate = false;
	assert_int_equal(begin_step(scene, VM_START), -EAGAIN);
}

static void who_is_away_for_a_moment_fails_no_order(void **state)
{
	static const int results[] = {-EAGAIN, -EBUSY, -ENOTCONN};
	struct scene *scene = *state;

	/* and is no call that hangs */
	assert_int_equal(end_step(scene, VM_START, -ETIMEDOUT), -EAGAIN);
	assert_null(told(scene));

	for (size_t i = 0; i < HC_COUNT(results); i++) {
		assert_int_equal(end_step(scene, VM_START, results[i]), results[i]);
		assert_null(told(scene));
	}
	scene->call.futile = true; /* it will be so again */
	assert_int_equal(end_step(scene, VM_START, -EBUSY), -EAGAIN);
	assert_non_null(told(scene));
	assert_false(scene->call.futile);
}

static void a_move_that_is_too_slow_to_begin_has_failed(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(end_step(scene, MIGRATE_LIVE, -ETIMEDOUT), -EAGAIN);
	assert_null(told(scene)); /* it is no part of this order */
	order(scene, "migrate", "pve1", 8);
	scene->have->target = "pve2";
	assert_int_equal(end_step(scene, MIGRATE_LIVE, -ETIMEDOUT), -EAGAIN);
	assert_memory_equal(told(scene), "8 failed", 8);
}

static void only_the_node_of_an_order_answers_it(void **state)
{
	struct scene *scene = *state;

	order(scene, "started", "pve2", 7);
	assert_int_equal(end_step(scene, VM_START, 0), 0);
	assert_int_equal(end_step(scene, VM_START, -EIO), -EIO);
	assert_int_equal(end_step(scene, VM_DEFINE, -EIO), -EIO);
	assert_null(told(scene));
}

static void a_move_is_answered_when_the_claim_is_handed_over_not_before(void **state)
{
	struct scene *scene = *state;

	order(scene, "relocate", "pve1", 7);
	scene->have->target = "pve2";
	assert_int_equal(end_step(scene, VM_STOP, 0), 0);
	assert_int_equal(end_step(scene, MIGRATE_LIVE, 0), 0);
	assert_null(told(scene));
	assert_int_equal(end_step(scene, MIGRATE_HAND_OVER, 0), 0);
	assert_string_equal(told(scene), "7 done");
}

static void a_guest_that_ends_again_and_again_is_no_other_matter(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(end_step(scene, VM_START, 0), 0);
	assert_false(scene->call.another);
	assert_int_equal(end_step(scene, VM_STOP, 0), 0);
	assert_true(scene->call.another);
}

static void a_lost_node_is_shut_out_by_who_leads(void **state)
{
	struct scene *scene = *state;
	struct hc_resource *r = hc_resource_new(&scene->live.found, &hc_ha_policy, NULL, "ha");
	struct hc_step step = step_of(scene, VM_TAKE_OVER);

	step.arg = "pve3";
	((struct hc_ha_policy *)r->spec)->leader = "pve2";
	hc_set_sort(&scene->live.found);
	assert_int_equal(vm_ha_apply(&scene->call, &scene->self, &step), -EAGAIN);
	assert_string_equal(hc_said(&scene->call, ""), "pve2 does that");
}

static bool breaks(struct scene *scene)
{
	struct order found = read_order(scene);

	return order_breaks(&scene->call, "web", &found);
}

static void a_node_that_is_back_shuts_itself_out_where_it_leads(void **state)
{
	struct scene *scene = *state;
	struct hc_resource *policy = hc_resource_new(&scene->live.found, &hc_ha_policy, NULL, "ha");
	struct hc_resource *node = hc_resource_new(&scene->live.found, &hc_ha_node, NULL, "pve1");

	((struct hc_ha_node *)node->spec)->is = "fence";
	((struct hc_ha_policy *)policy->spec)->leader = "pve2";
	order(scene, "fence", "pve1", 7);
	claim(scene, HC_CLAIM_RUNNING, "pve1");
	assert_false(breaks(scene));
	((struct hc_ha_policy *)policy->spec)->leader = "pve1";
	assert_true(breaks(scene));
}

static void what_was_begun_to_be_taken_away_is_taken(void **state)
{
	struct scene *scene = *state;

	order(scene, "started", "pve3", 7); /* newly under HA again */
	claim(scene, HC_CLAIM_FENCING, "pve3");
	assert_true(breaks(scene));
	order(scene, "started", "pve2", 8);
	assert_false(breaks(scene));
}

/* What the ops of protocol.h do here. */
struct fake {
	struct claim claim;
	int see;      /* what looking who has the disks open gives */
	bool there;   /* the guest runs on the claim's target */
	bool changes; /* somebody else changes the claim while we look */
	struct hc_strings blocked;
	unsigned puts;
};

static struct fake *fake_of(const struct protocol *p)
{
	return p->arg;
}

static int get(const struct protocol *p, struct claim *is)
{
	*is = fake_of(p)->claim;
	return 0;
}

static int put(const struct protocol *p, const struct claim *was, struct claim *next)
{
	assert_int_equal(was->epoch, fake_of(p)->claim.epoch);
	fake_of(p)->claim = *next;
	fake_of(p)->puts++;
	return 0;
}

static int there(const struct protocol *p, const char *node, enum protocol_guest *guest)
{
	(void)node;
	*guest = GUEST_RUNS;
	return fake_of(p)->there ? 0 : -ENOTCONN;
}

static int clients(const struct protocol *p, const struct hc_strings *except,
		   struct protocol_clients *found)
{
	(void)except;
	if (fake_of(p)->see)
		return hc_fail(p->call, -fake_of(p)->see, NULL, "nothing to be seen");
	if (fake_of(p)->changes)
		fake_of(p)->claim.epoch++;
	found->all = true;
	hc_strings_add(p->call->arena, &found->open, "10.0.0.9:0/9");
	return 0;
}

static int block(const struct protocol *p, const struct hc_strings *addresses)
{
	fake_of(p)->blocked = *addresses;
	return 0;
}

static const struct protocol_ops ops = {
	.get = get,
	.put = put,
	.there = there,
	.clients = clients,
	.block = block,
};

static struct fake fake_running(struct scene *scene, enum hc_claim_state is, const char *address)
{
	struct fake fake = {.claim = {.epoch = 7, .uuid = UUID, .vm = "web", .state = is}};

	fake.claim.node = "pve3";
	if (address)
		hc_strings_add(scene->arena, &fake.claim.addresses, address);
	return fake;
}

static int take_over(struct scene *scene, struct fake *fake)
{
	const struct protocol p = {.call = &scene->call,
				   .ops = &ops,
				   .arg = fake,
				   .node = "pve1",
				   .vm = "web",
				   .uuid = UUID};

	return protocol_take_over(&p, "pve3");
}

static void whoever_is_recorded_or_seen_is_shut_out(void **state)
{
	struct fake fake = fake_running(*state, HC_CLAIM_RUNNING, "10.0.0.3:0/3");

	assert_int_equal(take_over(*state, &fake), 0);
	assert_true(hc_strings_have(&fake.blocked, "10.0.0.3:0/3"));
	assert_true(hc_strings_have(&fake.blocked, "10.0.0.9:0/9"));
	assert_int_equal(fake.claim.state, HC_CLAIM_FREE);
	assert_null(fake.claim.node);
	assert_int_equal(fake.claim.epoch, 8);
	assert_true(hc_strings_have(&fake.claim.shut_out, "10.0.0.3:0/3"));
}

static void the_record_suffices_where_nobody_can_be_seen(void **state)
{
	struct scene *scene = *state;
	struct fake fake = fake_running(scene, HC_CLAIM_RUNNING, "10.0.0.3:0/3");

	fake.see = -ETIMEDOUT;
	assert_int_equal(take_over(scene, &fake), 0);
	assert_int_equal(fake.blocked.n, 1);
	assert_int_equal(fake.claim.state, HC_CLAIM_FREE);
	assert_int_equal(scene->call.diags.n, 0);
}

static void without_a_record_they_have_to_be_seen(void **state)
{
	struct scene *scene = *state;
	struct fake starting = fake_running(scene, HC_CLAIM_STARTING, NULL);
	struct fake moving = fake_running(scene, HC_CLAIM_MIGRATING, "10.0.0.3:0/3");

	starting.see = moving.see = -ETIMEDOUT;
	moving.claim.target = "pve2"; /* what it has there is not recorded yet */
	assert_int_equal(take_over(scene, &starting), -ETIMEDOUT);
	assert_int_equal(take_over(scene, &moving), -ETIMEDOUT);
	assert_int_equal(starting.claim.state, HC_CLAIM_FENCING);
	assert_int_equal(moving.claim.state, HC_CLAIM_FENCING);
	moving.see = 0; /* later */
	assert_int_equal(take_over(scene, &moving), 0);
	assert_int_equal(moving.claim.state, HC_CLAIM_FREE);
	assert_int_equal(moving.claim.epoch, 8);
}

static void what_has_left_the_lost_node_is_let_arrive(void **state)
{
	struct fake fake = fake_running(*state, HC_CLAIM_MIGRATING, "10.0.0.3:0/3");

	fake.claim.target = "pve2";
	fake.there = true;
	assert_int_equal(take_over(*state, &fake), -EAGAIN);
	assert_int_equal(fake.puts, 0);
}

static void what_is_not_its_any_more_is_left_alone(void **state)
{
	struct fake other = fake_running(*state, HC_CLAIM_RUNNING, "10.0.0.2:0/2");
	struct fake free_one = fake_running(*state, HC_CLAIM_FREE, NULL);

	other.claim.node = "pve2";
	assert_int_equal(take_over(*state, &other), 0);
	assert_int_equal(take_over(*state, &free_one), 0);
	assert_int_equal(other.puts + free_one.puts, 0);
	assert_int_equal(other.blocked.n, 0);
}

static void clients_of_a_later_owner_are_not_shut_out(void **state)
{
	struct fake fake = fake_running(*state, HC_CLAIM_RUNNING, "10.0.0.3:0/3");

	fake.changes = true;
	assert_int_equal(take_over(*state, &fake), -EAGAIN);
	assert_int_equal(fake.blocked.n, 0);
}

static int may_settle(struct scene *scene, struct fake *fake)
{
	struct vm_power power = {.protocol = {.call = &scene->call,
					      .ops = &ops,
					      .arg = fake,
					      .node = "pve1",
					      .vm = "web",
					      .uuid = UUID}};

	return vm_ha_may_settle(&power);
}

static void what_was_suspended_goes_on_only_where_ha_has_it(void **state)
{
	struct scene *scene = *state;
	struct fake fake = fake_running(scene, HC_CLAIM_RUNNING, "10.0.0.1:0/1");

	fake.claim.node = "pve1";
	assert_int_equal(may_settle(scene, &fake), 0);
	scene->peers.quorate = false;
	assert_int_equal(may_settle(scene, &fake), -EAGAIN);
	scene->peers.quorate = true;
	order(scene, "fence", "pve1", 7);
	assert_int_equal(may_settle(scene, &fake), -EAGAIN);
	order(scene, "started", "pve2", 7);
	assert_int_equal(may_settle(scene, &fake), -EAGAIN);
	hc_unknown(&scene->live, &hc_ha_resource, "Ceph does not answer");
	assert_int_equal(may_settle(scene, &fake), -EAGAIN);
	fake.claim.node = "pve3"; /* it was taken away: it may go at once */
	assert_int_equal(may_settle(scene, &fake), 0);
	fake.claim.node = "pve1";
	fake.claim.state = HC_CLAIM_FENCING;
	assert_int_equal(may_settle(scene, &fake), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_vm_of_a_resource_is_found_whatever_that_is_called),
		TEST(one_that_is_ignored_is_not_under_ha),
		TEST(what_is_no_decision_is_not_known),
		TEST(what_nobody_runs_is_at_home_where_ha_has_it),
		TEST(what_somebody_runs_is_at_home_there),
		TEST(nothing_is_started_or_moved_without_quorum),
		TEST(what_is_refused_is_tried_once_for_each_order),
		TEST(what_is_given_up_may_go_on),
		TEST(who_is_away_for_a_moment_fails_no_order),
		TEST(a_move_that_is_too_slow_to_begin_has_failed),
		TEST(only_the_node_of_an_order_answers_it),
		TEST(a_move_is_answered_when_the_claim_is_handed_over_not_before),
		TEST(a_guest_that_ends_again_and_again_is_no_other_matter),
		TEST(a_lost_node_is_shut_out_by_who_leads),
		TEST(a_node_that_is_back_shuts_itself_out_where_it_leads),
		TEST(what_was_begun_to_be_taken_away_is_taken),
		TEST(whoever_is_recorded_or_seen_is_shut_out),
		TEST(the_record_suffices_where_nobody_can_be_seen),
		TEST(without_a_record_they_have_to_be_seen),
		TEST(what_has_left_the_lost_node_is_let_arrive),
		TEST(what_is_not_its_any_more_is_left_alone),
		TEST(clients_of_a_later_owner_are_not_shut_out),
		TEST(what_was_suspended_goes_on_only_where_ha_has_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
