/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Ceph as a whole: the cluster, its configuration, and what every node has of it. */

#include <hcstate/type.h>

/* The name of the Secret with Ceph's keys, and of its values. */
#define HC_CEPH_SECRET "ceph"
#define HC_CEPH_MON_KEY "mon."
#define HC_CEPH_ADMIN_KEY "client.admin"

struct hc_ceph_cluster {
	unsigned release; /* an index into hc_ceph_release_words */
	const char *fsid; /* a UUID; from CephFsid where the document does not say it */
	struct hc_address public_network, cluster_network;
	struct hc_strings flags; /* noout, noscrub, ...: of the OSD map */
	bool pool_delete;        /* derived: mon_allow_pool_delete was left set by a killed run */
	struct hc_strings stale_marks; /* derived: marks that a killed run left: Kind/name */

	/* observed */
	const char *health;       /* HEALTH_OK, HEALTH_WARN, HEALTH_ERR */
	struct hc_strings checks; /* "OSD_DOWN: 1 osds down" */
	bool healthy;
	uint32_t pgs, pgs_clean; /* all, and active+clean */
	uint64_t used, total;    /* bytes of raw space */
	const char *leader;      /* who holds the lease for what is done once for the cluster */
};

/* One option of the monitors' configuration database: CLUSTER/SECTION/OPTION. */
struct hc_ceph_config {
	const char *value;
};

/* The identity of the CephCluster of the same name. */
struct hc_ceph_fsid {
	const char *fsid;
};

/* What a file of ours is, beside the sealed secret. */
enum hc_keyring {
	HC_KEYRING_RIGHT,
	HC_KEYRING_WRONG,
	HC_KEYRING_READABLE, /* the right one, but others than its owner can read it */
	HC_KEYRING_ABSENT,
};

/* Ceph's files on one node. Follows from the others. */
struct hc_ceph_node {
	const char *conf;       /* the text of /etc/ceph/ceph.conf */
	unsigned admin_keyring; /* an enum hc_keyring */
	const char *unit_files; /* the text of our drop-in of ceph-osd@.service */
	bool known;             /* it is written down here that this cluster exists */

	/* observed */
	const char *other; /* the fsid of another cluster that this machine is set up for */
	const char *past;  /* what here speaks of an earlier life of this cluster; "": nothing */
};

extern const char *const hc_ceph_release_words[];
extern const char *const hc_keyring_words[];
extern const char *const hc_ceph_flag_words[]; /* those of the OSD map that a person sets */

extern const struct hc_type hc_ceph_cluster, hc_ceph_config, hc_ceph_fsid, hc_ceph_node;
