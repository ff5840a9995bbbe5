/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What systemd is about to do, over its D-Bus interface (org.freedesktop.systemd1(5)). */

#include <systemd/sd-bus.h>

#include "../leaving.h"

/* From the jobs that are queued. 0 or a negative errno. */
int systemd_leaving(sd_bus *bus, enum ha_leaving *leaving);
/* Whether hcstate.service runs; false also when systemd does not say. */
bool systemd_agent_runs(sd_bus *bus);
