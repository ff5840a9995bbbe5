/* SPDX-License-Identifier: Apache-2.0 */
/* Steps that are slow and are not waited for: they go on by themselves. */

#include <reconciler/status.h>

#include "toy_left.h"

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

/* It is there, but who knows what is still being done to it. */
static void what_goes_on_is_not_so_yet(void **state)
{
	struct toys *toys = *state;
	struct hc_cycle *cycle;
	struct hc_rest rest;

	toys->pace.linger = MOMENT_US;
	toy_on(toys_want(toys, "b"), "early");
	(void)toys_want(toys, "early");
	(void)toys_start(toys);
	cycle = look_and_try(toys);
	hc_cycle_freep(&cycle);
	until_there_are(toys, 1);
	cycle = look_and_try(toys);
	assert_string_equal(toys->log, "create early;");
	rest = hc_judge(toys->engine, cycle);
	assert_int_equal(rest.runnable, 2); /* it is not converged either */
	hc_cycle_freep(&cycle);
	come_back(toys);
	cycle = look_and_try(toys);
	assert_string_equal(toys->log, "create early;create b;");
	hc_cycle_freep(&cycle);
}

/* ... nor is what does not come back in time, as long as it may still do something. */
static void what_is_late_is_not_so_yet(void **state)
{
	struct toys *toys = *state;
	struct hc_cycle *cycle;
	struct hc_rest rest;
	uint64_t pause;

	toys->pace.step = UINT64_C(25) * MOMENT_US;
	toy_on(toys_want(toys, "b"), "early");
	(void)toys_want(toys, "early");
	(void)toys_start(toys);
	cycle = look_and_try(toys);
	hc_cycle_freep(&cycle);
	hc_trouble_find(&toys->engine->troubles, "Thing/early@n1")->next = 0;
	cycle = hc_look(toys->engine);
	rest = hc_judge(toys->engine, cycle);
	assert_int_equal(hc_attempt(toys->engine, cycle, &rest, &pause), 0);
	assert_int_equal(pause, toys->pace.look); /* there is nothing to be done about it */
	assert_string_equal(toys->log, "create early;");
	hc_cycle_freep(&cycle);
	toys->engine->look_again = false;
	come_back(toys);
	assert_true(toys->engine->look_again);
	toys->engine->pace.step = 1000 * UINT64_C(1000000);
	cycle = look_and_try(toys);
	assert_string_equal(toys->log, "create early;create b;");
	hc_cycle_freep(&cycle);
}

static void what_was_decided_goes_on_as_that(void **state)
{
	struct toys *toys = *state;
	struct hc_cycle *cycle;

	toys->pace.linger = MOMENT_US;
	(void)toys_want(toys, "early-decided");
	(void)toys_start(toys);
	for (int i = 0; i < 2; i++) {
		cycle = look_and_try(toys);
		assert_int_equal(cycle->plan->change[0]->going, i == 1);
		assert_true(cycle->plan->change[0]->decided);
		hc_cycle_freep(&cycle);
		until_there_are(toys, 1);
	}
	come_back(toys);
}

static void want_nothing(struct toys *toys)
{
	struct hc_generation *generation = hc_new(toys->arena, struct hc_generation);

	*generation = *toys->generation;
	generation->desired = (struct hc_set){.arena = toys->arena};
	toys->generation = generation;
	assert_int_equal(hc_engine_take(toys->engine, generation, &toys->diags), 0);
}

/* What stands on it stays until it is gone for good; and the look that began it stays as long as
 * another shows it. */
static void what_goes_on_going_is_not_gone_yet(void **state)
{
	struct toys *toys = *state;
	struct hc_cycle *cycle;
	struct hc_arena *arena;
	struct hc_status status;

	(void)toys_want(toys, "early");
	toys->open = true;
	(void)toys_start(toys);
	cycle = look_and_try(toys);
	hc_cycle_freep(&cycle);
	toys->engine->pace.linger = MOMENT_US;
	close_gate(toys);
	want_nothing(toys);
	cycle = look_and_try(toys);
	assert_non_null(toys->engine->late);
	until_there_are(toys, 0);
	hc_cycle_freep(&cycle);
	cycle = look_and_try(toys);
	assert_int_equal(cycle->plan->n, 1);
	assert_int_equal(cycle->plan->change[0]->action, HC_REMOVE);
	come_back(toys);
	arena = hc_arena_new();
	hc_status(toys->engine, cycle, arena, &status);
	assert_string_equal(status.v[0].object, "Thing/early@n1");
	assert_int_equal(status.v[0].condition, HC_WAITING);
	hc_arena_free(arena);
	hc_cycle_freep(&cycle);
	cycle = look_and_try(toys);
	assert_int_equal(cycle->plan->n, 0);
	hc_cycle_freep(&cycle);
}

