/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Whether the process goes on: its loop says so each time that it turns. A provider's thread that
 * keeps a promise in the process's name (a watchdog that is fed) looks here, as it would run on
 * itself while the loop hangs. No lock, so that nobody waits for anybody.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct hc_pulse {
	atomic_uint_fast64_t last;
	atomic_bool ended;
};

/* hc_now() of the loop's last turn; it turns at least every five seconds. */
uint64_t hc_pulse_last(const struct hc_pulse *pulse);
/* The process was asked to end, or its loop does: in good order, and yet some providers may never
 * be closed, as a call of theirs hangs. */
bool hc_pulse_ended(const struct hc_pulse *pulse);

/* For whose loop it is: */
void hc_pulse_beat(struct hc_pulse *pulse);
void hc_pulse_end(struct hc_pulse *pulse);
