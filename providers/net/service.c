/* SPDX-License-Identifier: Apache-2.0 */
/*
 * systemd-networkd itself. It is enabled, so that it sets up the network at boot, and not started:
 * while the machine runs, hcstate needs nobody.
 *
 * Where it runs all the same, it has to know our files as they are now: with old ones in its memory
 * it brings back an address that was taken away as soon as a cable is plugged. It is restarted
 * then, which touches nothing that is right; a reload would drop the routes that others put on a
 * changed link.
 */

#include "reading.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include <hcstate/file.h>
#include <hcstate/unit.h>

#define UNIT "systemd-networkd.service"

/* Written with every boot file; gone after a boot, when networkd starts with all of them. */
#define STAMP "/run/hcstate/boot-files"

void boot_stamp(void)
{
	(void)hc_file_write(STAMP, 0644, "", 0); /* without it networkd only learns later */
}

/* Microseconds of the wall clock at which the process began; 0: there is none. */
static uint64_t begun(uint64_t pid)
{
	struct timespec wall, boot;
	uint64_t ticks = 0, since;
	char path[64], text[1024], *after;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%" PRIu64 "/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	after = fgets(text, sizeof(text), file) ? strrchr(text, ')') : NULL;
	(void)fclose(file); /* it was only read */
	if (!after || sscanf(after,
			     ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d "
			     "%*d %*d %*d %*d %" SCNu64,
			     &ticks) != 1)
		return 0;
	(void)clock_gettime(CLOCK_REALTIME, &wall);
	(void)clock_gettime(CLOCK_BOOTTIME, &boot);
	since = (uint64_t)boot.tv_sec * 1000000 + (uint64_t)boot.tv_nsec / 1000 -
		ticks * 1000000 / (uint64_t)sysconf(_SC_CLK_TCK);
	return (uint64_t)wall.tv_sec * 1000000 + (uint64_t)wall.tv_nsec / 1000 - since;
}

/* A stamp of the future, from before the clock was set back, is no reason: it would be one for
 * ever. */
static bool knows_files(const struct hc_unit *unit)
{
	struct stat stamp;
	struct timespec now;
	uint64_t written;

	if (!unit->active || !unit->main_pid || stat(STAMP, &stamp))
		return true;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (stamp.st_mtim.tv_sec > now.tv_sec)
		return true;
	written = (uint64_t)stamp.st_mtim.tv_sec * 1000000 + (uint64_t)stamp.st_mtim.tv_nsec / 1000;
	return begun(unit->main_pid) >= written;
}

/* Not being able to ask systemd is no reason to know nothing of the links. */
static void said_is_why_unknown(struct reading *reading, size_t said, size_t errors)
{
	struct hc_diags *diags = &reading->call->diags;

	hc_unknown(reading->live, &hc_networkd, "%s",
		   diags->n > said ? diags->v[said].text : "systemd cannot be asked");
	diags->n = said;
	diags->errors = errors;
}

void add_networkd(struct reading *reading)
{
	struct hc_resource *r = make(reading, &hc_networkd, "systemd-networkd");
	struct hc_networkd *networkd = r->spec;
	struct hc_unit unit = {0};
	size_t said = reading->call->diags.n, errors = reading->call->diags.errors;

	networkd->ifupdown = reading->ifupdown;
	hc_set_field(r, struct hc_networkd, ifupdown);
	if (hc_unit_read(reading->call, UNIT, &unit) < 0) {
		said_is_why_unknown(reading, said, errors);
		return;
	}
	networkd->enabled = unit.found && unit.enabled;
	networkd->knows_files = knows_files(&unit);
	set_all(r);
}

static void plan_networkd(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	(void)call;
	if (!change->want) /* whether it shall not run at boot is not ours to say */
		return;
	if (!change->have || hc_differs(change, struct hc_networkd, enabled))
		(void)hc_step(plan, change, OP_ENABLE, HC_NONE, NULL, "enable at boot");
	if (change->have && hc_differs(change, struct hc_networkd, knows_files))
		(void)hc_step(plan, change, OP_FILES, HC_NONE, NULL, "restart");
}

static int apply_networkd(struct hc_call *call, struct rtnl *rtnl, const struct hc_step *step)
{
	(void)rtnl;
	return step->op == OP_ENABLE ? hc_unit_enable(call, UNIT) : hc_unit_restart(call, UNIT);
}

const struct noun networkd_noun = {
	.type = &hc_networkd,
	.plan = plan_networkd,
	.apply = apply_networkd,
};
