/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What is done once for the whole cluster. Every node plans it alike; the process that leads does
 * it, the others see it done at their next look.
 *
 * What is made here is marked in Ceph before it is made, and only what is marked is ever removed.
 * So what a person made and the manifests name is taken as it is, and stays when they no longer do.
 */

#include "ceph.h"

/* A step behind the change's others, of whichever node leads when it is taken. */
struct hc_step *once_step(struct hc_plan *plan, struct hc_change *change, int op,
			  enum hc_impact impact, const char *verb);
/* Every OSD that is made comes after the change. */
void once_before_osds(struct hc_plan *plan, const struct hc_change *change);
/* While no monitor answered yet: after this node's own monitor, and `osds`: after its OSDs. */
void once_order(struct hc_call *call, struct hc_plan *plan, struct hc_change *change, bool osds);

/* Begins a step: 0 in the process that leads, with what the cluster says now; else hc_wait(). */
int once_begin(struct hc_call *call, struct ceph *self, struct facts *facts);
/* 1: it is to be made, or was half made by a run that was killed; it is marked. 0: it is there, and
 * somebody else's work. */
int once_claim(struct hc_call *call, struct ceph *self, const struct facts *facts,
	       const struct hc_change *change, bool exists);

/* Of a removal: it stays if hcstate did not make it, or, `data`, as long as nobody approved. */
void once_keep(struct hc_call *call, struct hc_change *change, bool data);
/* Of a removal that stays undone while that uses it: "CephPool/vms". Refused when the user is in
 * the manifests, else kept. */
void once_used(struct hc_call *call, struct hc_change *change, const struct hc_resource *user);

/* A pool that stays and has that name in its member (a text) at that offset; NULL: none. */
const struct hc_resource *once_pool(const struct hc_call *call, size_t member, const char *name);

/* Whether the manifests have it. */
bool once_named(const struct hc_call *call, const struct hc_type *type, const char *name);
/* Whether what was read, and holds data, is about to go: ours, not named, approved. */
bool once_goes(const struct hc_call *call, const struct hc_resource *r);
/* Puts Ceph's word or address into the field, as its row reads it; what the row does not take stays
 * unset. */
void once_take(struct hc_arena *arena, struct hc_resource *r, const char *field, const char *text);
