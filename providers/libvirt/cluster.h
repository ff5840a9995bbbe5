/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The connection to Ceph, where there is one: with the sealed client.admin to the monitors of the
 * manifests. Made when first needed, kept, and made anew after it failed.
 */

#include <rados/librados.h>

#include "nouns.h"

struct cluster *cluster_new(void);
struct cluster *cluster_free(struct cluster *cluster); /* takes NULL */

/* Whether the manifests have a CephCluster. */
bool cluster_wanted(const struct hc_call *call);
/* Nothing here speaks of an earlier life of a cluster: what it does not tell is not there. */
bool cluster_unborn(struct hc_arena *arena);
/* 0: *rados is to be given back. -ENOENT: the manifests have no CephCluster. -ENOTCONN, ...: why in
 * *why (not said). */
int cluster_take(struct hc_call *call, struct cluster *cluster, rados_t *rados, const char **why);
/* `failed`: nobody answered through it; the next to take gets a new one. */
void cluster_give(struct cluster *cluster, rados_t rados, bool failed);
