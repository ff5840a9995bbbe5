/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's pulse: its loop beats it, and nothing else does. The clock is the test's. */

#include <reconciler/agent/pulse.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <hcstate/base.h>

static uint64_t the_time = 1000;

uint64_t hc_now(void)
{
	return the_time;
}

static uint64_t monotonic(sd_event *event)
{
	uint64_t now;

	assert_true(sd_event_now(event, CLOCK_MONOTONIC, &now) >= 0);
	return now;
}

static void the_loop_beats_it_when_it_turns(void **state)
{
	sd_event *event;
	struct pulse *pulse;
	uint64_t due;

	(void)state;
	assert_true(sd_event_new(&event) >= 0);
	pulse = pulse_new(event);
	assert_non_null(pulse);
	assert_int_equal(hc_pulse_last(&pulse->seen), 1000);
	the_time = 2000;
	assert_int_equal(hc_pulse_last(&pulse->seen), 1000);
	assert_true(sd_event_run(event, UINT64_MAX) >= 0);
	assert_int_equal(hc_pulse_last(&pulse->seen), 2000);
	/* and again within five seconds, which nobody waits for here */
	assert_true(sd_event_source_get_time(pulse->timer, &due) >= 0);
	assert_true(due <= monotonic(event) + 4000000);
	the_time = 3000;
	assert_true(sd_event_source_set_time(pulse->timer, 0) >= 0);
	assert_true(sd_event_run(event, UINT64_MAX) >= 0);
	assert_int_equal(hc_pulse_last(&pulse->seen), 3000);
	assert_false(hc_pulse_ended(&pulse->seen));
	assert_null(pulse_free(pulse, false));
	sd_event_unref(event);
}

static void what_may_still_be_looked_at_stays_and_has_ended(void **state)
{
	sd_event *event;
	struct pulse *pulse;

	(void)state;
	assert_true(sd_event_new(&event) >= 0);
	pulse = pulse_new(event);
	assert_null(pulse_free(pulse, true));
	assert_true(hc_pulse_ended(&pulse->seen));
	free(pulse);
	assert_null(pulse_free(NULL, true));
	sd_event_unref(event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_loop_beats_it_when_it_turns),
		cmocka_unit_test(what_may_still_be_looked_at_stays_and_has_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