/* It is tried again later and later, as if its run had waited. */
static void what_came_to_nothing_has_failed(void **state)
{
	struct toys *toys = *state;
	struct hc_trouble *trouble;
	struct hc_cycle *cycle;

	toys->pace.linger = MOMENT_US;
	(void)toys_want(toys, "hangs-lies");
	(void)toys_start(toys);
	for (unsigned i = 1; i <= 2; i++) {
		close_gate(toys);
		cycle = look_and_try(toys);
		assert_non_null(toys->engine->late);
		hc_cycle_freep(&cycle);
		come_back(toys);
		cycle = look_and_try(toys);
		hc_cycle_freep(&cycle);
		trouble = hc_trouble_find(&toys->engine->troubles, "Thing/hangs-lies@n1");
		assert_non_null(trouble);
		assert_int_equal(trouble->count, i);
		assert_string_equal(trouble->why, "its steps were done, but it is not so");
		trouble->next = 0;
	}
}

/* What it began is asked for, as of a step that is waited for. */
static void what_was_left_settles_too(void **state)
{
	struct toys *toys = *state;
	const struct hc_trouble *trouble;
	struct hc_cycle *cycle;

	toys->pace.linger = MOMENT_US;
	(void)toys_want(toys, "hangs-lies-slow");
	(void)toys_start(toys);
	cycle = look_and_try(toys);
	hc_cycle_freep(&cycle);
	come_back(toys);
	assert_int_equal(toys->questions, 1);
	trouble = hc_trouble_find(&toys->engine->troubles, "Thing/hangs-lies-slow@n1");
	assert_string_equal(trouble->why, "it goes on");
	assert_false(trouble->done);
}

/* It is begun anew by each run that finds it undone, and each leaves what it began to settle. */
static void what_settles_by_itself_is_no_success_yet(void **state)
{
	struct toys *toys = *state;
	const char *object = "Thing/patient-lies@n1";

	toys->pace.linger = MOMENT_US;
	toys->pace.look = UINT64_C(60) * 1000000;
	toys->pace.longest_retry = 2 * toys->pace.look;
	(void)toys_want(toys, "patient-lies");
	(void)toys_start(toys);
	for (unsigned i = 1; i <= 3; i++) {
		struct hc_trouble *trouble;
		struct hc_cycle *cycle;
		struct hc_rest rest;
		uint64_t pause;

		toys->fail_first = 1;
		cycle = look_and_try(toys);
		hc_cycle_freep(&cycle);
		trouble = hc_trouble_find(&toys->engine->troubles, object);
		assert_int_equal(trouble->count, i);
		trouble->next = 0;
		cycle = hc_look(toys->engine);
		rest = hc_judge(toys->engine, cycle);
		assert_int_equal(hc_attempt(toys->engine, cycle, &rest, &pause), 0);
		hc_cycle_freep(&cycle);
		assert_int_equal(pause, toys->pace.look);
		assert_int_equal(hc_trouble_find(&toys->engine->troubles, object)->count, i);
		toys->questions = 0;
	}
}

/* Until its turn comes somebody may say not to, and reads would have to wait behind it. */
static void what_has_not_begun_is_not_left(void **state)
{
	struct toys *toys = *state;
	struct hc_cycle *cycle;
	size_t left = 0;

	toys->pace.linger = MOMENT_US;
	for (int i = 0; i < 5; i++) /* of which three have a thread */
		(void)toys_want(toys, hc_printf(toys->arena, "hangs%d", i));
	(void)toys_start(toys);
	cycle = look_and_try(toys);
	hc_cycle_freep(&cycle);
	for (const struct hc_work *work = toys->engine->late; work; work = work->next)
		left++;
	assert_int_equal(left, 3);
	assert_int_equal(toys->engine->pending, 0);
	come_back(toys);
	until_there_are(toys, 3);
	cycle = look_and_try(toys);
	hc_cycle_freep(&cycle);
	come_back(toys);
	until_there_are(toys, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_slow_step_holds_up_no_run, toys_set_up,
						toys_tear_down),
		cmocka_unit_test_setup_teardown(what_was_decided_goes_on_as_that, toys_set_up,
						toys_tear_down),
		cmocka_unit_test_setup_teardown(what_goes_on_is_not_begun_again, toys_set_up,
						toys_tear_down),
		cmocka_unit_test_setup_teardown(what_fails_later_has_failed, toys_set_up,
						toys_tear_down),
		cmocka_unit_test_setup_teardown(what_fails_later_again_waits_longer, toys_set_up,
						toys_tear_down),
		cmocka_unit_test_setup_teardown(a_chain_that_is_slow_gets_to_its_end, toys_set_up,
						toys_tear_down),
		cmocka_unit_test_setup_teardown(what_goes_on_is_not_so_yet, toys_set_up,
						toys_tear_down),
		cmocka_unit_test_setup_teardown(what_is_late_is_not_so_yet, toys_set_up,
						toys_tear_down),
		cmocka_unit_test_setup_teardown(what_goes_on_going_is_not_gone_yet, toys_set_up,
						toys_tear_down),
		cmocka_unit_test_setup_teardown(what_came_to_nothing_has_failed, toys_set_up,
						toys_tear_down),
		cmocka_unit_test_setup_teardown(what_was_left_settles_too, toys_set_up,
						toys_tear_down),
		cmocka_unit_test_setup_teardown(what_settles_by_itself_is_no_success_yet,
						toys_set_up, toys_tear_down),
		cmocka_unit_test_setup_teardown(what_has_not_begun_is_not_left, toys_set_up,
						toys_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
