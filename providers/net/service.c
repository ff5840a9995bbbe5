/* SPDX-License-Identifier: Apache-2.0 */
/*
 * systemd-networkd itself. It is enabled, so that it sets up the network at boot, and not started:
 * while the machine runs, hcstate needs nobody.
 *
 * Where it runs all the same, it has to know our files as they are now: with old ones in its memory
 * it puts a NIC back into the bridge that it leaves, and brings back an address that was taken away
 * as soon as a cable is plugged. It is restarted then, which touches nothing that is right; a
 * reload would drop the routes that others put on a changed link.
 *
 * So when files that it works by are to change or go, all files of the plan are written and it is
 * restarted before anything else, once: every other change comes after this one. Files that are
 * only new wait: networkd would not hand over the addresses as carefully as we do, so it learns of
 * those when all is done.
 */

#include "reading.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
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
	uint64_t ticks, since;
	char path[64], text[1024], *after;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%" PRIu64 "/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	after = fgets(text, sizeof(text), file) ? strrchr(text, ')') : NULL;
	(void)fclose(file);                               /* it was only read */
	for (int field = 2; after && field < 22; field++) /* 22: starttime; see proc_pid_stat(5) */
		after = strchr(after + 1, ' ');
	if (!after)
		return 0;
	ticks = strtoull(after, NULL, 10);
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

static bool same_file(const char *want, const char *have)
{
	return !have || !*have || (want && !strcmp(want, have));
}

/* Whether our files of that resource, where there are any, stay as they are. */
static bool stays(const struct hc_resource *want, const struct hc_resource *have)
{
	if (have->type == &hc_ethernet) {
		const struct hc_ethernet *w = want ? want->spec : NULL, *h = have->spec;

		return same_file(w ? w->network_file : NULL, h->network_file);
	}
	if (have->type == &hc_port) {
		const struct hc_port *w = want ? want->spec : NULL, *h = have->spec;

		return same_file(w ? w->network_file : NULL, h->network_file);
	}
	if (have->type == &hc_bridge) {
		const struct hc_bridge *w = want ? want->spec : NULL, *h = have->spec;

		return same_file(w ? w->network_file : NULL, h->network_file) &&
		       same_file(w ? w->netdev_file : NULL, h->netdev_file);
	}
	return true;
}

static bool all_stay(const struct reading *reading)
{
	const struct hc_call *call = reading->call;
	const struct hc_set *found = &reading->live->found;

	for (size_t i = 0; i < found->n; i++) {
		const struct hc_resource *have = found->v[i];

		if (!stays(hc_find(call->desired, have->type, call->node, have->name), have))
			return false;
	}
	return true;
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
	struct hc_resource *r = make(reading, &hc_networkd, NETWORKD);
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
	networkd->agrees = !unit.active || !reading->call->desired || all_stay(reading);
	/* With nothing left to set up at boot no manifest asks for it, and it has to learn that. */
	r->made = !is_wanted(reading, &hc_networkd, NETWORKD) &&
		  !(networkd->knows_files && networkd->agrees);
	set_all(r);
}

static void adjust_networkd(struct hc_call *call, struct hc_change *change)
{
	(void)call;
	if (!change->want)
		change->reason = "it works by files that are gone";
	else if (change->have && !hc_has_field(change->have, struct hc_networkd, agrees))
		hc_agree(change, struct hc_networkd, agrees);
}

const struct hc_change *networkd_first(const struct hc_plan *plan, const struct hc_call *call)
{
	const struct hc_change *change = hc_plan_find(plan, &hc_networkd, call->node, NETWORKD);

	if (!change || (change->want && !hc_differs(change, struct hc_networkd, knows_files) &&
			!hc_differs(change, struct hc_networkd, agrees)))
		return NULL;
	return change;
}

/* Whether the change has boot files to write that are its own, and nothing speaks against it. */
static bool writes(struct hc_plan *plan, struct hc_call *call, const struct hc_change *change)
{
	const struct noun *noun = noun_of(change->type);
	const struct hc_change *bridge = NULL;

	if (change->refused || noun == &networkd_noun || !noun || !noun->files)
		return false;
	if (change->type == &hc_port)
		bridge = hc_plan_find(plan, &hc_bridge, change->node,
				      parent_name(plan->arena, change->name));
	if (bridge && (bridge->refused || bridge_noun.refuse(plan, call, bridge)))
		return false;
	return noun->files(change) && !(noun->refuse && noun->refuse(plan, call, change));
}

static bool any_writes(struct hc_plan *plan, struct hc_call *call)
{
	for (size_t i = 0; i < plan->n; i++)
		if (writes(plan, call, plan->change[i]))
			return true;
	return false;
}

static void plan_networkd(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	const struct hc_networkd *have = change->have ? change->have->spec : NULL;
	bool stale = have && !have->knows_files;
	bool agrees =
		!have || !hc_has_field(change->have, struct hc_networkd, agrees) || have->agrees;
	bool write = !agrees && any_writes(plan, call);

	if (change->want && (!change->have || hc_differs(change, struct hc_networkd, enabled)))
		(void)hc_step(plan, change, OP_ENABLE, HC_NONE, NULL, "enable at boot");
	if (write)
		(void)hc_step(plan, change, OP_FILES, HC_NONE, plan,
			      "write the boot files of all changes");
	if (write || stale)
		(void)hc_step(plan, change, OP_RESTART, HC_NONE, NULL, "restart");
	if (!change->nstep)
		change->refused = "it goes with changes that are refused";
}

/* Those of all changes that are done in this plan; their own steps then find them right. */
static int write_all(struct hc_call *call, struct rtnl *rtnl, const struct hc_plan *plan)
{
	int r = 0;

	for (size_t i = 0; i < plan->n; i++) {
		const struct hc_change *change = plan->change[i];
		const struct noun *noun = noun_of(change->type);

		if (change->refused || !noun || noun == &networkd_noun)
			continue;
		for (size_t k = 0; k < change->nstep && !r; k++)
			if (change->steps[k]->op == OP_FILES)
				r = noun->apply(call, rtnl, change->steps[k]);
	}
	return r;
}

static int apply_networkd(struct hc_call *call, struct rtnl *rtnl, const struct hc_step *step)
{
	if (step->op == OP_FILES)
		return write_all(call, rtnl, step->arg);
	return step->op == OP_ENABLE ? hc_unit_enable(call, UNIT) : hc_unit_restart(call, UNIT);
}

const struct noun networkd_noun = {
	.type = &hc_networkd,
	.adjust = adjust_networkd,
	.plan = plan_networkd,
	.apply = apply_networkd,
};
