/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose a VM is, from what was read and what the manifests say; pure, so that every node comes to
 * the same answer and a plan can be made from a file.
 *
 * The claim comes before the manifest: a VM that was moved is planned for where it is, not where it
 * was asked for. Of a VM under HA that no node runs HA's place comes before both. A mistake here
 * costs nothing but a refusal: two nodes that both believe to be a VM's home write its first claim
 * in one atomic operation, and one of them loses.
 */

#include "vm_home.h"

#include <string.h>

#include <hcstate/cluster.h>

#include "ha_order.h"

const struct hc_vm_claim *vm_claim(const struct hc_call *call, const char *vm)
{
	const struct hc_resource *r =
		call->live ? hc_find(&call->live->found, &hc_vm_claim, NULL, vm) : NULL;

	return r ? r->spec : NULL;
}

/* With a single node there is no choice. */
static const char *only_node(const struct hc_call *call)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(call->whole, &hc_node, &n);

	return n == 1 ? v[0]->name : NULL;
}

/* What nobody runs is where HA says. */
static const char *placed(const struct hc_call *call, const char *vm,
			  const struct hc_vm_claim *claim)
{
	struct order order;

	if ((claim && claim->node && claim->state != HC_CLAIM_FREE) || !vm_order(call, vm, &order))
		return NULL;
	return order_home(&order, claim && claim->node);
}

const char *vm_home(const struct hc_call *call, const char *vm)
{
	const struct hc_vm_claim *claim = vm_claim(call, vm);
	const struct hc_resource *want = hc_find(call->desired, &hc_vm, NULL, vm);
	const struct hc_vm *asked = want ? want->spec : NULL;
	const char *place = placed(call, vm, claim);

	if (place)
		return place;
	if (claim && claim->node)
		return claim->node;
	if (asked && asked->node)
		return asked->node;
	return only_node(call);
}

bool vm_is_home(const struct hc_call *call, const char *vm)
{
	const char *home = vm_home(call, vm);

	return home && !strcmp(home, call->node);
}

char *vm_of_child(struct hc_arena *arena, const char *name)
{
	return hc_strndup(arena, name, strcspn(name, "/"));
}

bool vm_has_child(const char *vm, const struct hc_resource *r)
{
	size_t size = strlen(vm);

	return !strncmp(r->name, vm, size) && r->name[size] == '/';
}

enum vm_fate vm_fate(struct hc_call *call, const char *vm)
{
	const struct hc_resource *have =
		call->live ? hc_find(&call->live->found, &hc_vm, NULL, vm) : NULL;
	const struct hc_vm *is = have ? have->spec : NULL;

	if (hc_find(call->desired, &hc_vm, NULL, vm))
		return VM_WANTED;
	if (!is || hc_approved(call, hc_resource_text(call->arena, have)))
		return VM_GOES;
	/* Of a move or a start that has not come to its end nobody can say that it does not run. */
	return is->running || !hc_has_field(have, struct hc_vm, running) || !is->settled ? VM_STAYS
											 : VM_GOES;
}
