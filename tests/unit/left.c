/* SPDX-License-Identifier: Apache-2.0 */
/* What is slow and is not waited for: reads and steps that go on by themselves. */

#include <hcstate/cluster.h>

#include "toy_engine.h"

enum {
	MOMENT_US = 20 * 1000,
};

static struct hc_cycle *look_and_try(struct toys *toys)
{
	struct hc_cycle *cycle = hc_look(toys->engine);
	uint64_t pause;
	struct hc_rest rest;

	assert_non_null(cycle);
	rest = hc_judge(toys->engine, cycle);
	assert_true(hc_attempt(toys->engine, cycle, &rest, &pause) >= 0);
	return cycle;
}

static void come_back(struct toys *toys)
{
	toys_open_gate(toys);
	while (toys->engine->late || toys->engine->slots[0].reading)
		assert_true(sd_event_run(toys->engine->event, UINT64_MAX) >= 0);
}

static void a_slow_step_holds_up_no_run(void **state)
{
	struct toys *toys = *state;
	struct hc_cycle *cycle;

	toys->pace.linger = MOMENT_US;
	(void)toys_want(toys, "a");
	(void)toys_want(toys, "hangs");
	(void)toys_start(toys);
	cycle = look_and_try(toys);
	assert_non_null(toys->engine->late);
	assert_int_equal(toys->engine->pending, 0);
	hc_cycle_freep(&cycle); /* it stays as long as the step looks at it */
	come_back(toys);
	assert_true(toys->engine->look_again);
	assert_int_equal(toys->there.n, 2);
}

static void what_goes_on_is_not_begun_again(void **state)
{
	struct toys *toys = *state;
	struct hc_cycle *cycle;

	toys->pace.linger = MOMENT_US;
	(void)toys_want(toys, "hangs");
	(void)toys_start(toys);
	cycle = look_and_try(toys);
	hc_cycle_freep(&cycle);
	cycle = look_and_try(toys);
	assert_string_equal(toys->log, "create hangs;");
	hc_cycle_freep(&cycle);
	come_back(toys);
	assert_string_equal(toys->log, "create hangs;");
}

/* A failure that nobody waited for counts as one. */
static void what_fails_later_has_failed(void **state)
{
	struct toys *toys = *state;
	const struct hc_trouble *trouble;
	struct hc_cycle *cycle;

	toys->pace.linger = MOMENT_US;
	toys->fail_late = true;
	(void)toys_want(toys, "hangs");
	(void)toys_start(toys);
	cycle = look_and_try(toys);
	assert_int_equal(hc_trouble_find(&toys->engine->troubles, "Thing/hangs@n1")->count, 0);
	hc_cycle_freep(&cycle);
	come_back(toys);
	trouble = hc_trouble_find(&toys->engine->troubles, "Thing/hangs@n1");
	assert_non_null(trouble);
	assert_int_equal(trouble->count, 1);
	assert_string_equal(trouble->why, "too late");
}

static void close_gate(struct toys *toys)
{
	pthread_mutex_lock(&toys->lock);
	toys->open = false;
	pthread_mutex_unlock(&toys->lock);
}

/* ... so it is tried again later and later, as any other. */
static void what_fails_later_again_waits_longer(void **state)
{
	struct toys *toys = *state;
	struct hc_trouble *trouble;
	struct hc_cycle *cycle;

	toys->pace.linger = MOMENT_US;
	toys->fail_late = true;
	(void)toys_want(toys, "hangs");
	(void)toys_start(toys);
	for (unsigned i = 1; i <= 3; i++) {
		close_gate(toys);
		cycle = look_and_try(toys);
		assert_non_null(toys->engine->late);
		hc_cycle_freep(&cycle);
		come_back(toys);
		trouble = hc_trouble_find(&toys->engine->troubles, "Thing/hangs@n1");
		assert_int_equal(trouble->count, i);
		assert_string_equal(trouble->why, "too late");
		trouble->next = 0;
	}
}

/* Each look begins it anew, for only its last step leaves something to see. */
static void a_chain_that_is_slow_gets_to_its_end(void **state)
{
	struct toys *toys = *state;
	struct hc_cycle *cycle;

	toys->pace.linger = MOMENT_US;
	(void)toys_want(toys, "chain");
	(void)toys_start(toys);
	for (int i = 0; i < 8 && !toys->there.n; i++) {
		cycle = look_and_try(toys);
		come_back(toys);
		hc_cycle_freep(&cycle);
	}
	assert_int_equal(toys->there.n, 1);
	cycle = look_and_try(toys); /* and then no run is slower for it */
	assert_int_equal(toys->engine->troubles.n, 0);
	hc_cycle_freep(&cycle);
}

