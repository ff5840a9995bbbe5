/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pulse. It is the core's, as both who beats and who listens are linked with that and not with
 * each other.
 */

#include <hcstate/pulse.h>

#include <hcstate/base.h>

uint64_t hc_pulse_last(const struct hc_pulse *pulse)
{
	return atomic_load(&pulse->last);
}

bool hc_pulse_ended(const struct hc_pulse *pulse)
{
	return atomic_load(&pulse->ended);
}

void hc_pulse_beat(struct hc_pulse *pulse)
{
	atomic_store(&pulse->last, hc_now());
}

void hc_pulse_end(struct hc_pulse *pulse)
{
	atomic_store(&pulse->ended, true);
}
