/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a VM needs of its node and the node does not have, from what was read: pure, so that the
 * plan says it. libvirt would say it in other words when it is started, after its disks were made.
 */

#include <string.h>

#include <hcstate/net.h>

#include "disk.h"
#include "vm_home.h"
#include "vm_ops.h"

static const char *no_firmware(struct hc_call *call, const struct hc_vm *want)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(&call->live->found, &hc_vm_host, &n);
	const struct hc_vm_host *host = n == 1 ? v[0]->spec : NULL;

	if (want->firmware != HC_FIRMWARE_UEFI || !host ||
	    !hc_has_field(v[0], struct hc_vm_host, uefi) || host->uefi)
		return NULL;
	return hc_printf(call->arena,
			 "%s has no firmware for uefi: package ovmf is not installed there",
			 call->node);
}

/* A wanted disk that cannot be made, see disk.c: NULL, or why. */
static const char *no_disk(struct hc_call *call, const char *vm)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(call->desired, &hc_vm_disk, &n);

	for (size_t i = 0; i < n; i++) {
		const char *why = vm_has_child(vm, v[i]) ? disk_obstacle(call, v[i]) : NULL;

		if (why)
			return hc_printf(call->arena, "%s: %s", hc_resource_text(call->arena, v[i]),
					 why);
	}
	return NULL;
}

static bool is_here(const struct hc_call *call, const struct hc_set *set,
		    const struct hc_type *type)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(set, type, &n);

	for (size_t i = 0; i < n; i++)
		if (v[i]->node && !strcmp(v[i]->node, call->node))
			return true;
	return false;
}

/* Where no link is known at all nobody looked. */
static bool has_links(const struct hc_call *call)
{
	return is_here(call, &call->live->found, &hc_ethernet) ||
	       is_here(call, &call->live->found, &hc_bridge);
}

const char *vm_no_bridge(struct hc_call *call, const struct hc_resource *net)
{
	const char *bridge = ((const struct hc_vm_net *)net->spec)->bridge;

	if (!has_links(call) || hc_why_unknown(call->live, &hc_bridge) ||
	    hc_find(call->desired, &hc_bridge, call->node, bridge) ||
	    hc_find(&call->live->found, &hc_bridge, call->node, bridge))
		return NULL;
	return hc_printf(call->arena, "%s has no bridge %s, and no manifest asks for one there",
			 call->node, bridge);
}

static const char *no_bridge(struct hc_call *call, const char *vm)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(call->desired, &hc_vm_net, &n);

	for (size_t i = 0; i < n; i++) {
		const char *why = vm_has_child(vm, v[i]) ? vm_no_bridge(call, v[i]) : NULL;

		if (why)
			return hc_printf(call->arena, "%s: %s", hc_resource_text(call->arena, v[i]),
					 why);
	}
	return NULL;
}

const char *vm_lacks(struct hc_call *call, const struct hc_resource *want, bool disks)
{
	const char *why = no_firmware(call, want->spec);

	if (!why && disks)
		why = no_disk(call, want->name);
	return why ? why : no_bridge(call, want->name);
}
