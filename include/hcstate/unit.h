/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* systemd's units over its D-Bus interface (org.freedesktop.systemd1(5)). A connection per call. */

#include <hcstate/provider.h>

struct hc_unit {
	bool found;   /* the unit file exists */
	bool enabled; /* it is wanted at boot (UnitFileState enabled, enabled-runtime, static or
			 alias) */
	bool active;  /* ActiveState is active or reloading */
	bool failed;  /* ActiveState is failed */
	const char *state;  /* ActiveState (SubState), as systemctl shows it */
	const char *result; /* of the last run: "exit-code", "signal", "success" */
	uint64_t main_pid;
};

int hc_unit_read(struct hc_call *call, const char *name, struct hc_unit *unit);
int hc_unit_enable(struct hc_call *call, const char *name); /* and reloads the manager */
int hc_unit_disable(struct hc_call *call, const char *name);
/* Lets systemd read unit files and drop-ins again. */
int hc_unit_reload_manager(struct hc_call *call);

/* Each waits for the job's end, at most until the call's deadline. A failed job is an error that
 * names the result. */
int hc_unit_stop(struct hc_call *call, const char *name);
int hc_unit_restart(struct hc_call *call, const char *name);
/* Without what the unit requires or wants, for who has seen to that already: a service that wants
 * network-online.target would start systemd-networkd, which is for the boot. hc_unit_start_alone()
 * lets one who stops it come to the end of that first. */
int hc_unit_start_alone(struct hc_call *call, const char *name);
int hc_unit_restart_alone(struct hc_call *call, const char *name);
