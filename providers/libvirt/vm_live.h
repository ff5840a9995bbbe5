/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What changes in a VM while it runs: memory, processors, the medium in its drive, its comment. The
 * definition is vm_define's; here is only what the guest has now.
 */

#include "nouns.h"

/* The numbers of the steps of this file and of migrate.c, beside those of vm.c. */
enum {
	VM_LIVE_OPS = 100,
	VM_MOVE_OPS = 200,
};

/* Whether a VM that runs as `running` can be given what is wanted in that field (its offset in
 * struct hc_vm) without a restart. What it cannot waits for its next start. */
bool vm_live_can(const struct hc_vm *want, const struct hc_vm *running, size_t field);

/* Adds a step for each of the fields that differ and can change in what runs. */
void vm_live_plan(struct hc_call *call, struct hc_change *change, struct hc_plan *plan);
/* Of the steps that vm_live_plan() made. The definition is left to VM_DEFINE. */
int vm_live_apply(struct hc_call *call, struct libvirt *self, const struct hc_step *step);
