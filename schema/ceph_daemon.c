/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CephMonitor, CephManager, CephMds: daemons of which a node has one each, under the node's name.
 * What is written about them is little; what is compared are their unit, their key, and whether
 * the cluster has them.
 */

#include <hcstate/ceph_daemon.h>

#include <string.h>

#include <hcstate/ceph_cluster.h>
#include <hcstate/resource.h>

#define ENABLED .origin = HC_DERIVED, .doc = "Whether its unit starts at boot."
#define ACTIVE .origin = HC_DERIVED, .doc = "Whether its unit runs."
#define FAILED .origin = HC_OBSERVED, .doc = "Whether its unit ended with an error."
#define KEYRING                                                                                    \
	.origin = HC_DERIVED, .words = hc_keyring_words,                                           \
	.doc = "Whether its keyring holds the key that the monitors know it by."

static const struct hc_field monitor_fields[] = {
	hc_ip(struct hc_ceph_monitor, address, .cost = HC_NEVER, .column = "ADDRESS",
	      .doc = "Where it listens (3300 for v2, 6789 for v1). Without it the node's address "
		     "in "
		     "public_network."),
	hc_bool(struct hc_ceph_monitor, store, .origin = HC_DERIVED,
		.doc = "Whether it has its database."),
	hc_bool(struct hc_ceph_monitor, enabled, ENABLED),
	hc_bool(struct hc_ceph_monitor, active, ACTIVE),
	hc_bool(struct hc_ceph_monitor, joined, .origin = HC_DERIVED,
		.doc = "Whether the monitors' map has it."),
	hc_bool(struct hc_ceph_monitor, quorate, .origin = HC_DERIVED, .column = "QUORUM",
		.doc = "Whether it is one of those that agree."),
	hc_bool(struct hc_ceph_monitor, failed, FAILED),
	hc_bool(struct hc_ceph_monitor, leader, .origin = HC_OBSERVED, .column = "LEADER",
		.doc = "Whether it leads the quorum."),
	hc_string(struct hc_ceph_monitor, gate, .origin = HC_OBSERVED,
		  .doc = "When it is to go: why it may not."),
};

static const struct hc_field manager_fields[] = {
	hc_bool(struct hc_ceph_manager, enabled, ENABLED),
	hc_bool(struct hc_ceph_manager, active, ACTIVE),
	hc_enum(struct hc_ceph_manager, keyring, KEYRING),
	hc_bool(struct hc_ceph_manager, joined, .origin = HC_DERIVED,
		.doc = "Whether it is active or a standby."),
	hc_bool(struct hc_ceph_manager, failed, FAILED),
	hc_string(struct hc_ceph_manager, role, .origin = HC_OBSERVED, .column = "ROLE",
		  .doc = "active or standby."),
};

static const struct hc_field mds_fields[] = {
	hc_bool(struct hc_ceph_mds, enabled, ENABLED),
	hc_bool(struct hc_ceph_mds, active, ACTIVE),
	hc_enum(struct hc_ceph_mds, keyring, KEYRING),
	hc_bool(struct hc_ceph_mds, joined, .origin = HC_DERIVED,
		.doc = "Whether the cluster has it, serving a file system or as a standby."),
	hc_bool(struct hc_ceph_mds, failed, FAILED),
	hc_string(struct hc_ceph_mds, role, .origin = HC_OBSERVED, .column = "ROLE",
		  .doc = "What it does: its state and file system, or standby."),
};

/* A node has one daemon of each kind, as the daemon goes by the node's name. */
static void check_once(const struct hc_set *desired, const struct hc_type *type,
		       struct hc_diags *diags)
{
	size_t n, nc;
	struct hc_resource *const *v = hc_of_type(desired, type, &n);

	(void)hc_of_type(desired, &hc_ceph_cluster, &nc);
	for (size_t i = 0; i < n; i++) {
		if (!nc)
			hc_say(diags, HC_ERROR, v[i]->place, "there is no CephCluster");
		for (size_t k = 0; k < i; k++)
			if (v[i]->node && v[k]->node && !strcmp(v[i]->node, v[k]->node))
				hc_say(diags, HC_ERROR, v[i]->place,
				       "%s has a %s already: %s/%s, and one is all that a node has",
				       v[i]->node, type->name, type->name, v[k]->name);
		if (!nc)
			return;
	}
}

static void check_monitors(const struct hc_set *desired, struct hc_diags *diags)
{
	check_once(desired, &hc_ceph_monitor, diags);
}

static void check_managers(const struct hc_set *desired, struct hc_diags *diags)
{
	check_once(desired, &hc_ceph_manager, diags);
}

static void check_mds(const struct hc_set *desired, struct hc_diags *diags)
{
	check_once(desired, &hc_ceph_mds, diags);
}

const struct hc_type hc_ceph_monitor = {
	.name = "CephMonitor",
	.doc = "A monitor on each of its nodes. An odd number of them, three for most.",
	.scope = HC_NODE,
	.from = HC_KIND,
	HC_FIELDS(monitor_fields),
	.size = sizeof(struct hc_ceph_monitor),
	.check = check_monitors,
};

const struct hc_type hc_ceph_manager = {
	.name = "CephManager",
	.doc = "A manager on each of its nodes: one is active, the others stand by.",
	.scope = HC_NODE,
	.from = HC_KIND,
	HC_FIELDS(manager_fields),
	.size = sizeof(struct hc_ceph_manager),
	.check = check_managers,
};

const struct hc_type hc_ceph_mds = {
	.name = "CephMds",
	.doc = "A metadata server on each of its nodes, for the CephFs documents.",
	.scope = HC_NODE,
	.from = HC_KIND,
	HC_FIELDS(mds_fields),
	.size = sizeof(struct hc_ceph_mds),
	.check = check_mds,
};
