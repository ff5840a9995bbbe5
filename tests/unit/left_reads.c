/* SPDX-License-Identifier: Apache-2.0 */
/* Reads that are slow and are not waited for: what they find is another look's. */

#include <hcstate/cluster.h>

#include "toy_left.h"

/* A thing is wanted; no look waits for reads, and those hang. */
static void start_with_slow_reads(struct toys *toys)
{
	toys->pace.glance = MOMENT_US;
	toys->read_hangs = true;
	(void)toys_want(toys, "a");
	(void)toys_start(toys);
}

static void a_slow_read_holds_up_no_look(void **state)
{
	struct toys *toys = *state;
	struct hc_cycle *cycle;

	start_with_slow_reads(toys);
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

/* What it began then is there once, and goes on. */
static void a_provider_whose_first_read_hangs_is_opened_once(void **state)
{
	struct toys *toys = *state;

	toys->pace.read = UINT64_C(100) * MOMENT_US;
	toys->read_hangs = true;
	(void)toys_want(toys, "a");
	(void)toys_start(toys);
	for (int i = 0; i < 2; i++) {
		struct hc_cycle *cycle = hc_look(toys->engine);

		assert_string_equal(hc_why_unknown(&cycle->live, &thing_type),
				    "reading it did not come to an end in time");
		hc_cycle_freep(&cycle);
	}
	come_back(toys);
	assert_int_equal(toys->reads, 2);
	assert_int_equal(toys->opens, 1);
	assert_int_equal(toys->closes, 0);
	hc_engine_freep(&toys->engine);
	assert_int_equal(toys->closes, 1);
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

	start_with_slow_reads(toys);
	cycle = hc_look(toys->engine);
	hc_cycle_freep(&cycle);
	hc_engine_noticed(toys->engine);
	come_back(toys);
	toys->engine->pace.glance = 0;
	cycle = hc_look(toys->engine); /* that read may have begun too early */
	assert_true(toys->engine->look_again);
	hc_cycle_freep(&cycle);
	cycle = hc_look(toys->engine);
	assert_false(toys->engine->look_again);
	assert_int_equal(toys->reads, 2);
	hc_cycle_freep(&cycle);
}

enum {
	A_WHILE_US = 10 * MOMENT_US,
	FOR_EVER_US = 60 * 1000 * 1000, /* for a look that does not wait for it */
};

static int open_gate(sd_event_source *source, uint64_t usec, void *arg)
{
	(void)source, (void)usec;
	toys_open_gate(arg);
	return 0;
}

static struct hc_cycle *look_while_it_hangs(struct toys *toys, uint64_t for_us)
{
	close_gate(toys);
	assert_true(sd_event_add_time_relative(toys->engine->event, NULL, CLOCK_MONOTONIC, for_us,
					       1, open_gate, toys) >= 0);
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
	cycle = look_while_it_hangs(toys, A_WHILE_US);
	assert_false(cycle->partial);
	hc_cycle_freep(&cycle);
	toys->engine->came = toys->engine->news = true;
	cycle = look_while_it_hangs(toys, FOR_EVER_US);
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

/* ... of a provider that reads in threads of its own. */
static void what_a_read_costs_is_all_of_it(void **state)
{
	struct toys *toys = *state;
	struct hc_cycle *cycle;
	uint64_t own;

	(void)toys_want(toys, "a");
	toys->cpu_us = 60 * UINT64_C(1000000);
	(void)toys_start(toys);
	cycle = hc_look(toys->engine);
	assert_int_equal(toys->engine->slots[0].reads.n, 1);
	own = toys->engine->slots[0].reads.cpu_us;
	assert_in_range(own, toys->cpu_us, toys->cpu_us + 10 * UINT64_C(1000000));
	hc_cycle_freep(&cycle);
}

static void what_can_be_mended_at_once_is(void **state)
{
	struct toys *toys = *state;
	struct hc_cycle *cycle;

	toys->pace.glance = 1000 * UINT64_C(1000000);
	(void)toys_want(toys, "fails");
	assert_int_equal(hc_registry_add(toys->registry, &slow_provider), 0);
	(void)toys_start(toys);
	hc_engine_noticed(toys->engine);
	cycle = look_while_it_hangs(toys, FOR_EVER_US);
	assert_true(cycle->partial);
	assert_int_equal(cycle->plan->n, 1);
	hc_cycle_freep(&cycle);
	toys_open_gate(toys);
	cycle = look_and_try(toys);
	assert_int_equal(toys->engine->troubles.n, 1);
	hc_cycle_freep(&cycle);
	/* ... but once: what did not help then is no reason to look at half of all again */
	hc_engine_noticed(toys->engine);
	cycle = look_while_it_hangs(toys, A_WHILE_US);
	assert_false(cycle->partial);
	hc_cycle_freep(&cycle);
}

static int it_breaks(sd_event_source *source, uint64_t usec, void *arg)
{
	struct toys *toys = arg;

	(void)source, (void)usec;
	pthread_mutex_lock(&toys->lock);
	toys->there = (struct hc_strings){0};
	pthread_mutex_unlock(&toys->lock);
	hc_engine_noticed(toys->engine);
	return 0;
}

static struct hc_cycle *look_while_it_breaks(struct toys *toys)
{
	assert_true(sd_event_add_time_relative(toys->engine->event, NULL, CLOCK_MONOTONIC,
					       UINT64_C(5) * MOMENT_US, 1, it_breaks, toys) >= 0);
	return look_while_it_hangs(toys, FOR_EVER_US);
}

/* Whatever the look is for. */
static void what_breaks_during_a_look_is_seen_in_it(void **state)
{
	struct toys *toys = *state;

	(void)toys_want(toys, "a");
	assert_int_equal(hc_registry_add(toys->registry, &slow_provider), 0);
	(void)toys_start(toys);
	for (int i = 0; i < 3; i++) {
		struct hc_cycle *cycle;

		toys->engine->pace.glance = 1000 * UINT64_C(1000000);
		hc_strings_add(toys->arena, &toys->there, "a");
		toys->engine->news = i == 0;
		toys->engine->came = i == 1;
		cycle = look_while_it_breaks(toys);
		assert_true(cycle->partial);
		assert_int_equal(cycle->plan->n, 1);
		hc_cycle_freep(&cycle);
		toys_open_gate(toys);
		toys->engine->pace.glance = 0; /* it takes what is left */
		cycle = hc_look(toys->engine);
		hc_cycle_freep(&cycle);
	}
}

static int read_until_the_end(struct hc_call *call, void *self, struct hc_state *live)
{
	struct toys *toys = self;

	(void)call, (void)live;
	pthread_mutex_lock(&toys->lock);
	while (toys->ending)
		pthread_cond_wait(&toys->moved, &toys->lock);
	pthread_mutex_unlock(&toys->lock);
	return 0;
}

static const struct hc_provider until_the_end = {
	.abi = HC_ABI,
	.name = "slow",
	.types = slow_types,
	.open = toys_open,
	.close = toys_close,
	.read = read_until_the_end,
	.plan = toys_plan,
	.apply = toys_apply,
};

static void let_end(struct toys *toys)
{
	pthread_mutex_lock(&toys->lock);
	toys->ending = false;
	pthread_cond_broadcast(&toys->moved);
	pthread_mutex_unlock(&toys->lock);
}

static void it_ends(void *arg, const struct hc_step *step, enum hc_step_state state,
		    const char *why)
{
	struct toys *toys = arg;

	(void)step, (void)why;
	if (state == HC_STEP_DONE)
		let_end(toys);
}

/* Else one that is slow and has much to tell would never be done. */
static void what_came_late_is_taken_whatever_was_noticed_since(void **state)
{
	struct toys *toys = *state;
	struct hc_cycle *cycle;

	toys->pace.glance = MOMENT_US;
	toys->read_hangs = toys->ending = true;
	assert_int_equal(hc_registry_add(toys->registry, &until_the_end), 0);
	(void)toys_start(toys);
	cycle = hc_look(toys->engine);
	hc_cycle_freep(&cycle);
	toys_open_gate(toys);
	while (!toys->engine->came)
		assert_true(sd_event_run(toys->engine->event, UINT64_MAX) >= 0);
	hc_engine_noticed(toys->engine);
	cycle = hc_look(toys->engine);
	let_end(toys);
	assert_true(cycle->partial);
	assert_int_equal(toys->reads, 1);
	hc_cycle_freep(&cycle);
	toys->engine->pace.glance = 0;
	cycle = hc_look(toys->engine);
	hc_cycle_freep(&cycle);
}

/* Also when it has come already, while its look waits for others: else what was done counts as
 * failed. */
static void what_was_read_before_the_end_of_a_step_is_read_again(void **state)
{
	struct toys *toys = *state;
	struct hc_cycle *cycle;

	toys->pace.linger = MOMENT_US;
	(void)toys_want(toys, "hangs");
	assert_int_equal(hc_registry_add(toys->registry, &until_the_end), 0);
	(void)toys_start(toys);
	toys->engine->progress = it_ends;
	toys->engine->progress_arg = toys;
	cycle = look_and_try(toys);
	hc_cycle_freep(&cycle);
	pthread_mutex_lock(&toys->lock);
	toys->ending = true;
	pthread_mutex_unlock(&toys->lock);
	cycle = look_while_it_hangs(toys, A_WHILE_US);
	(void)hc_judge(toys->engine, cycle);
	assert_false(cycle->partial);
	assert_int_equal(cycle->plan->n, 0);
	assert_int_equal(toys->engine->troubles.n, 0);
	assert_true(toys->reads >= 3);
	hc_cycle_freep(&cycle);
}

static void another_generation_waits_for_what_goes_on(void **state)
{
	struct toys *toys = *state;
	struct hc_cycle *cycle;

	start_with_slow_reads(toys);
	cycle = hc_look(toys->engine);
	hc_cycle_freep(&cycle);
	assert_int_equal(hc_engine_take(toys->engine, toys->generation, &toys->diags), -EBUSY);
	come_back(toys);
	assert_int_equal(hc_engine_take(toys->engine, toys->generation, &toys->diags), 0);
	toys->engine->pace.glance = 0;
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

	start_with_slow_reads(toys);
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
		cmocka_unit_test_setup_teardown(a_slow_read_holds_up_no_look, toys_set_up,
						toys_tear_down),
		cmocka_unit_test_setup_teardown(a_provider_whose_first_read_hangs_is_opened_once,
						toys_set_up, toys_tear_down),
		cmocka_unit_test_setup_teardown(a_read_from_before_the_end_of_a_step_is_void,
						toys_set_up, toys_tear_down),
		cmocka_unit_test_setup_teardown(what_happens_during_a_slow_read_is_not_missed,
						toys_set_up, toys_tear_down),
		cmocka_unit_test_setup_teardown(a_look_for_what_came_late_waits_for_all,
						toys_set_up, toys_tear_down),
		cmocka_unit_test_setup_teardown(what_a_read_costs_is_all_of_it, toys_set_up,
						toys_tear_down),
		cmocka_unit_test_setup_teardown(what_can_be_mended_at_once_is, toys_set_up,
						toys_tear_down),
		cmocka_unit_test_setup_teardown(what_breaks_during_a_look_is_seen_in_it,
						toys_set_up, toys_tear_down),
		cmocka_unit_test_setup_teardown(what_came_late_is_taken_whatever_was_noticed_since,
						toys_set_up, toys_tear_down),
		cmocka_unit_test_setup_teardown(
			what_was_read_before_the_end_of_a_step_is_read_again, toys_set_up,
			toys_tear_down),
		cmocka_unit_test_setup_teardown(another_generation_waits_for_what_goes_on,
						toys_set_up, toys_tear_down),
		cmocka_unit_test_setup_teardown(what_goes_on_keeps_what_was_approved, toys_set_up,
						toys_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
