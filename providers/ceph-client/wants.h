/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the manifests of all nodes want of Ceph, gathered: whose monitors, at which addresses. */

#include <hcstate/ceph_cluster.h>
#include <hcstate/provider.h>

struct want_mon {
	const char *node;
	struct hc_address address; /* family 0: no address of that node is in the public network */
};

struct wants {
	const struct hc_resource *resource; /* the CephCluster; NULL: none, and all else is empty */
	const struct hc_ceph_cluster *cluster;
	const char *fsid;      /* NULL: hcstate secrets init makes one */
	struct want_mon *mons; /* by node */
	size_t nmon;
};

struct wants wants_of(struct hc_call *call);
/* The fsid of a CephCluster: what it says, else the one that was made for it; NULL: none yet. */
const char *wants_fsid(const struct hc_set *set, const struct hc_resource *cluster);
/* "[v2:10.0.0.1:3300,v1:10.0.0.1:6789]" */
char *mon_addresses(struct hc_arena *arena, const struct hc_address *address);
/* "10.0.0.1,10.0.0.2": for mon_host. Only those with an address. */
char *mon_hosts(struct hc_arena *arena, const struct wants *wants);
