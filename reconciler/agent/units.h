/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* systemd's units, watched over D-Bus: somebody stopped corosync, an OSD died. */

#include <systemd/sd-event.h>

#include <reconciler/registry.h>

struct units;

/* changed(arg) is called in the loop when a unit that one of the registry's providers names in
 * `units` (provider.h) changed its state. Without a system bus it tries again every 10 s. */
struct units *units_new(sd_event *event, const struct hc_registry *registry,
			void (*changed)(void *arg), void *arg);
struct units *units_free(struct units *units); /* takes NULL, gives NULL */
