/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VirtualMachine. It is its name and uuid; where it runs is a field. Only its home (vm_home.h)
 * plans and does anything about it; all nodes show it.
 *
 *	vm_read.c         domains and claims, once per read, for all nouns of VMs
 *	vm_read_state.c   live VirtualMachine of them
 *	vm_read_value.c   what runs and what is defined, as one value each
 *	vm_claims.c       VmClaim, and where what has none belongs
 *	vm_adjust.c       what speaks against a change
 *	vm_plan.c         its steps
 *	vm_apply.c        taking them
 *	vm_domain.c       the domain that is wanted
 *	vm_define.c       writing it
 *	vm_power.c        the real effects of starting and stopping (protocol.h)
 *	vm_guest.c        libvirt's states as protocol.h knows them
 *	vm_stop.c         shutting down, which takes long
 */

#include "vm_ops.h"

const struct noun vm_noun = {
	.type = &hc_vm,
	.read = vm_read,
	.adjust = vm_adjust,
	.plan = vm_plan,
	.apply = vm_apply,
	.settled = vm_settled,
};
