/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What HA decided about a VM: an order to one node, with a number. Of a VM that has a HaResource it
 * says where it runs and whether; `node` and `running` of its document are where it was made, and
 * nothing more. For adjust, plan, apply and settled: needs call->live.
 */

#include <hcstate/ha.h>
#include <hcstate/provider.h>
#include <reconciler/ha/ha.h>

struct order {
	const char *unknown; /* why it is not known; NULL: it is, and here it is: */
	enum ha_is is;
	const char *place, *target; /* whose order it is; where it is to move to, or NULL */
	bool runs;                  /* whether it is to run */
	uint64_t number;
};

/* Whether the VM is under HA: it has a HaResource, which is not ignored. In a sorted set. */
bool vm_under_ha(const struct hc_set *set, const char *vm);
/* Likewise; *order then. */
bool vm_order(const struct hc_call *call, const char *vm, struct order *order);

/* It is this node's to carry out. */
bool order_is_mine(const struct hc_call *call, const struct order *order);
/* It says that the VM is to leave the node. */
bool order_moves(const struct order *order);
/* Where a VM belongs that no node has, by a claim that is free or by none; NULL: where its claim
 * says. `had`: that claim names a node. */
const char *order_home(const struct order *order, bool had);
/* How HA has a node: "online", "fence", ...; NULL: it is not known. */
const char *vm_ha_node_word(const struct hc_call *call, const char *node);
/* Who does what is done once for all of HA; NULL: this node. */
const char *order_other_leader(const struct hc_call *call);
/* Whether a VM has to be taken away from the node that has its claim, by this order, as far as it
 * is this node's to plan. */
bool order_breaks(const struct hc_call *call, const char *vm, const struct order *order);
