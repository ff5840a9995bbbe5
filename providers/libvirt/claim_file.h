/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Claims where there is no Ceph: a file per VM in /var/lib/hcstate/claims. They bind this node
 * only, so VMs stay on it. As in claim_store.h, which is what others use. */

#include "claim.h"

int claim_file_list(struct hc_arena *arena, struct claim **v, size_t *n);
int claim_file_get(struct hc_arena *arena, const char *uuid, struct claim *claim);
/* NULL: removes it. */
int claim_file_put(struct hc_arena *arena, const struct claim *was, const char *text);

/* What was read in the place of that uuid; one that cannot be used has state fencing and `why`. */
void claim_take(struct hc_arena *arena, const char *uuid, const char *text, size_t size,
		struct claim *claim);
