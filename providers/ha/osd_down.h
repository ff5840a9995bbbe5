/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Ceph learns at once what corosync knows: when a node is lost, its OSDs are marked down, so that
 * I/O does not wait until their heartbeats are missed.
 *
 * It is a thread with connections of its own and not a step of a plan: a cycle reads what lies
 * behind those very OSDs, and would wait for them.
 */

#include <hcstate/provider.h>

struct osds_down;

/* NULL in a process that only looks. `wake`: an eventfd that is written to when something was done.
 */
struct osds_down *osds_down_new(struct hc_call *call, int wake);
struct osds_down *osds_down_free(struct osds_down *down); /* takes NULL */
/* Called with each read: who is where, who runs hcstate, and a connection when there is none. Takes
 * NULL. */
void osds_down_look(struct osds_down *down, struct hc_call *call);
/* What was done in the last minute: "osd.2 of pve3 marked down". Takes NULL. */
void osds_down_said(struct osds_down *down, struct hc_arena *arena, struct hc_strings *said);
