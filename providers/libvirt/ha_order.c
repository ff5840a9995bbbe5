/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What HA decided, read from the live HaResource and HaNode that the provider ha shows. What cannot
 * be read is said to be unknown, and then nobody starts, stops or moves the VM: its decision is
 * kept in Ceph, and may be another one by now.
 */

#include "ha_order.h"

#include <string.h>

#include "text.h"
#include "vm_home.h"

static bool is_of(const struct hc_resource *r, const char *vm)
{
	return is(((const struct hc_ha_resource *)r->spec)->vm, vm);
}

/* Most are called as their VM is. */
static const struct hc_resource *resource_of(const struct hc_set *set, const char *vm)
{
	const struct hc_resource *named = hc_find(set, &hc_ha_resource, NULL, vm);
	size_t n;
	struct hc_resource *const *v;

	if (named && is_of(named, vm))
		return named;
	v = hc_of_type(set, &hc_ha_resource, &n);
	for (size_t i = 0; i < n; i++)
		if (is_of(v[i], vm))
			return v[i];
	return NULL;
}

static const struct hc_resource *wanted(const struct hc_set *set, const char *vm)
{
	const struct hc_resource *r = resource_of(set, vm);

	return r && ((const struct hc_ha_resource *)r->spec)->state != HC_HA_IGNORED ? r : NULL;
}

bool vm_under_ha(const struct hc_set *set, const char *vm)
{
	return wanted(set, vm);
}

/* -1: it is none. */
static int state_of(const char *word)
{
	for (int i = 0; word && i <= HA_IS_ERROR; i++)
		if (is(word, ha_words[i]))
			return i;
	return -1;
}

static bool moves(const struct order *order)
{
	return order->is == HA_IS_MIGRATE || order->is == HA_IS_RELOCATE;
}

static void take(const struct hc_ha_resource *have, struct order *order)
{
	int state = state_of(have->is);

	order->is = state < 0 ? HA_IS_ERROR : (enum ha_is)state;
	order->place = have->place;
	order->target = have->target;
	order->runs = have->runs;
	order->number = have->order;
	if (state < 0 || !have->place || (moves(order) && !have->target))
		order->unknown = "what is shown of it is no decision";
}

bool vm_order(const struct hc_call *call, const char *vm, struct order *order)
{
	const struct hc_resource *want = wanted(call->desired, vm), *have;

	*order = (struct order){.is = HA_IS_ERROR};
	if (!want)
		return false;
	if (!call->live)
		order->unknown = "nobody looked";
	else
		order->unknown = hc_why_unknown(call->live, &hc_ha_resource);
	if (order->unknown)
		return true;
	have = hc_find(&call->live->found, &hc_ha_resource, NULL, want->name);
	if (have && ((const struct hc_ha_resource *)have->spec)->is)
		take(have->spec, order);
	else
		order->unknown = "there is none yet";
	return true;
}

bool order_is_mine(const struct hc_call *call, const struct order *order)
{
	return !order->unknown && is(order->place, call->node);
}

bool order_moves(const struct order *order)
{
	return !order->unknown && moves(order);
}

const char *order_home(const struct order *order, bool had)
{
	if (order->unknown)
		return NULL;
	switch (order->is) {
	case HA_IS_STOPPED:
	case HA_IS_REQUEST_STOP:
	case HA_IS_STARTED:
		return order->place;
	case HA_IS_MIGRATE:
	case HA_IS_RELOCATE:
	case HA_IS_FENCE:
	case HA_IS_RECOVERY:
	case HA_IS_FREEZE:
	case HA_IS_ERROR:
		return had ? NULL : order->place;
	}
	return NULL;
}

const char *vm_ha_node_word(const struct hc_call *call, const char *node)
{
	const struct hc_resource *r =
		call->live && node ? hc_find(&call->live->found, &hc_ha_node, NULL, node) : NULL;

	return r ? ((const struct hc_ha_node *)r->spec)->is : NULL;
}

const char *order_other_leader(const struct hc_call *call)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(&call->live->found, &hc_ha_policy, &n);
	const char *leader = n ? ((const struct hc_ha_policy *)v[0]->spec)->leader : NULL;

	if (leader && *leader)
		return is(leader, call->node) ? NULL : leader;
	return hc_leads(call) ? NULL : "the node that leads";
}

/* It had left for this node, and there is a guest of it here: who looks after that makes the claim
 * say so, and whoever takes over waits for it. */
static bool has_come(const struct hc_call *call, const char *vm, const struct hc_vm_claim *claim)
{
	const struct hc_resource *seen = hc_find(&call->live->found, &hc_vm, NULL, vm);

	return claim->state == HC_CLAIM_MIGRATING && is(claim->target, call->node) &&
	       !is(claim->node, call->node) && seen && hc_has_field(seen, struct hc_vm, settled) &&
	       !((const struct hc_vm *)seen->spec)->settled;
}

/* Also what somebody began to take away who is not there any more, whatever HA has of it since. */
static bool is_to_be_taken(const struct hc_call *call, const struct hc_vm_claim *claim,
			   const struct order *order)
{
	return claim->state == HC_CLAIM_FENCING ||
	       (order->is == HA_IS_FENCE && claim->state != HC_CLAIM_FREE &&
		is(vm_ha_node_word(call, claim->node), ha_node_words[HA_FENCE]));
}

bool order_breaks(const struct hc_call *call, const char *vm, const struct order *order)
{
	const struct hc_vm_claim *claim = vm_claim(call, vm);

	if (order->unknown || !claim || !is(claim->node, order->place) ||
	    !is_to_be_taken(call, claim, order))
		return false;
	/* one that is back shuts itself out only when there is nobody else to do it: it leads */
	return is(claim->node, call->node) ? !order_other_leader(call) : !has_come(call, vm, claim);
}