static void a_slow_read_holds_up_no_look(void **state)
{
	struct toys *toys = *state;
	struct hc_cycle *cycle;

	toys->pace.glance = MOMENT_US;
	toys->read_hangs = true;
	(void)toys_want(toys, "a");
	(void)toys_start(toys);
	cycle = hc_look(toys->engine);
	assert_true(cycle->partial);
	assert_int_equal(cycle->plan->n, 0); /* unknown is not absent */
	assert_string_equal(hc_why_unknown(&cycle->live, &thing_type), "it is still being read");
	hc_cycle_freep(&cycle);
	come_back(toys);
	assert_true(toys->engine->look_again);
	cycle = hc_look(toys->engine); /* takes what came of that read */
	assert_int_equal(toys->reads, 1);
	assert_false(cycle->partial);
	assert_int_equal(cycle->plan->n, 1);
	hc_cycle_freep(&cycle);
}

static void hang_reads(struct toys *toys)
{
	pthread_mutex_lock(&toys->lock);
	toys->read_hangs = true;
	pthread_mutex_unlock(&toys->lock);
}

/* It would show what was done as not done, and so have it done again. */
static void a_read_from_before_the_end_of_a_step_is_void(void **state)
{
	struct toys *toys = *state;
	struct hc_cycle *cycle;

	toys->pace.linger = toys->pace.glance = MOMENT_US;
	(void)toys_want(toys, "hangs");
	(void)toys_start(toys);
	toys->engine->pace.glance = 0;
	cycle = look_and_try(toys);
	hc_cycle_freep(&cycle);
	toys->engine->pace.glance = MOMENT_US;
	hang_reads(toys);
	cycle = hc_look(toys->engine);
	assert_true(cycle->partial);
	hc_cycle_freep(&cycle);
	come_back(toys);
	toys->engine->pace.glance = 0;
	cycle = hc_look(toys->engine);
	assert_int_equal(cycle->plan->n, 0);
	assert_int_equal(toys->reads, 3);
	hc_cycle_freep(&cycle);
}

static void what_happens_during_a_slow_read_is_not_missed(void **state)
{
	struct toys *toys = *state;
	struct hc_cycle *cycle;

	toys->pace.glance = MOMENT_US;
	toys->read_hangs = true;
	(void)toys_want(toys, "a");
	(void)toys_start(toys);
	cycle = hc_look(toys->engine);
	hc_cycle_freep(&cycle);
	hc_engine_noticed(toys->engine);
	come_back(toys);
	cycle = hc_look(toys->engine); /* that read may have begun too early */
	assert_true(toys->engine->look_again);
	hc_cycle_freep(&cycle);
	cycle = hc_look(toys->engine);
	assert_false(toys->engine->look_again);
	assert_int_equal(toys->reads, 2);
	hc_cycle_freep(&cycle);
}

static int open_gate(sd_event_source *source, uint64_t usec, void *arg)
{
	(void)source, (void)usec;
	toys_open_gate(arg);
	return 0;
}

static struct hc_cycle *look_while_it_hangs(struct toys *toys)
{
	close_gate(toys);
	assert_true(sd_event_add_time_relative(toys->engine->event, NULL, CLOCK_MONOTONIC,
					       UINT64_C(10) * MOMENT_US, 1, open_gate, toys) >= 0);
	return hc_look(toys->engine);
}

/* Else two slow providers would take turns, and each look begin another. */
static void a_look_for_what_came_late_waits_for_all(void **state)
{
	struct toys *toys = *state;
	struct hc_cycle *cycle;

	toys->pace.glance = MOMENT_US;
	toys->read_hangs = true;
	(void)toys_start(toys);
	toys->engine->came = true;
	cycle = look_while_it_hangs(toys);
	assert_false(cycle->partial);
	hc_cycle_freep(&cycle);
	toys->engine->came = toys->engine->news = true;
	cycle = look_while_it_hangs(toys);
	assert_true(cycle->partial);
	hc_cycle_freep(&cycle);
	come_back(toys);
}

static int read_slowly(struct hc_call *call, void *self, struct hc_state *live)
{
	struct toys *toys = self;

	(void)call, (void)live;
	pthread_mutex_lock(&toys->lock);
	toys_wait(toys);
	pthread_mutex_unlock(&toys->lock);
	return 0;
}

