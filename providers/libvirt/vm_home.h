/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Whose a VM is: the node that plans and does its changes and its children's. The claim says so;
 * where there is none yet, or it is free, HA if the VM is under it; then the manifest; where that
 * is silent, the node with the most free memory, which read() found by what the others told and
 * left in live as a VmClaim of epoch 0.
 */

#include <hcstate/provider.h>
#include <hcstate/vm.h>

/* The node, or NULL: it is not known (yet). For adjust, plan, apply and settled: needs call->live.
 */
const char *vm_home(const struct hc_call *call, const char *vm);
bool vm_is_home(const struct hc_call *call, const char *vm);

/* "vm" of "vm/disk-0", in the arena. */
char *vm_of_child(struct hc_arena *arena, const char *name);
/* Whether it is nested in that VM: its disk, its card, its cloud-init. */
bool vm_has_child(const char *vm, const struct hc_resource *r);

/* Whether the manifests have that VM; if not, whether what there is of it stays as it is (kept: it
 * runs, nobody approved its removal) or goes. What is nested in it goes or stays with it. */
enum vm_fate {
	VM_WANTED,
	VM_STAYS,
	VM_GOES,
};
enum vm_fate vm_fate(struct hc_call *call, const char *vm);

/* The claim as it was read, NULL: none. */
const struct hc_vm_claim *vm_claim(const struct hc_call *call, const char *vm);
