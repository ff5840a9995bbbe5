/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moving a VM. One that runs is migrated: the claim names the target, libvirt begins at a crawl,
 * the target's clients of the disks are written into the claim, and only then it goes at full
 * speed. What happened is what can be seen: protocol_settle() looks at both nodes and makes the
 * claim say so, whoever began it and whoever was killed since.
 *
 * One that is shut off is handed over: its claim goes to the target, which defines it.
 */

#include "migrate.h"

#include <string.h>

#include "ha_follow.h"
#include "hypervisor.h"
#include "job.h"
#include "migrate_job.h"
#include "text.h"
#include "vm.h"
#include "vm_home.h"
#include "vm_power.h"

enum {
	APPEAR_US = 15000000, /* until the target's clients are there */
	LOOK_US = 50000,
	LONG_US = 120000000, /* for one try */
};

/* One that stands still is let run first. */
static bool is_there(const struct hc_vm *have)
{
	return have && (have->running || (have->state && !strcmp(have->state, "paused")));
}

void migrate_plan(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	const struct hc_vm *want = change->want->spec;
	const struct hc_vm *have = change->have ? change->have->spec : NULL;
	const struct hc_vm_claim *claim = vm_claim(call, change->name);
	struct hc_step *step;

	if (claim && claim->state == HC_CLAIM_MIGRATING)
		step = hc_step(plan, change, MIGRATE_WATCH, HC_NONE, NULL,
			       "see its move to %s to the end", claim->target);
	else if (is_there(have) && want->running)
		step = hc_step(plan, change, MIGRATE_LIVE, HC_BLIP, NULL,
			       "move it to %s while it runs", want->node);
	else
		step = hc_step(plan, change, MIGRATE_HAND_OVER, HC_NONE, NULL, "hand it over to %s",
			       want->node);
	step->deadline_us = LONG_US;
	step->patient = true;
}

static virDomainPtr domain_of(const struct vm_power *power)
{
	return power->connect ? virDomainLookupByUUIDString(power->connect, power->protocol.uuid)
			      : NULL;
}

/* Asks again and again, which must not say again and again what is waited for. */
static int may_switch(const struct vm_power *power)
{
	struct hc_call *call = power->protocol.call;
	const struct hc_diags before = call->diags;
	int r = protocol_may_switch(&power->protocol);

	if (r == -EAGAIN)
		call->diags = before;
	return r;
}

static bool goes_on(struct libvirt *self, const struct vm_power *power)
{
	struct migration_progress progress;
	virDomainPtr domain = domain_of(power);
	bool runs = job_runs(self->jobs,
			     migration_job(power->protocol.call->arena, power->protocol.vm)) ||
		    (domain && migration_look(domain, &progress));

	if (domain)
		(void)virDomainFree(domain);
	return runs;
}

/* Waits for the target's clients. 0: they are in the claim, or it has ended before. */
static int record(struct libvirt *self, const struct vm_power *power, const char *target)
{
	uint64_t until = hc_now() + APPEAR_US;
	int r = may_switch(power);

	while (r == -EAGAIN && hc_now() < until && goes_on(self, power)) {
		(void)usleep(LOOK_US); /* woken early it only asks sooner */
		r = may_switch(power);
	}
	if (r != -EAGAIN)
		return r;
	if (!goes_on(self, power))
		return 0;
	return hc_fail(power->protocol.call, ETIMEDOUT, NULL,
		       "%s did not open the disks of %s in time; the move is called off", target,
		       power->protocol.vm);
}

/* Until memory is on its way, or all is over. */
static void hurry(struct libvirt *self, const struct vm_power *power, virDomainPtr domain)
{
	uint64_t until = hc_now() + APPEAR_US;
	struct migration_progress progress;

	while (hc_now() < until && goes_on(self, power)) {
		if (migration_look(domain, &progress) && progress.sends)
			break;
		(void)usleep(LOOK_US);
	}
	migration_hurry(domain);
}

static int let_switch(struct libvirt *self, const struct vm_power *power, const char *target)
{
	virDomainPtr domain = domain_of(power);
	int r;

	if (!domain)
		return 0; /* it is over already */
	r = record(self, power, target);
	if (r)
		(void)virDomainAbortJob(domain); /* it may have ended by now */
	else
		hurry(self, power, domain);
	(void)virDomainFree(domain);
	return r;
}

static int migrate(struct hc_call *call, struct libvirt *self, const struct vm_power *power,
		   const char *target)
{
	virDomainPtr domain;
	int r = protocol_migrate(&power->protocol, target);

	if (r)
		return r;
	if (!goes_on(self, power)) {
		domain = domain_of(power);
		if (!domain)
			return hypervisor_fail(call, NULL, "looking for the domain");
		r = migration_begin(call, self, domain, power->protocol.vm, target);
		(void)virDomainFree(domain);
	}
	return r ? r : let_switch(self, power, target);
}

/* One that goes on without us, as who began it was killed. It may be at the target's side. */
static int watch(struct libvirt *self, const struct vm_power *power)
{
	struct claim claim;

	if (!goes_on(self, power) || power->protocol.ops->get(&power->protocol, &claim) ||
	    claim.state != HC_CLAIM_MIGRATING || !claim.node ||
	    strcmp(claim.node, power->protocol.node) != 0)
		return 0;
	return let_switch(self, power, claim.target);
}