static const struct hc_type *const slow_types[] = {&hc_node, NULL};
static const struct hc_provider slow_provider = {
	.abi = HC_ABI,
	.name = "slow",
	.types = slow_types,
	.open = toys_open,
	.close = toys_close,
	.read = read_slowly,
	.plan = toys_plan,
	.apply = toys_apply,
};

/* ... but once: what did not help then is no reason to look at half of all again. */
static void what_can_be_mended_at_once_is(void **state)
{
	struct toys *toys = *state;
	struct hc_cycle *cycle;

	toys->pace.glance = 1000 * UINT64_C(1000000);
	(void)toys_want(toys, "fails");
	assert_int_equal(hc_registry_add(toys->registry, &slow_provider), 0);
	(void)toys_start(toys);
	hc_engine_noticed(toys->engine);
	cycle = look_while_it_hangs(toys);
	assert_true(cycle->partial);
	assert_int_equal(cycle->plan->n, 1);
	hc_cycle_freep(&cycle);
	toys_open_gate(toys);
	cycle = look_and_try(toys);
	assert_int_equal(toys->engine->troubles.n, 1);
	hc_cycle_freep(&cycle);
	hc_engine_noticed(toys->engine);
	cycle = look_while_it_hangs(toys);
	assert_false(cycle->partial);
	hc_cycle_freep(&cycle);
}

static void another_generation_waits_for_what_goes_on(void **state)
{
	struct toys *toys = *state;
	struct hc_cycle *cycle;

	toys->pace.glance = MOMENT_US;
	toys->read_hangs = true;
	(void)toys_want(toys, "a");
	(void)toys_start(toys);
	cycle = hc_look(toys->engine);
	hc_cycle_freep(&cycle);
	assert_int_equal(hc_engine_take(toys->engine, toys->generation, &toys->diags), -EBUSY);
	come_back(toys);
	assert_int_equal(hc_engine_take(toys->engine, toys->generation, &toys->diags), 0);
	cycle = hc_look(toys->engine); /* what was read for the one before is read again */
	assert_int_equal(toys->reads, 2);
	hc_cycle_freep(&cycle);
}

/* Its worker asks for it at any time. */
static void what_goes_on_keeps_what_was_approved(void **state)
{
	struct toys *toys = *state;
	struct hc_arena *arena = hc_arena_new();
	struct hc_cycle *cycle;

	toys->pace.glance = MOMENT_US;
	toys->read_hangs = true;
	(void)toys_want(toys, "a");
	(void)toys_start(toys);
	hc_strings_add(arena, &toys->engine->aim.approved, "Thing/a@n1");
	cycle = hc_look(toys->engine);
	hc_cycle_freep(&cycle);
	toys->engine->aim.approved = (struct hc_strings){0};
	(void)hc_arena_free(arena);
	assert_true(hc_approved(&toys->engine->slots[0].reading->call, "Thing/a@n1"));
	come_back(toys);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_slow_step_holds_up_no_run, toys_set_up,
						toys_tear_down),
		cmocka_unit_test_setup_teardown(what_goes_on_is_not_begun_again, toys_set_up,
						toys_tear_down),
		cmocka_unit_test_setup_teardown(what_fails_later_has_failed, toys_set_up,
						toys_tear_down),
		cmocka_unit_test_setup_teardown(what_fails_later_again_waits_longer, toys_set_up,
						toys_tear_down),
		cmocka_unit_test_setup_teardown(a_chain_that_is_slow_gets_to_its_end, toys_set_up,
						toys_tear_down),
		cmocka_unit_test_setup_teardown(a_slow_read_holds_up_no_look, toys_set_up,
						toys_tear_down),
		cmocka_unit_test_setup_teardown(what_goes_on_keeps_what_was_approved, toys_set_up,
						toys_tear_down),
		cmocka_unit_test_setup_teardown(a_read_from_before_the_end_of_a_step_is_void,
						toys_set_up, toys_tear_down),
		cmocka_unit_test_setup_teardown(what_happens_during_a_slow_read_is_not_missed,
						toys_set_up, toys_tear_down),
		cmocka_unit_test_setup_teardown(a_look_for_what_came_late_waits_for_all,
						toys_set_up, toys_tear_down),
		cmocka_unit_test_setup_teardown(what_can_be_mended_at_once_is, toys_set_up,
						toys_tear_down),
		cmocka_unit_test_setup_teardown(another_generation_waits_for_what_goes_on,
						toys_set_up, toys_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
