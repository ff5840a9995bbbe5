/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a VM under HA differs because HA decided so, or because somebody changed it: only the
 * latter is drift. What is done about it are the cases vm-ha-*.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include <hcstate/vm.h>

#include "providers/libvirt/ha_follow.h"

enum {
	NUMBER = 7, /* of the order */
};

struct scene {
	struct hc_arena *arena;
	struct hc_set desired;
	struct hc_state live;
	struct hc_peers peers;
	struct hc_strings approved;
	struct hc_call call;
	struct order order;
	struct hc_resource *have;
	struct hc_vm *is, *asked;
	struct hc_vm_claim *claim;
	struct hc_change change;
};

/* It runs here, as ordered and answered. */
static int begin(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	struct hc_resource *want, *claim;

	if (!s)
		return -1;
	s->arena = hc_arena_new();
	s->desired.arena = s->live.found.arena = s->arena;
	s->call = (struct hc_call){
		.arena = s->arena,
		.node = "pve1",
		.diags = {.arena = s->arena},
		.desired = &s->desired,
		.whole = &s->desired,
		.live = &s->live,
		.approved = &s->approved,
		.peers = &s->peers,
	};
	s->order = (struct order){.is = HA_IS_STARTED, .place = "pve1", .runs = true};
	s->order.number = NUMBER;
	claim = hc_resource_new(&s->live.found, &hc_vm_claim, NULL, "web");
	s->claim = claim->spec;
	*s->claim = (struct hc_vm_claim){.node = "pve1", .state = HC_CLAIM_RUNNING};
	want = hc_resource_new(&s->desired, &hc_vm, NULL, "web");
	s->asked = want->spec;
	s->asked->settled = true;
	s->asked->memory = 1024;
	s->asked->order = UINT64_MAX;
	hc_set_field(want, struct hc_vm, settled);
	hc_set_field(want, struct hc_vm, memory);
	hc_set_field(want, struct hc_vm, order);
	s->have = hc_resource_new(&s->live.found, &hc_vm, NULL, "web");
	s->have->made = true;
	s->have->set = want->set;
	hc_set_field(s->have, struct hc_vm, running);
	s->is = s->have->spec;
	*s->is = (struct hc_vm){
		.running = true, .settled = true, .memory = 1024, .order = NUMBER, .node = "pve1"};
	hc_set_sort(&s->live.found);
	s->change = (struct hc_change){
		.action = HC_UPDATE, .type = &hc_vm, .name = "web", .want = want, .have = s->have};
	*state = s;
	return 0;
}

static int end(void **state)
{
	struct scene *s = *state;

	(void)hc_arena_free(s->arena);
	free(s);
	return 0;
}

/* ... with that beside what always differs. */
static void adjust(struct scene *s, uint64_t differs)
{
	s->change.differs = differs | hc_field_bit(&hc_vm, offsetof(struct hc_vm, order));
	vm_ha_adjust(&s->call, &s->change, &s->order);
}

#define BIT(member) hc_field_bit(&hc_vm, offsetof(struct hc_vm, member))

static void a_guest_that_died_is_drift(void **state)
{
	struct scene *s = *state;

	s->is->running = s->is->settled = false;
	adjust(s, BIT(settled));
	assert_true(s->change.differs & BIT(running));
	assert_false(s->change.decided);
}

/* The agent was started anew, or only looks: nobody remembers that the order was answered. */
static void a_guest_that_died_is_drift_by_its_claim_alone(void **state)
{
	struct scene *s = *state;

	s->is->running = s->is->settled = false;
	s->is->order = 0;
	adjust(s, BIT(settled));
	assert_true(s->change.differs & BIT(running));
	assert_false(s->change.decided);
	s->have->set &= ~BIT(order);
	s->change.have = s->have;
	adjust(s, BIT(settled));
	assert_true(s->change.differs & BIT(running));
	assert_false(s->change.decided);
}

static void adjust_undefined(struct scene *s)
{
	s->change.action = HC_CREATE;
	s->change.have = NULL;
	adjust(s, 0);
	assert_int_equal(s->change.action, HC_CREATE);
	assert_null(s->change.have);
}

