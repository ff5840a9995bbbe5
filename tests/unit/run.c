/* SPDX-License-Identifier: Apache-2.0 */
/* One look and one run: which steps are taken, and what becomes of them. */

#include "toy_engine.h"

#include <sys/wait.h>

/* Looks once and runs; the cycle is freed with the test. */
static struct hc_cycle *run(struct toys *toys, struct hc_outcome **outcomes)
{
	struct hc_cycle *cycle = hc_look(toys_start(toys));

	assert_non_null(cycle);
	(void)hc_run(toys->engine, cycle, outcomes);
	return cycle;
}

static const struct hc_outcome *outcome(const struct hc_cycle *cycle,
					const struct hc_outcome *outcomes, const char *name)
{
	for (size_t i = 0; i < cycle->plan->nstep; i++)
		if (!strcmp(cycle->plan->step[i]->change->name, name))
			return &outcomes[cycle->plan->step[i]->number];
	fail();
	return NULL;
}

static void assert_outcome(const struct hc_cycle *cycle, const struct hc_outcome *outcomes,
			   const char *name, enum hc_step_state state)
{
	assert_int_equal(outcome(cycle, outcomes, name)->state, state);
}

static void steps_run_in_their_order(void **state)
{
	struct toys *toys = *state;
	struct hc_outcome *outcomes;
	struct hc_cycle *cycle;

	toy_on(toys_want(toys, "a"), "b");
	toy_on(toys_want(toys, "b"), "c");
	(void)toys_want(toys, "c");
	cycle = run(toys, &outcomes);
	assert_string_equal(toys->log, "create c;create b;create a;");
	assert_outcome(cycle, outcomes, "a", HC_STEP_DONE);
	hc_cycle_freep(&cycle);
}

static void what_stands_on_a_failure_is_skipped_and_the_rest_goes_on(void **state)
{
	struct toys *toys = *state;
	struct hc_outcome *outcomes;
	struct hc_cycle *cycle;

	toy_on(toys_want(toys, "a"), "b");
	toy_on(toys_want(toys, "b"), "fails");
	(void)toys_want(toys, "fails");
	(void)toys_want(toys, "other");
	cycle = run(toys, &outcomes);
	assert_outcome(cycle, outcomes, "fails", HC_STEP_FAILED);
	assert_string_equal(outcome(cycle, outcomes, "fails")->why, "no luck");
	assert_outcome(cycle, outcomes, "b", HC_STEP_SKIPPED);
	assert_non_null(strstr(outcome(cycle, outcomes, "b")->why, "Thing/fails@n1"));
	assert_outcome(cycle, outcomes, "a", HC_STEP_SKIPPED);
	assert_outcome(cycle, outcomes, "other", HC_STEP_DONE);
	assert_null(strstr(toys->log, "create a"));
	hc_cycle_freep(&cycle);
}

static void what_waits_says_for_what_and_holds_up_those_behind_it(void **state)
{
	struct toys *toys = *state;
	struct hc_outcome *outcomes;
	struct hc_cycle *cycle;

	toy_on(toys_want(toys, "a"), "waits");
	(void)toys_want(toys, "waits");
	cycle = run(toys, &outcomes);
	assert_outcome(cycle, outcomes, "waits", HC_STEP_WAITING);
	assert_string_equal(outcome(cycle, outcomes, "waits")->why, "better weather");
	assert_outcome(cycle, outcomes, "a", HC_STEP_SKIPPED);
	hc_cycle_freep(&cycle);
}

static void refused_changes_are_not_taken(void **state)
{
	struct toys *toys = *state;
	struct hc_outcome *outcomes;
	struct hc_cycle *cycle;

	(void)toys_want(toys, "refused");
	(void)toys_want(toys, "other");
	cycle = run(toys, &outcomes);
	assert_outcome(cycle, outcomes, "refused", HC_STEP_SKIPPED);
	assert_string_equal(toys->log, "create other;");
	hc_cycle_freep(&cycle);
}

