/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of a VM, taken. Each looks at claim and domain as they are now: the plan may be older
 * than a crash. The claim comes first and goes first: while there is none, nobody starts the VM,
 * and who has it is alone in making and defining.
 */

#include <errno.h>
#include <string.h>

#include "disk.h"
#include "ha_follow.h"
#include "hypervisor.h"
#include "migrate.h"
#include "seed.h"
#include "vm_home.h"
#include "vm_live.h"
#include "vm_ops.h"
#include "vm_power.h"

static const struct hc_resource *object_of(const struct hc_step *step)
{
	return step->change->want ? step->change->want : step->change->have;
}

static const char *uuid_of(const struct hc_step *step)
{
	return ((const struct hc_vm *)object_of(step)->spec)->uuid;
}

static int with_power(struct hc_call *call, struct libvirt *self, const struct hc_step *step,
		      int (*act)(struct vm_power *power))
{
	struct vm_power power;
	int r = vm_power_open(call, self, step->change->name, uuid_of(step), &power);

	return r ? r : vm_power_close(&power, act(&power));
}

/* A claim that is free and this node's, before anything of the VM is there. */
static int take_claim(struct vm_power *power)
{
	const struct protocol *p = &power->protocol;
	struct claim claim;
	int r = p->ops->get(p, &claim);

	if (r)
		return hc_fail(p->call, -r, NULL, "its claim cannot be read: %s", strerror(-r));
	if (claim.epoch && claim.node && !strcmp(claim.node, p->node))
		return 0;
	if (claim.epoch && claim.node)
		return hc_wait(p->call, "%s has its claim", claim.node);
	return protocol_move(p, p->node);
}

static int make_disks(struct hc_call *call, struct libvirt *self, const char *vm)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(call->desired, &hc_vm_disk, &n);
	int r = 0;

	for (size_t i = 0; !r && i < n; i++)
		if (vm_has_child(vm, v[i]))
			r = disk_make(call, self, v[i]);
	return r;
}

static int make(struct hc_call *call, struct libvirt *self, const struct hc_step *step)
{
	const char *vm = step->change->name;
	int r = with_power(call, self, step, take_claim);

	if (!r)
		r = make_disks(call, self, vm);
	return r ? r : seed_give(call, self, vm);
}

/* What could not start takes nothing's place. */
static int define(struct hc_call *call, struct libvirt *self, const struct hc_change *change)
{
	bool starts = ((const struct hc_vm *)change->want->spec)->running;
	int r = starts ? vm_try(call, self, change->name) : 0;

	return r ? r : vm_define(call, self, change->name, NULL);
}

static int start(struct vm_power *power)
{
	return protocol_start(&power->protocol);
}

/* A guest that is gone frees its claim; one that is there gets it right. */
static int settle(struct vm_power *power)
{
	const struct protocol *p = &power->protocol;
	enum protocol_guest guest;
	int r = p->ops->guest(p, &guest);

	if (!r && guest == GUEST_PAUSED)
		r = vm_ha_may_settle(power);
	if (!r)
		r = vm_ha_end_move(power);
	if (r)
		return r;
	return guest == GUEST_GONE ? protocol_stopped(p) : protocol_settle(p);
}

static int ask(struct vm_power *power)
{
	return protocol_ask(&power->protocol);
}

static int forget(struct vm_power *power)
{
	const struct protocol *p = &power->protocol;
	struct claim claim;
	int r = p->ops->get(p, &claim);

	if (!r && claim.why)
		return hc_fail(p->call, EBADMSG, NULL, "its claim cannot be read: %s", claim.why);
	if (!r && !claim.epoch)
		return 0;
	if (!r && claim.state != HC_CLAIM_FREE)
		return hc_wait(p->call, "its claim is %s", hc_claim_state_words[claim.state]);
	if (!r && claim.node && strcmp(claim.node, p->node) != 0)
		return hc_wait(p->call, "%s has its claim", claim.node);
	if (!r)
		r = claim_store_remove(&power->store, p->call->arena, &claim);
	if (r == -ECANCELED)
		return hc_wait(p->call, "its claim has just been changed");
	return r ? hc_fail(p->call, -r, NULL, "its claim cannot be removed: %s", strerror(-r)) : 0;
}

static int undefine(struct hc_call *call, struct libvirt *self, const struct hc_step *step)
{
	virConnectPtr connect;
	struct vm_here here;
	int r = vm_here_now(call, self, uuid_of(step), &connect, &here);

	if (r)
		return r;
	if (here.domain && here.active)
		r = hc_wait(call, "it runs again");
	else if (here.domain && here.ours && !vm_undefine(here.domain))
		r = hypervisor_fail(call, NULL, "undefining it");
	vm_here_done(connect, &here);
	return r;
}

static int take(struct hc_call *call, struct libvirt *self, const struct hc_step *step)
{
	switch ((enum vm_op)step->op) {
	case VM_PLACE:
		return hc_wait(call, "%s", vm_unplaced(call));
	case VM_AWAIT: /* then it is made here, by another plan */
		return hc_wait(call, "%s hands it over", vm_home(call, step->change->name));
	case VM_MAKE:
		return make(call, self, step);
	case VM_DEFINE:
		return define(call, self, step->change);
	case VM_ALONE:
		return vm_leave_alone(call, self, uuid_of(step));
	case VM_START:
		return with_power(call, self, step, start);
	case VM_STOP:
		return vm_stop_begin(call, self, uuid_of(step));
	case VM_SETTLE:
		return with_power(call, self, step, settle);
	case VM_ASK:
		return with_power(call, self, step, ask);
	case VM_FORGET:
		return with_power(call, self, step, forget);
	case VM_UNDEFINE:
		return undefine(call, self, step);
	case VM_TAKE:
	case VM_TAKE_OVER:
	case VM_ANSWER:
		return vm_ha_apply(call, self, step);
	}
	return 0;
}

static int take_any(struct hc_call *call, struct libvirt *self, const struct hc_step *step)
{
	if (step->op >= VM_MOVE_OPS)
		return migrate_apply(call, self, step);
	if (step->op >= VM_LIVE_OPS)
		return vm_live_apply(call, self, step);
	return take(call, self, step);
}

int vm_apply(struct hc_call *call, struct libvirt *self, const struct hc_step *step)
{
	int r = vm_ha_begin(call, self, step);

	return r ? r : vm_ha_end(call, self, step, take_any(call, self, step));
}

static int settled(struct hc_call *call, struct libvirt *self, const struct hc_step *step)
{
	if (step->op >= VM_MOVE_OPS)
		return migrate_settled(call, self, step);
	if (step->op == VM_STOP)
		return vm_stop_settled(call, self, step->change->name, uuid_of(step));
	return 0;
}

int vm_settled(struct hc_call *call, struct libvirt *self, const struct hc_step *step)
{
	return vm_ha_settled(call, self, step, settled(call, self, step));
}