static int undefine(struct hc_call *call, virConnectPtr connect, const char *uuid)
{
	virDomainPtr domain;
	int r = vm_lookup(call, connect, uuid, &domain);

	if (r || !domain)
		return r;
	if (!vm_undefine(domain))
		r = hypervisor_fail(call, NULL, "cannot undefine it here");
	(void)virDomainFree(domain);
	return r;
}

static bool has_added(const struct domain *domain)
{
	bool any = domain->others;

	for (size_t i = 0; i < domain->ndisk; i++)
		any |= !domain->disks[i].name;
	for (size_t i = 0; i < domain->nnet; i++)
		any |= !domain->nets[i].name;
	return any;
}

/* The node that takes it over defines it by the manifests alone. */
static int check_added(struct hc_call *call, struct libvirt *self, const struct protocol *p,
		       const char *target)
{
	const char *object = hc_printf(call->arena, "VirtualMachine/%s", p->vm);
	virConnectPtr connect;
	struct vm_here here;
	bool added;
	int r = vm_here_now(call, self, p->uuid, &connect, &here);

	if (r)
		return r;
	added = here.defined && has_added(here.defined);
	vm_here_done(connect, &here);
	if (!added || hc_approved(call, object))
		return 0;
	call->futile = true;
	return hc_fail(call, EBUSY, NULL,
		       "somebody gave it devices that no manifest has, and it would come to %s "
		       "without them: it keeps them when it moves while it runs; --approve %s "
		       "hands it over without",
		       target, object);
}

static int hand_over(struct hc_call *call, struct libvirt *self, const struct vm_power *power,
		     const char *target)
{
	int r = check_added(call, self, &power->protocol, target);

	if (!r)
		r = protocol_move(&power->protocol, target);
	return r ? r : undefine(call, power->connect, power->protocol.uuid);
}

int migrate_apply(struct hc_call *call, struct libvirt *self, const struct hc_step *step)
{
	const struct hc_vm *want = step->change->want->spec;
	struct vm_power power;
	int r = vm_power_open(call, self, step->change->name, want->uuid, &power);

	if (r)
		return r;
	switch ((enum migrate_op)step->op) {
	case MIGRATE_LIVE:
		r = migrate(call, self, &power, want->node);
		break;
	case MIGRATE_WATCH:
		r = watch(self, &power);
		break;
	case MIGRATE_HAND_OVER:
		r = hand_over(call, self, &power, want->node);
		break;
	}
	return vm_power_close(&power, r);
}

/* For those who look; that it arrived does not depend on it. */
static void note_times(const struct vm_power *power, const struct claim *claim)
{
	struct hc_call *call = power->protocol.call;
	const struct hc_diags before = call->diags;
	uint64_t ms = 0, downtime_ms = 0;
	virConnectPtr there = power->connect;
	bool away = strcmp(claim->node, call->node) != 0;
	const char *why;

	if (away && hypervisor_open_other(call, claim->node, &there, &why))
		return;
	if (migration_took(there, power->protocol.uuid, &ms, &downtime_ms))
		(void)protocol_moved(&power->protocol, ms, downtime_ms);
	if (away)
		(void)virConnectClose(there);
	call->diags = before;
}

static bool has_arrived(const struct claim *claim)
{
	return claim->state == HC_CLAIM_RUNNING && is(claim->node, claim->migration.to);
}

/* libvirt has ended it. `job`: what it said; it may be wrong, as when its answer was lost. */
static int end(struct hc_call *call, const struct vm_power *power, int job,
	       const struct hc_diags *before)
{
	const struct protocol *p = &power->protocol;
	struct claim was, claim;
	int r = p->ops->get(p, &was);

	if (r)
		return job;
	if (was.state == HC_CLAIM_MIGRATING) {
		r = vm_ha_end_move(power);
		if (!r)
			r = protocol_settle(p);
		if (!r)
			r = p->ops->get(p, &claim);
		if (r)
			return job ? job : r;
		if (!is(claim.node, was.target))
			return job ? job
				   : hc_fail(call, EIO, NULL,
					     "%s did not get to %s and goes on running on %s",
					     p->vm, was.target, was.node);
		was = claim;
	}
	if (!has_arrived(&was))
		return job;
	call->diags = *before;
	if (!was.migration.ms)
		note_times(power, &was);
	return 0;
}

int migrate_settled(struct hc_call *call, struct libvirt *self, const struct hc_step *step)
{
	const struct hc_vm *want = step->change->want->spec;
	const struct hc_diags before = call->diags;
	struct vm_power power;
	virDomainPtr domain;
	int r;

	if (step->op == MIGRATE_HAND_OVER)
		return 0;
	r = vm_power_open(call, self, step->change->name, want->uuid, &power);
	if (r)
		return r;
	if (goes_on(self, &power)) {
		domain = domain_of(&power);
		r = migration_wait(call, domain, want->node ? want->node : "another node");
		if (domain)
			(void)virDomainFree(domain);
	} else {
		r = job_settled(call, self->jobs, migration_job(call->arena, power.protocol.vm));
		r = end(call, &power, r, &before);
	}
	return vm_power_close(&power, r);
}
