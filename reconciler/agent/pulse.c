/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A timer and nothing else: the loop that dispatches it dispatches all. It costs a few microseconds
 * every four seconds, whether somebody looks or not.
 */

#include "pulse.h"

#include <errno.h>

#include <hcstate/base.h>

enum {
	BEAT_US = 4 * 1000 * 1000,
	LATE_US = 1000 * 1000,  /* so that it is no wake-up of its own, mostly */
	PARTING_US = 700 * 1000 /* longer than those who look wait in between */
};

static int beat(sd_event_source *timer, uint64_t time, void *arg)
{
	struct pulse *pulse = arg;

	(void)time;
	hc_pulse_beat(&pulse->seen);
	return sd_event_source_set_time_relative(timer, BEAT_US);
}

struct pulse *pulse_new(sd_event *event)
{
	struct pulse *pulse = calloc(1, sizeof(*pulse));
	int r;

	if (!pulse)
		abort(); /* memory has run out */
	hc_pulse_beat(&pulse->seen);
	r = sd_event_add_time_relative(event, &pulse->timer, CLOCK_MONOTONIC, 0, LATE_US, beat,
				       pulse);
	if (r >= 0)
		r = sd_event_source_set_enabled(pulse->timer, SD_EVENT_ON);
	if (r >= 0)
		return pulse;
	errno = -r;
	return pulse_free(pulse, false);
}

struct pulse *pulse_free(struct pulse *pulse, bool lent)
{
	if (!pulse)
		return NULL;
	hc_pulse_end(&pulse->seen);
	sd_event_source_disable_unref(pulse->timer);
	if (lent)
		(void)usleep(PARTING_US); /* an early end is no harm */
	else
		free(pulse);
	return NULL;
}
