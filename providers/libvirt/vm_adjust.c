/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What speaks against a change of a VM. Only its home changes it: for all other nodes what is asked
 * for is so already, whatever they see of it, as only its home knows. What another node may do is
 * to end what has come to it: a guest that runs there.
 *
 * A `node` that differs is a move, unless the VM was there already: what counts is the last `node`
 * of the manifests that was satisfied, which stands in the claim. So whoever moves a VM by other
 * means is not contradicted.
 */

#include <string.h>

#include <hcstate/cluster.h>

#include "ha_follow.h"
#include "migrate.h"
#include "text.h"
#include "vm_home.h"
#include "vm_ops.h"

static void so_already(struct hc_change *change)
{
	change->have = change->want;
	change->differs = 0;
}

/* Why nobody can tell whether it runs: corosync says that the node that has it is no member now.
 * NULL: it is. */
static const char *unreachable(struct hc_call *call, const char *vm)
{
	const struct hc_vm_claim *claim = vm_claim(call, vm);
	const struct hc_resource *r =
		claim && claim->node ? hc_find(&call->live->found, &hc_node, NULL, claim->node)
				     : NULL;

	if (!r || claim->state == HC_CLAIM_FREE || !hc_has_field(r, struct hc_node, member) ||
	    ((const struct hc_node *)r->spec)->member)
		return NULL;
	return hc_printf(call->arena,
			 "%s has it and is not a member of the cluster now: nobody knows whether "
			 "it runs",
			 claim->node);
}

/* It is off and asked for here, so it will be this node's to make in a moment. */
static bool is_coming(struct hc_call *call, const struct hc_change *change)
{
	const struct hc_vm_claim *claim = vm_claim(call, change->name);
	const struct hc_vm *want = change->want->spec;

	return claim && claim->state == HC_CLAIM_FREE && is(want->node, call->node) &&
	       migrate_is_due(call, change->name);
}

/* Of another node's VM nothing is compared but whether a guest that is here has to be seen to, and
 * whether that node is there at all. */
void vm_leave_to_home(struct hc_call *call, struct hc_change *change)
{
	const struct hc_vm *have = change->have ? change->have->spec : NULL;
	const char *gone = unreachable(call, change->name);

	if (have && hc_has_field(change->have, struct hc_vm, settled) && !have->settled) {
		change->differs &= hc_field_bit(&hc_vm, offsetof(struct hc_vm, settled));
	} else if (have && is_coming(call, change)) {
		change->differs &= hc_field_bit(&hc_vm, offsetof(struct hc_vm, node));
	} else {
		so_already(change);
		change->unsure = gone;
	}
}

/* A document that got another name would be a second VM with the identity of the first, or with its
 * disks, which are called by its id. */
static const char *namesake(struct hc_call *call, const struct hc_change *change)
{
	const struct hc_vm *want = change->want->spec;
	size_t n;
	struct hc_resource *const *v = hc_of_type(&call->live->found, &hc_vm, &n);

	for (size_t i = 0; i < n; i++) {
		const struct hc_vm *other = v[i]->spec;

		if (!strcmp(v[i]->name, change->name))
			continue;
		if (is(want->uuid, other->uuid))
			return hc_printf(call->arena, "%s has its uuid %s: a VM keeps its name",
					 hc_resource_text(call->arena, v[i]), want->uuid);
		if (want->id == other->id && vm_fate(call, v[i]->name) != VM_GOES)
			return hc_printf(call->arena, "%s has its id %u, and with it its disks",
					 hc_resource_text(call->arena, v[i]), want->id);
	}
	return NULL;
}

void vm_adjust_new(struct hc_call *call, struct hc_change *change)
{
	change->refused = namesake(call, change);
}

static void adjust_create(struct hc_call *call, struct hc_change *change)
{
	vm_adjust_new(call, change);
	if (!change->refused)
		change->refused = vm_lacks(call, change->want, true);
}

/* A domain of somebody else, with the name of one that is asked for. */
static bool is_foreign(const struct hc_change *change)
{
	return !change->have->made && hc_has_field(change->have, struct hc_vm, uuid);
}

static void refuse_foreign(struct hc_call *call, struct hc_change *change)
{
	const struct hc_vm *have = change->have->spec, *want = change->want->spec;

	change->refused = hc_printf(
		call->arena,
		"libvirt has a domain of that name which hcstate did not make: its uuid is %s, "
		"asked for is %s",
		have->uuid, want->uuid);
}

/* By the claim: the manifests' `node` was satisfied before, and what became of it since stays. */
static void agree_on_node(const struct hc_call *call, struct hc_change *change)
{
	const struct hc_vm_claim *claim = vm_claim(call, change->name);
	const struct hc_vm *want = change->want->spec;

	if (claim && is(claim->asked_node, want->node))
		hc_agree(change, struct hc_vm, node);
}

static void agree_as_libvirt_has_it(struct hc_call *call, struct hc_change *change)
{
	const struct hc_vm *have = change->have->spec, *want = change->want->spec;

	if (is(vm_medium_path(call, want->cdrom), have->cdrom))
		hc_agree(change, struct hc_vm, cdrom);
	if (hc_has_field(change->have, struct hc_vm, machine) &&
	    domain_same_machine(want->machine, have->machine))
		hc_agree(change, struct hc_vm, machine);
}

static void adjust_update(struct hc_call *call, struct hc_change *change)
{
	agree_as_libvirt_has_it(call, change);
	agree_on_node(call, change);
	if (hc_differs(change, struct hc_vm, node) && !vm_asks_only(call, change))
		change->refused = migrate_refusal(call, change);
	else if (hc_differs(change, struct hc_vm, firmware) ||
		 (hc_differs(change, struct hc_vm, running) &&
		  ((const struct hc_vm *)change->want->spec)->running))
		change->refused = vm_lacks(call, change->want, false);
}

void vm_adjust_fields(struct hc_call *call, struct hc_change *change)
{
	/* told of our own domains alone */
	if (!hc_has_field(change->have, struct hc_vm, libvirt_autostart))
		hc_agree(change, struct hc_vm, libvirt_autostart);
	if (is_foreign(change))
		refuse_foreign(call, change);
	else
		adjust_update(call, change);
}

static void adjust_removal(struct hc_call *call, struct hc_change *change)
{
	const struct hc_vm *have = change->have->spec;

	if (vm_fate(call, change->name) == VM_STAYS)
		change->kept = hc_printf(
			call->arena,
			"not in the manifests, and %s; --approve %s shuts it down and removes it; "
			"its disks stay",
			have->running ? "it runs" : "its claim does not say that it is off",
			hc_change_text(call->arena, change));
}

bool vm_asks_only(const struct hc_call *call, const struct hc_change *change)
{
	const struct hc_vm_claim *claim = vm_claim(call, change->name);
	const struct hc_vm *want = change->want->spec;

	return claim && is(claim->node, want->node);
}

int vm_adjust(struct hc_call *call, struct hc_change *change)
{
	struct order order;

	if (change->action == HC_REMOVE)
		adjust_removal(call, change);
	else if (vm_order(call, change->name, &order))
		vm_ha_adjust(call, change, &order);
	else if (!vm_home(call, change->name))
		return 0; /* all wait for it */
	else if (!vm_is_home(call, change->name))
		vm_leave_to_home(call, change);
	else if (!change->have)
		adjust_create(call, change);
	else
		vm_adjust_fields(call, change);
	return 0;
}
