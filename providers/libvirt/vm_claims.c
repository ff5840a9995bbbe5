/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VmClaim: what stands in the claims, as evidence for whoever plans. It goes by the VM's name, as
 * all else does; a claim that belongs to an earlier VM of a name that the manifests have now is
 * nobody's evidence. Of several that no manifest names and that share a name each has its uuid.
 *
 * A VM that has no claim and may be anywhere gets one of epoch 0 here: the node that has the most
 * free memory, by what the hcstate processes told each other, counting what was given away before
 * it. So does one whose claim names no node, as it was taken from a node that was lost. It is kept
 * nowhere; the claim that this node writes before it makes the VM settles it.
 */

#include <stdlib.h>
#include <string.h>

#include <hcstate/cluster.h>

#include "ha_order.h"
#include "vm_ops.h"

#define MIB (UINT64_C(1) << 20)

#define SET_MEMBER(r, member) hc_set_field(r, struct hc_vm_claim, member)

static const struct hc_resource *vm_of_uuid(const struct hc_set *desired, const char *uuid)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(desired, &hc_vm, &n);

	for (size_t i = 0; i < n; i++) {
		const struct hc_vm *vm = v[i]->spec;

		if (vm->uuid && !strcmp(vm->uuid, uuid))
			return v[i];
	}
	return NULL;
}

/* Whether what no manifest names has its name for itself: there may be what is left of several VMs
 * that were called so, one after the other. */
static bool is_only(const struct look *look, const struct claim *claim)
{
	const struct vm_here *here = vms_here(look->vms, claim->vm);

	if (here)
		return claim->uuid && !strcmp(here->uuid, claim->uuid);
	for (size_t i = 0; i < look->vms->nclaim; i++) {
		const struct claim *other = &look->vms->claims[i];

		if (other != claim && other->vm && !strcmp(other->vm, claim->vm) &&
		    !(other->uuid && vm_of_uuid(look->call->desired, other->uuid)))
			return false;
	}
	return true;
}

/* NULL: no VM that is now. */
static const char *name_of(const struct look *look, const struct claim *claim)
{
	const struct hc_set *desired = look->call->desired;
	const struct hc_resource *vm = claim->uuid ? vm_of_uuid(desired, claim->uuid) : NULL;

	if (vm)
		return vm->name;
	if (!claim->vm || hc_find(desired, &hc_vm, NULL, claim->vm))
		return NULL;
	return is_only(look, claim) ? claim->vm : claim->uuid;
}

static void add_claim(const struct look *look, const struct claim *claim)
{
	const char *name = name_of(look, claim);
	struct hc_resource *r;

	if (!name)
		return;
	r = hc_resource_new(&look->live->found, &hc_vm_claim, NULL, name);
	*(struct hc_vm_claim *)r->spec = (struct hc_vm_claim){
		.uuid = claim->uuid,
		.node = claim->node,
		.target = claim->target,
		.asked_node = claim->asked_node,
		.state = claim->state,
		.epoch = claim->epoch,
		.addresses = claim->addresses,
	};
	SET_MEMBER(r, uuid);
	SET_MEMBER(r, state);
	SET_MEMBER(r, epoch);
	SET_MEMBER(r, addresses);
	if (claim->node)
		SET_MEMBER(r, node);
	if (claim->target)
		SET_MEMBER(r, target);
	if (claim->asked_node)
		SET_MEMBER(r, asked_node);
}

/* A node and what it told, less what was given away here. */
struct room {
	const char *node;
	uint64_t free;
};

static bool is_node(const struct hc_call *call, const char *name)
{
	return hc_find(call->whole, &hc_node, NULL, name);
}

/* Of the nodes whose hcstate runs one that has not told yet; NULL: all have. */
static const char *silent(const struct hc_call *call)
{
	for (size_t i = 0; i < call->peers->n; i++) {
		const char *node = call->peers->v[i].node;

		if (is_node(call, node) && !hc_heard(call, node, VM_ROOM))
			return node;
	}
	return NULL;
}

