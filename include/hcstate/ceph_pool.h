/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Where data goes and who may have it: pools, their rules, file systems, clients' keys. */

#include <hcstate/type.h>

struct hc_ceph_pool {
	uint32_t size, min_size; /* copies */
	uint32_t pg_num, pg_num_min;
	unsigned pg_autoscale_mode;
	const char *target_size_ratio; /* a decimal number */
	uint64_t target_size;          /* bytes */
	const char *crush_rule;
	const char *application;
	uint64_t quota_max_bytes, quota_max_objects;
	unsigned compression_mode;
	unsigned compression_algorithm;
	const char *erasure_profile; /* NULL: replicated */
	bool storage;                /* a Storage of its name on every node is wanted */

	/* observed */
	uint32_t id, pgs;
	uint64_t used, available; /* bytes */
	uint64_t objects;
};

struct hc_ceph_rule {
	const char *root, *failure_domain, *device_class;

	/* observed */
	uint32_t id;
};

struct hc_ceph_profile {
	uint32_t k, m;
	const char *plugin, *root, *failure_domain, *device_class;
};

struct hc_ceph_fs {
	const char *metadata_pool;
	struct hc_strings data_pools;
	uint32_t max_mds, standby_count_wanted;
	bool allow_standby_replay;

	/* observed */
	uint32_t active;
	bool serving;
};

/* A client's key; the document's name is the entity: client.libvirt. */
struct hc_ceph_key {
	struct hc_map caps; /* daemon type -> what it may do there */
	const char *key;    /* SECRET/KEY that holds it; NULL: Ceph makes one */

	/* derived */
	unsigned match; /* an enum hc_keyring: Ceph's key beside that one */
};

enum hc_ceph_autoscale {
	HC_CEPH_AUTOSCALE_OFF,
	HC_CEPH_AUTOSCALE_WARN,
	HC_CEPH_AUTOSCALE_ON,
};

extern const char *const hc_ceph_autoscale_words[],
	*const hc_ceph_compression_mode_words[], *const hc_ceph_compression_algorithm_words[];

extern const struct hc_type hc_ceph_pool, hc_ceph_rule, hc_ceph_profile, hc_ceph_fs, hc_ceph_key;
