/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VmNet: a network card of a VM. Into which bridge it is plugged and whether the cable is in
 * changes while the guest looks on; what card it is changes when the VM starts next, as its guest
 * would lose it and find another.
 *
 * A wanted card that only what is defined or only what runs has is not there: attaching it adds the
 * half that is missing.
 */

#include <assert.h>
#include <string.h>

#include "device.h"
#include "hypervisor.h"
#include "tap.h"
#include "vm_home.h"

enum op {
	ATTACH,
	PLUG,
	DEFINE,
	DETACH,
};

#define DIFFERS(change, member) hc_differs(change, struct hc_vm_net, member)
#define SET_MEMBER(r, member) hc_set_field(r, struct hc_vm_net, member)

/* Of what can change live what runs counts where it is not as wanted, else what is defined. */
static struct hc_vm_net value_of(const struct hc_vm_net *want, const struct domain_net *defined,
				 const struct domain_net *running)
{
	struct hc_vm_net net;

	assert(defined || running); /* somebody has it */
	if (!running)
		return defined->spec;
	net = defined ? defined->spec : running->spec;
	if (!want)
		return net;
	if (running->spec.bridge && strcmp(running->spec.bridge, want->bridge ? want->bridge : ""))
		net.bridge = running->spec.bridge;
	if (running->spec.link != want->link)
		net.link = running->spec.link;
	return net;
}

static void show(const struct look *look, const char *name, const struct hc_vm_net *net)
{
	struct hc_resource *r = hc_resource_new(&look->live->found, &hc_vm_net, NULL, name);

	*(struct hc_vm_net *)r->spec = *net;
	r->made = true;
	if (net->bridge)
		SET_MEMBER(r, bridge);
	SET_MEMBER(r, model);
	SET_MEMBER(r, mac);
	SET_MEMBER(r, mtu);
	SET_MEMBER(r, link);
}

/* What runs, with the bridge that its tap is really in. */
static const struct domain_net *as_it_is(struct hc_call *call, const struct domain_net *running)
{
	const char *bridge = running && running->spec.bridge
				     ? tap_bridge(call->arena, NULL, running->tap)
				     : NULL;
	struct domain_net *net;

	if (!bridge || !strcmp(bridge, running->spec.bridge))
		return running;
	net = hc_new(call->arena, struct domain_net);
	*net = *running;
	net->spec.bridge = bridge;
	return net;
}

static void read_net(const struct look *look, const struct vm_here *here, const char *net)
{
	struct hc_call *call = look->call;
	const char *name = hc_printf(call->arena, "%s/%s", here->name, net);
	const struct hc_resource *r = hc_find(call->desired, &hc_vm_net, NULL, name);
	const struct domain_net *defined = here->defined ? vm_domain_net(here->defined, net) : NULL;
	const struct domain_net *running = here->running ? vm_domain_net(here->running, net) : NULL;
	struct hc_vm_net value;

	if (r && (!defined || (here->running && !running && !device_waits(here, true))))
		return;
	value = value_of(r ? r->spec : NULL, defined, as_it_is(call, running));
	show(look, name, &value);
}

static void read_domain(const struct look *look, const struct vm_here *here,
			const struct domain *domain, const struct domain *before)
{
	for (size_t i = 0; domain && i < domain->nnet; i++) {
		const char *name = domain->nets[i].name;

		if (name && !(before && vm_domain_net(before, name)))
			read_net(look, here, name);
	}
}

static int read_nets(const struct look *look)
{
	if (!vms_known(look, &hc_vm_net))
		return 0;
	for (size_t i = 0; i < look->vms->nhere; i++) {
		const struct vm_here *here = &look->vms->here[i];

		if (!vms_mine(look->call, look->vms, here))
			continue;
		read_domain(look, here, here->defined, NULL);
		read_domain(look, here, here->running, here->defined);
	}
	return 0;
}

static void adjust_removal(struct hc_call *call, struct hc_change *change)
{
	const char *vm = vm_of_child(call->arena, change->name);

	if (vm_fate(call, vm) != VM_WANTED)
		change->kept = hc_printf(call->arena, "it is part of VirtualMachine/%s", vm);
	else if (!device_ready(call, change->name))
		change->kept = "its VM is on its way to another node";
}

static int adjust_net(struct hc_call *call, struct hc_change *change)
{
	if (device_refused(call, change))
		return 0;
	if (change->action == HC_REMOVE)
		adjust_removal(call, change);
	else if (!device_ready(call, change->name))
		device_leave(change);
	else if (change->action == HC_CREATE || DIFFERS(change, bridge))
		change->refused = vm_no_bridge(call, change->want);
	return 0;
}

static const char *plug_verb(struct hc_call *call, const struct hc_change *change)
{
	const struct hc_vm_net *want = change->want->spec;

	if (DIFFERS(change, bridge))
		return hc_printf(call->arena, "plug it into %s", want->bridge);
	return want->link ? "plug the cable in" : "pull the cable out";
}