static void what_is_made_is_recorded_before(void **state)
{
	struct toys *toys = *state;
	struct hc_outcome *outcomes;
	struct hc_cycle *cycle;

	(void)toys_want(toys, "a");
	cycle = run(toys, &outcomes);
	assert_true(toys->recorded);
	hc_cycle_freep(&cycle);
}

static void nothing_is_done_that_cannot_be_recorded(void **state)
{
	struct toys *toys = *state;
	struct hc_outcome *outcomes;
	struct hc_cycle *cycle;

	(void)toys_want(toys, "a");
	toys_start(toys)->inventory.path = "/proc/nowhere/inventory.json";
	cycle = hc_look(toys->engine);
	assert_int_equal(hc_run(toys->engine, cycle, &outcomes), -EIO);
	assert_outcome(cycle, outcomes, "a", HC_STEP_FAILED);
	assert_non_null(strstr(outcome(cycle, outcomes, "a")->why, "/proc/nowhere"));
	assert_string_equal(toys->log, "");
	hc_cycle_freep(&cycle);
}

static void nothing_begins_after_a_stop(void **state)
{
	struct toys *toys = *state;
	struct hc_outcome *outcomes;
	struct hc_cycle *cycle;

	(void)toys_want(toys, "a");
	toys_start(toys)->stop = true;
	cycle = hc_look(toys->engine);
	assert_int_equal(hc_run(toys->engine, cycle, &outcomes), 0);
	assert_outcome(cycle, outcomes, "a", HC_STEP_SKIPPED);
	assert_string_equal(toys->log, "");
	hc_cycle_freep(&cycle);
}

static enum hc_hold hands_off(void *arg, struct hc_arena *arena, const struct hc_change *change,
			      const char **why)
{
	struct toys *toys = arg;
	bool begun;

	(void)arena, (void)change;
	pthread_mutex_lock(&toys->lock);
	begun = toys->there.n;
	pthread_mutex_unlock(&toys->lock);
	*why = "hands off";
	return begun ? HC_HOLD_SUSPENDED : HC_GO;
}

/* A person says so when the first step has been taken. */
static void nothing_begins_after_hands_off(void **state)
{
	struct toys *toys = *state;
	struct hc_outcome *outcomes;
	struct hc_cycle *cycle;

	toy_on(toys_want(toys, "b"), "a");
	(void)toys_want(toys, "a");
	toys_start(toys)->aim.hold = hands_off;
	toys->engine->aim.hold_arg = toys;
	cycle = hc_look(toys->engine);
	assert_int_equal(hc_run(toys->engine, cycle, &outcomes), 0);
	assert_string_equal(toys->log, "create a;");
	assert_outcome(cycle, outcomes, "b", HC_STEP_SKIPPED);
	hc_cycle_freep(&cycle);
}

static void ask_to_stop(void *arg, const struct hc_step *step, uint64_t since)
{
	struct toys *toys = arg;

	(void)step, (void)since;
	toys->engine->pace.still = UINT64_C(60000000); /* once: asked twice it ends at once */
	(void)kill(getpid(), SIGTERM);
}

/* In a process of its own, which is what ends. */
static void run_and_be_stopped(struct toys *toys)
{
	struct hc_outcome *outcomes;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	toys->pace.stop = 50000;
	toys->pace.still = 5000;
	(void)toys_want(toys, "hangs");
	toys_start(toys)->still = ask_to_stop;
	toys->engine->progress_arg = toys;
	(void)hc_run(toys->engine, hc_look(toys->engine), &outcomes);
	_exit(2);
}

