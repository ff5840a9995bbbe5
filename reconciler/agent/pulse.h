/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The agent's loop shows that it turns: a timer of it beats the pulse that providers may look at.
 */

#include <hcstate/pulse.h>
#include <systemd/sd-event.h>

struct pulse {
	struct hc_pulse seen; /* by providers */
	sd_event_source *timer;
};

/* It beats with the loop's first turn. NULL: there is no timer; errno says why. */
struct pulse *pulse_new(sd_event *event);
/* Says that it ends. Takes NULL, gives NULL. `lent`: a call that hangs may still look at it: its
 * memory stays, and whoever looks at it now and then is given the time to see the end. */
struct pulse *pulse_free(struct pulse *pulse, bool lent);