static void plan_update(struct hc_call *call, struct hc_change *change, struct hc_plan *plan,
			bool runs)
{
	bool plug = DIFFERS(change, bridge) || DIFFERS(change, link);
	bool card = DIFFERS(change, model) || DIFFERS(change, mac) || DIFFERS(change, mtu);

	if (plug)
		(void)hc_step(plan, change, PLUG, runs ? HC_BLIP : HC_NONE, NULL, "%s",
			      plug_verb(call, change));
	if (card)
		(void)hc_step(plan, change, DEFINE, HC_NONE, NULL, "define the card%s",
			      runs ? " for the VM's next start" : "");
}

static int plan_net(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	bool runs = device_vm_runs(call, change->name);

	switch (change->action) {
	case HC_CREATE:
		(void)hc_step(plan, change, ATTACH, HC_NONE, NULL, "attach%s",
			      runs ? " while its VM runs" : "");
		break;
	case HC_UPDATE:
	case HC_REPLACE: /* no field costs that */
		plan_update(call, change, plan, runs);
		break;
	case HC_REMOVE:
		if (!runs)
			device_leaves_first(plan, change);
		hc_step(plan, change, DETACH, runs ? HC_BLIP : HC_NONE, NULL, "detach%s",
			runs ? " while its VM runs" : "")
			->patient = true;
		break;
	}
	return 0;
}

static char *write_net(struct hc_arena *arena, const struct domain *domain, const char *name)
{
	const struct domain_net *wanted = vm_domain_net(domain, name);
	struct domain_net net;

	if (!wanted)
		return NULL;
	net = *wanted;
	net.boot = 0;
	net.address = NULL;
	return domain_write_net(arena, &net);
}

static int attach(struct hc_call *call, struct libvirt *self, const struct vm_here *here,
		  const char *name)
{
	int r = here->running && !vm_domain_net(here->running, name)
			? device_attach(call, here, name, write_net)
			: 0;

	if (r || (here->defined && vm_domain_net(here->defined, name)))
		return r;
	return vm_define(call, self, here->name, name);
}

/* libvirt leaves a tap alone that is where it has put it once. */
static int join(struct hc_call *call, const struct domain_net *net, const char *bridge)
{
	const char *is = tap_bridge(call->arena, NULL, net->tap);
	int r = is && !*is ? tap_join(net->tap, bridge) : 0;

	return r ? hc_fail(call, -r, NULL, "%s cannot join %s: %s", net->tap, bridge, strerror(-r))
		 : 0;
}

/* All that the guest sees of the card stays as it is, else libvirt refuses. */
static int plug(struct hc_call *call, struct libvirt *self, const struct vm_here *here,
		const char *name, const struct hc_vm_net *want)
{
	const struct domain_net *is = here->running ? vm_domain_net(here->running, name) : NULL;
	struct domain_net net;
	int r;

	if (is) {
		net = *is;
		net.spec.bridge = want->bridge;
		net.spec.link = want->link;
		if (virDomainUpdateDeviceFlags(here->domain, domain_write_net(call->arena, &net),
					       VIR_DOMAIN_AFFECT_LIVE))
			return hypervisor_fail(call, NULL,
					       hc_printf(call->arena, "cannot change %s", name));
		r = join(call, is, want->bridge);
		if (r)
			return r;
	}
	return vm_define(call, self, here->name, NULL);
}

static int detach(struct hc_call *call, struct libvirt *self, const struct vm_here *here,
		  const char *name)
{
	return device_detach(call, self, here, hc_printf(call->arena, "ua-%s", name),
			     here->defined && vm_domain_net(here->defined, name),
			     here->running && vm_domain_net(here->running, name));
}

static int apply_net(struct hc_call *call, struct libvirt *self, const struct hc_step *step)
{
	const struct hc_change *change = step->change;
	const char *name = device_name(change->name);
	virConnectPtr connect;
	struct vm_here here;
	int r = device_open(call, self, change->name, &connect, &here);

	if (r)
		return r;
	switch ((enum op)step->op) {
	case ATTACH:
		r = attach(call, self, &here, name);
		break;
	case PLUG:
		r = plug(call, self, &here, name, change->want->spec);
		break;
	case DEFINE:
		r = vm_define(call, self, here.name, NULL);
		break;
	case DETACH:
		r = detach(call, self, &here, name);
		break;
	}
	vm_here_done(connect, &here);
	return r;
}

static bool has_net(const struct domain *domain, const char *name)
{
	return vm_domain_net(domain, name);
}

static int settled(struct hc_call *call, struct libvirt *self, const struct hc_step *step)
{
	return step->op == DETACH ? device_gone(call, self, step->change->name, has_net) : 0;
}

const struct noun net_noun = {
	.type = &hc_vm_net,
	.read = read_nets,
	.adjust = adjust_net,
	.plan = plan_net,
	.apply = apply_net,
	.settled = settled,
};
