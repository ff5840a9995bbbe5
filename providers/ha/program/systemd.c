/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine that goes down has a start job for reboot.target or poweroff.target, which stays queued
 * until everything has stopped. Nothing else tells the two apart at that time: see leaving.c.
 */

#include "systemd.h"

#include <string.h>

#define SYSTEMD "org.freedesktop.systemd1"
#define MANAGER "/org/freedesktop/systemd1"
#define AGENT MANAGER "/unit/hcstate_2eservice"

static void message_unref(sd_bus_message **message)
{
	sd_bus_message_unref(*message);
}

static int take_jobs(sd_bus_message *answer, enum ha_leaving *leaving)
{
	const char *unit, *type, *state, *job, *path;
	uint32_t id;
	int r = sd_bus_message_enter_container(answer, 'a', "(usssoo)");

	while (r >= 0 && (r = sd_bus_message_read(answer, "(usssoo)", &id, &unit, &type, &state,
						  &job, &path)) > 0)
		if (!strcmp(type, "start") && leaving_of_unit(unit) != HA_STAYS)
			*leaving = leaving_of_unit(unit);
	return r < 0 ? r : 0;
}

int systemd_leaving(sd_bus *bus, enum ha_leaving *leaving)
{
	_cleanup_(message_unref) sd_bus_message *answer = NULL;
	int r = sd_bus_call_method(bus, SYSTEMD, MANAGER, SYSTEMD ".Manager", "ListJobs", NULL,
				   &answer, "");

	*leaving = HA_STAYS;
	return r < 0 ? r : take_jobs(answer, leaving);
}

bool systemd_agent_runs(sd_bus *bus)
{
	_cleanup_(hc_freep) char *state = NULL;

	return sd_bus_get_property_string(bus, SYSTEMD, AGENT, SYSTEMD ".Unit", "ActiveState", NULL,
					  &state) >= 0 &&
	       (!strcmp(state, "active") || !strcmp(state, "reloading"));
}