static void one_that_somebody_undefined_is_drift(void **state)
{
	struct scene *s = *state;

	adjust_undefined(s);
	assert_false(s->change.decided);
}

static void one_that_is_brought_here_is_none(void **state)
{
	struct scene *s = *state;

	s->claim->state = HC_CLAIM_FREE;
	adjust_undefined(s);
	assert_true(s->change.decided);
}

static void a_stop_that_was_ordered_is_none(void **state)
{
	struct scene *s = *state;

	s->order.is = HA_IS_REQUEST_STOP;
	s->order.runs = false;
	s->is->order = NUMBER - 1;
	adjust(s, 0);
	assert_true(s->change.differs & BIT(running));
	assert_true(s->change.decided);
}

static void an_edit_beside_a_decision_is_told_apart(void **state)
{
	struct scene *s = *state;

	s->order.is = HA_IS_MIGRATE;
	s->order.target = "pve2";
	s->is->memory = 2048;
	adjust(s, BIT(memory));
	assert_true(s->change.decided);
	assert_int_equal(s->change.differs & ~s->change.decision, BIT(memory));
}

static void a_start_that_was_ordered_is_none(void **state)
{
	struct scene *s = *state;

	s->claim->state = HC_CLAIM_FREE;
	s->is->running = false;
	s->is->order = NUMBER - 1;
	adjust(s, 0);
	assert_true(s->change.differs & BIT(running));
	assert_true(s->change.decided);
}

static void a_move_is_none(void **state)
{
	struct scene *s = *state;

	s->order.is = HA_IS_MIGRATE;
	s->order.target = "pve2";
	adjust(s, 0);
	assert_true(s->change.differs & BIT(node));
	assert_true(s->change.decided);
	assert_int_equal(s->change.differs & ~s->change.decision, 0);
}

static void that_its_node_goes_down_is_none(void **state)
{
	struct scene *s = *state;

	s->order.runs = false;
	adjust(s, 0);
	assert_true(s->change.differs & BIT(running));
	assert_true(s->change.decided);
}

static void one_that_somebody_started_is_drift(void **state)
{
	struct scene *s = *state;

	s->order.is = HA_IS_STOPPED;
	s->order.runs = false;
	adjust(s, 0);
	assert_true(s->change.differs & BIT(running));
	assert_false(s->change.decided);
}

static void other_fields_are_no_decision_of_has(void **state)
{
	struct scene *s = *state;

	s->is->memory = 2048;
	adjust(s, BIT(memory));
	assert_int_equal(s->change.differs, BIT(memory));
	assert_false(s->change.decided);
	s->is->order = NUMBER - 1; /* its answer goes with it */
	adjust(s, BIT(memory));
	assert_int_equal(s->change.differs, BIT(memory) | BIT(order));
	assert_false(s->change.decided);
}

static void an_answer_alone_is_no_drift(void **state)
{
	struct scene *s = *state;

	s->is->order = NUMBER - 1;
	adjust(s, 0);
	assert_int_equal(s->change.differs, BIT(order));
	assert_true(s->change.decided);
}

static void what_ha_decided_may_be_unknown(void **state)
{
	struct scene *s = *state;

	s->order = (struct order){.unknown = "Ceph does not answer"};
	s->is->running = false;
	adjust(s, BIT(running));
	assert_string_equal(s->change.refused, "HA's decision is not known: Ceph does not answer");
	assert_true(s->change.blind);
	assert_false(s->change.decided);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
		TEST(a_guest_that_died_is_drift),
		TEST(a_guest_that_died_is_drift_by_its_claim_alone),
		TEST(one_that_somebody_undefined_is_drift),
		TEST(one_that_is_brought_here_is_none),
		TEST(a_start_that_was_ordered_is_none),
		TEST(a_stop_that_was_ordered_is_none),
		TEST(an_edit_beside_a_decision_is_told_apart),
		TEST(a_move_is_none),
		TEST(that_its_node_goes_down_is_none),
		TEST(one_that_somebody_started_is_drift),
		TEST(other_fields_are_no_decision_of_has),
		TEST(an_answer_alone_is_no_drift),
		TEST(what_ha_decided_may_be_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
