/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The provider ceph: its own state, and the nouns that it is cut into. A noun answers for one kind:
 * how it is read, what speaks for or against changing it, its steps. What the cluster says of
 * itself is asked once per read, into `facts` (facts.h), and each noun makes its live resources of
 * that.
 */

#include <stdatomic.h>

#include <hcstate/provider.h>

#include <hcstate/ceph_cluster.h>
#include <hcstate/ceph_daemon.h>
#include <hcstate/ceph_osd.h>
#include <hcstate/ceph_pool.h>

#include "ask.h"
#include "facts.h"
#include <ceph-client/wants.h>

struct lease;

/* What lives as long as the provider is open. Several calls use it at once. */
struct ceph {
	struct connection *connection; /* to the monitors; ask.h */
	struct lease *lease;           /* lease.h; NULL: only looking */
	/* The gid of this node's manager before it was started here; 0: it was not. */
	atomic_uint_fast64_t former_manager;
};

/* A read under way. */
struct look {
	struct hc_call *call;
	struct ceph *self;
	const struct wants *wants;
	const struct facts *facts; /* facts->why: nobody answered, and why */
	const char *past;          /* past.h; "": this node knows nothing of the cluster */
	struct hc_state *live;
};

/* What answers for one kind. All but type, read, plan and apply may be NULL. */
struct noun {
	const struct hc_type *type;
	int (*read)(const struct look *look);
	int (*adjust)(struct hc_call *call, struct hc_change *change);
	int (*plan)(struct hc_call *call, struct hc_change *change, struct hc_plan *plan);
	int (*apply)(struct hc_call *call, struct ceph *self, const struct hc_step *step);
	int (*settled)(struct hc_call *call, struct ceph *self, const struct hc_step *step);
};

extern const struct noun cluster_noun, option_noun, node_noun, monitor_noun, manager_noun, mds_noun,
	osd_noun, device_noun, pool_noun, rule_noun, profile_noun, fs_noun, key_noun;

/* Derives what the manifests leave to us; each adds its own. */
int node_derive(struct hc_call *call, struct hc_set *desired);
int cluster_derive(struct hc_call *call, struct hc_set *desired); /* fsid, pool hcstate, its key */
int daemon_derive(struct hc_call *call, struct hc_set *desired);  /* monitor, manager, mds */
int osd_derive(struct hc_call *call, struct hc_set *desired);

/* 0: this process does what is done once for the cluster: it holds the lease, or where no lease can
 * be had, it leads the corosync group. Else hc_wait(): whose it is. */
int ceph_must_lead(struct hc_call *call, struct ceph *self);

/* Marks of what hcstate made, in Ceph's config-key store: "hcstate/made/KIND/NAME". */
bool mark_has(const struct facts *facts, const struct hc_type *type, const char *name);
int mark_set(struct hc_call *call, struct ceph *self, const struct hc_type *type, const char *name);
/* Those of what neither is nor is asked for, as Kind/name: a killed run left them. */
struct hc_strings mark_stale(const struct hc_call *call, const struct facts *facts);
/* Removes them. */
int mark_sweep(struct hc_call *call, struct ceph *self, const struct facts *facts);
int mark_remove(struct hc_call *call, struct ceph *self, const struct hc_type *type,
		const char *name);