static void a_call_that_hangs_does_not_hold_up_a_stop(void **state)
{
	uint64_t began = hc_now();
	pid_t child = fork();
	int status = 0;

	if (!child)
		run_and_be_stopped(*state);
	assert_true(child > 0 && waitpid(child, &status, 0) == child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_true(hc_now() - began < UINT64_C(30000000)); /* it hangs for sixty seconds */
}

static void what_failed_is_left_alone_until_its_next_try(void **state)
{
	struct toys *toys = *state;
	struct hc_troubles *troubles;
	struct hc_outcome *outcomes;
	struct hc_cycle *cycle;

	(void)toys_want(toys, "a");
	troubles = &toys_start(toys)->troubles;
	hc_trouble_failed(troubles, hc_trouble_get(troubles, "Thing/a@n1"), "no luck",
			  UINT64_C(60000000), UINT64_C(60000000));
	cycle = hc_look(toys->engine);
	assert_int_equal(hc_run(toys->engine, cycle, &outcomes), 0);
	assert_outcome(cycle, outcomes, "a", HC_STEP_SKIPPED);
	assert_non_null(strstr(outcome(cycle, outcomes, "a")->why, "no luck; next try in"));
	hc_cycle_freep(&cycle);
}

static void a_step_is_done_when_it_has_settled(void **state)
{
	struct toys *toys = *state;
	struct hc_outcome *outcomes;
	struct hc_cycle *cycle;

	toy_on(toys_want(toys, "a"), "slow");
	(void)toys_want(toys, "slow");
	cycle = run(toys, &outcomes);
	assert_int_equal(toys->questions, 3);
	assert_outcome(cycle, outcomes, "a", HC_STEP_DONE);
	hc_cycle_freep(&cycle);
}

static void what_a_step_said_holds_when_it_has_settled(void **state)
{
	struct toys *toys = *state;
	struct hc_outcome *outcomes;
	struct hc_cycle *cycle;

	(void)toys_want(toys, "onward");
	(void)toys_want(toys, "onward-slow");
	(void)toys_want(toys, "a");
	cycle = run(toys, &outcomes);
	assert_true(outcome(cycle, outcomes, "onward")->another);
	assert_true(outcome(cycle, outcomes, "onward-slow")->another);
	assert_false(outcome(cycle, outcomes, "a")->another);
	hc_cycle_freep(&cycle);
}

static void what_does_not_settle_has_failed(void **state)
{
	struct toys *toys = *state;
	struct hc_outcome *outcomes;
	struct hc_cycle *cycle;

	toys->pace.settle = 0;
	(void)toys_want(toys, "slow");
	cycle = run(toys, &outcomes);
	assert_outcome(cycle, outcomes, "slow", HC_STEP_FAILED);
	assert_non_null(strstr(outcome(cycle, outcomes, "slow")->why, "it goes on"));
	hc_cycle_freep(&cycle);
}

static void what_is_patient_settles_for_longer(void **state)
{
	struct toys *toys = *state;
	struct hc_outcome *outcomes;
	struct hc_cycle *cycle;

	toys->pace.settle = 0;
	(void)toys_want(toys, "patient");
	cycle = run(toys, &outcomes);
	assert_outcome(cycle, outcomes, "patient", HC_STEP_DONE);
	hc_cycle_freep(&cycle);
}

static void when_the_time_is_over_nothing_is_waited_for(void **state)
{
	struct toys *toys = *state;
	struct hc_outcome *outcomes;
	struct hc_cycle *cycle;

	(void)toys_want(toys, "patient");
	cycle = hc_look(toys_start(toys));
	toys->engine->until = 1;
	assert_int_equal(hc_run(toys->engine, cycle, &outcomes), 0);
	assert_outcome(cycle, outcomes, "patient", HC_STEP_WAITING);
	hc_cycle_freep(&cycle);
}

static void a_late_step_has_failed_and_its_object_is_held_until_it_returns(void **state)
{
	struct toys *toys = *state;
	struct hc_outcome *outcomes;
	struct hc_cycle *cycle;

	toys->pace.step = 500000; /* it has begun by then, on a busy machine too */
	(void)toys_want(toys, "hangs");
	cycle = run(toys, &outcomes);
	assert_outcome(cycle, outcomes, "hangs", HC_STEP_FAILED);
	hc_cycle_freep(&cycle); /* the late call still looks at it */

	/* The gate's lock is free while it hangs, so another look comes through. */
	cycle = hc_look(toys->engine);
	assert_int_equal(hc_run(toys->engine, cycle, &outcomes), 0);
	assert_outcome(cycle, outcomes, "hangs", HC_STEP_SKIPPED);
	assert_string_equal(toys->log, "create hangs;");
	hc_cycle_freep(&cycle);

	toys_open_gate(toys);
	while (toys->engine->late)
		assert_true(sd_event_run(toys->engine->event, UINT64_MAX) >= 0);
	cycle = hc_look(toys->engine);
	assert_int_equal(cycle->plan->n, 0); /* it was done after all */
	hc_cycle_freep(&cycle);
}

static void a_read_that_hangs_makes_its_kinds_unknown(void **state)
{
	struct toys *toys = *state;
	struct hc_cycle *cycle;

	toys->pace.read = 5000;
	toys->read_hangs = true;
	(void)toys_want(toys, "a");
	cycle = hc_look(toys_start(toys));
	assert_int_equal(cycle->diff.v[0].verdict, HC_UNREADABLE);
	assert_non_null(strstr(cycle->diff.v[0].why, "did not come to an end"));
	assert_int_equal(cycle->plan->n, 0);
	hc_cycle_freep(&cycle);
}

static void a_live_state_from_elsewhere_is_planned_without_reading(void **state)
{
	struct toys *toys = *state;
	struct hc_state live = {.found.arena = hc_arena_new()};
	struct hc_cycle *cycle;

	(void)toys_want(toys, "a");
	(void)toys_want(toys, "b");
	(void)toy_thing(&live.found, "b", 1);
	cycle = hc_look_at(toys_start(toys), &live);
	assert_int_equal(toys->reads, 0);
	assert_int_equal(cycle->plan->n, 1);
	assert_string_equal(cycle->plan->change[0]->name, "a");
	hc_cycle_freep(&cycle);
}

/* Opens the gate once the step is heard to go on; on a busy machine others are heard of too. */
static void heard(void *arg, const struct hc_step *step, uint64_t since)
{
	struct toys *toys = arg;

	if (strcmp(step->change->name, "hangs") != 0)
		return;
	assert_true(since > 0 && since + toys->pace.still <= hc_now());
	toys_open_gate(toys);
}

static void who_waits_hears_that_a_step_goes_on(void **state)
{
	struct toys *toys = *state;
	struct hc_outcome *outcomes;
	struct hc_cycle *cycle;

	toys->pace.still = 20000;
	(void)toys_want(toys, "hangs");
	(void)toys_want(toys, "a");
	toys_start(toys)->still = heard;
	toys->engine->progress_arg = toys;
	cycle = hc_look(toys->engine);
	assert_int_equal(hc_run(toys->engine, cycle, &outcomes), 0);
	assert_outcome(cycle, outcomes, "hangs", HC_STEP_DONE);
	hc_cycle_freep(&cycle);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, toys_set_up, toys_tear_down)
		TEST(steps_run_in_their_order),
		TEST(what_stands_on_a_failure_is_skipped_and_the_rest_goes_on),
		TEST(what_waits_says_for_what_and_holds_up_those_behind_it),
		TEST(refused_changes_are_not_taken),
		TEST(what_is_made_is_recorded_before),
		TEST(nothing_is_done_that_cannot_be_recorded),
		TEST(nothing_begins_after_hands_off),
		TEST(nothing_begins_after_a_stop),
		TEST(a_call_that_hangs_does_not_hold_up_a_stop),
		TEST(what_failed_is_left_alone_until_its_next_try),
		TEST(a_step_is_done_when_it_has_settled),
		TEST(what_a_step_said_holds_when_it_has_settled),
		TEST(what_does_not_settle_has_failed),
		TEST(what_is_patient_settles_for_longer),
		TEST(when_the_time_is_over_nothing_is_waited_for),
		TEST(a_late_step_has_failed_and_its_object_is_held_until_it_returns),
		TEST(a_read_that_hangs_makes_its_kinds_unknown),
		TEST(a_live_state_from_elsewhere_is_planned_without_reading),
		TEST(who_waits_hears_that_a_step_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
