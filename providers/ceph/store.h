/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The database of a monitor, /var/lib/ceph/mon/ceph-NODE: whether it is there, making it, removing
 * it. */

#include "ceph.h"

#define STORES "/var/lib/ceph/mon"

char *store_path(struct hc_arena *arena, const char *node);
bool store_there(struct hc_arena *arena, const char *path);
/* Its monitor has been in a quorum, or joined one that was there: not one that was made in a
 * bootstrap which is not over. */
bool store_grew(struct hc_arena *arena, const char *path);
/* Whether this node's was made in a bootstrap a few seconds ago. */
bool store_fresh(struct hc_call *call);
/* Its monitor was seen in a quorum. */
int store_grown(struct hc_call *call);

/* Makes this node's: from the map of the monitors that answer; where none does, from the manifests,
 * if nothing forbids that. hc_wait() while it does. */
int store_make(struct hc_call *call, struct ceph *self);
int store_remove(struct hc_call *call, const char *node);