const char *vm_unplaced(struct hc_call *call)
{
	if (!call->peers->joined || !call->peers->quorate)
		return "which node has the most room is not known: this one is not in a quorate "
		       "cluster";
	if (silent(call))
		return hc_printf(call->arena, "%s has not told how much room it has", silent(call));
	return "which node has the most room was not known when it was looked";
}

/* The nodes that have room. While one has not told what it has none of them is the one. */
static size_t find_rooms(const struct hc_call *call, struct room **rooms)
{
	const struct hc_peers *peers = call->peers;
	size_t n = 0;

	*rooms = hc_alloc(call->arena, (peers->n + 1) * sizeof(**rooms));
	if (!peers->joined || !peers->quorate || silent(call))
		return 0;
	for (size_t i = 0; i < peers->n; i++) {
		const char *node = peers->v[i].node, *free = hc_heard(call, node, VM_ROOM);
		uint64_t mib = free ? strtoull(free, NULL, 10) : 0;

		if (mib && is_node(call, node))
			(*rooms)[n++] = (struct room){node, mib * MIB};
	}
	return n;
}

/* Of two that are equal the one whose name comes first, on every node. */
static struct room *largest(struct room *rooms, size_t n)
{
	struct room *best = n ? &rooms[0] : NULL;

	for (size_t i = 1; i < n; i++)
		if (rooms[i].free > best->free ||
		    (rooms[i].free == best->free && strcmp(rooms[i].node, best->node) < 0))
			best = &rooms[i];
	return best;
}

/* One that is nobody's; NULL: it has none at all. */
static struct hc_resource *free_claim(const struct look *look, const char *vm)
{
	const struct hc_set *found = &look->live->found;

	for (size_t i = 0; i < found->n; i++) /* not sorted yet */
		if (found->v[i]->type == &hc_vm_claim && !strcmp(found->v[i]->name, vm))
			return found->v[i];
	return NULL;
}

static void propose(const struct look *look, const struct hc_resource *want, const char *node)
{
	struct hc_resource *r = free_claim(look, want->name);
	struct hc_vm_claim *claim;

	if (r) {
		((struct hc_vm_claim *)r->spec)->node = hc_strdup(look->call->arena, node);
		SET_MEMBER(r, node);
		return;
	}
	r = hc_resource_new(&look->live->found, &hc_vm_claim, NULL, want->name);
	claim = r->spec;
	claim->uuid = ((const struct hc_vm *)want->spec)->uuid;
	claim->node = hc_strdup(look->call->arena, node);
	claim->state = HC_CLAIM_FREE;
	SET_MEMBER(r, uuid);
	SET_MEMBER(r, node);
	SET_MEMBER(r, state);
	SET_MEMBER(r, epoch);
}

static void place(const struct look *look, const struct hc_resource *want, struct room *rooms,
		  size_t n)
{
	const struct hc_vm *vm = want->spec;
	const struct vm_here *here = vms_here(look->vms, want->name);
	const struct claim *claim = vms_claim(look->vms, vm->uuid);
	struct room *room;

	if (vm->node || (claim && (claim->why || claim->node)) ||
	    (claim && vm_under_ha(look->call->desired, want->name)))
		return;
	if (here && here->ours) { /* whatever became of its claim */
		propose(look, want, look->call->node);
		return;
	}
	room = largest(rooms, n);
	if (!room)
		return;
	propose(look, want, room->node);
	room->free -= vm->memory < room->free ? vm->memory : room->free;
}

void vm_read_claims(const struct look *look)
{
	const struct vms *vms = look->vms;
	struct room *rooms;
	size_t n, nroom = find_rooms(look->call, &rooms);
	struct hc_resource *const *v = hc_of_type(look->call->desired, &hc_vm, &n);

	for (size_t i = 0; i < vms->nclaim; i++)
		add_claim(look, &vms->claims[i]);
	for (size_t i = 0; i < n; i++)
		place(look, v[i], rooms, nroom);
}
