/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the cluster says of itself, asked with a handful of commands: quorum_status, mgr
 * dump, fs dump, osd dump, osd df, osd crush dump, status, df, config dump, config-key dump, auth
 * ls. All of it lives in the call's arena.
 */

#include <hcstate/provider.h>

#define MARKS "hcstate/" /* what hcstate notes in the config-key store is below it */

/* A text that Ceph does not say is "", never NULL. */
struct fact_mon {
	const char *name;
	struct hc_address address; /* without port */
	bool quorate, leader;
};

struct fact_mgr {
	const char *name;
	uint64_t gid; /* another one for each life of it */
	bool active;
	bool starting; /* chosen to be active, and not yet */
	bool former;   /* the process of that entry is gone; the map keeps it for half a minute */
};

struct fact_mds {
	const char *name, *state; /* "up:active", "up:standby", ... */
	const char *fs;           /* "" of a standby */
};

struct fact_osd {
	uint32_t id;
	const char *uuid, *host, *device_class;
	bool exists; /* false: destroyed, its id is kept */
	bool up, in;
	uint32_t up_from; /* epoch of the OSD map since which it is up */
	double weight;    /* CRUSH, TiB */
	uint64_t used, total;
	uint32_t pgs;
};

struct fact_pool {
	uint32_t id;
	const char *name;
	uint32_t size, min_size, pg_num, pg_num_target, pg_num_min;
	const char *autoscale, *rule, *erasure_profile; /* erasure_profile "": replicated */
	const char *application;                        /* the first of them; "" */
	const char *target_size_ratio;                  /* "" when not set */
	uint64_t target_size, quota_bytes, quota_objects;
	const char *compression_mode, *compression_algorithm; /* "" when not set */
	uint64_t used, available, objects;
};

struct fact_rule {
	uint32_t id;
	const char *name, *root, *failure_domain, *device_class; /* device_class "": any */
};

struct fact_profile {
	const char *name;
	struct hc_map values; /* as Ceph has them: k, m, plugin, crush-failure-domain, ... */
};

struct fact_fs {
	const char *name, *metadata_pool;
	struct hc_strings data_pools;
	uint32_t max_mds, standby_count_wanted, active;
	bool standby_replay;
};

struct fact_option {
	const char *section, *name, *value; /* section with its mask: "osd/class:ssd" */
};

struct fact_key {
	const char *entity, *key; /* key: base64; never printed */
	struct hc_map caps;
};

struct facts {
	const char *why; /* why nobody answered; NULL: all below is complete */
	const char *fsid;
	const char *require_osd_release;
	struct hc_strings flags; /* of the OSD map, those that a person sets */
	struct fact_mon *mons;
	struct fact_mgr *mgrs;
	struct fact_mds *mds;
	struct fact_osd *osds; /* by id */
	struct fact_pool *pools;
	struct fact_rule *rules;
	struct fact_profile *profiles;
	struct fact_fs *fs;
	struct fact_option *options;
	struct fact_key *keys;
	size_t nmon, nmgr, nmds, nosd, npool, nrule, nprofile, nfs, noption, nkey;
	struct hc_map marks; /* the config-key store below hcstate/ */
	const char *health;
	struct hc_strings checks; /* "OSD_DOWN: 1 osds down" */
	uint32_t pgs, pgs_clean, pgs_active;
	/* Copies of objects: those missing, those in a wrong place, all there should be. */
	uint64_t objects_degraded, objects_misplaced, objects;
	uint64_t used, total;
	double nearfull; /* from which part of an OSD's room on Ceph warns */
};

struct ceph;

/* A cluster that does not answer is facts->why. */
void facts_read(struct hc_call *call, struct ceph *self, struct facts *facts);
/* Of the managers only; an error is said. */
int facts_read_managers(struct hc_call *call, struct ceph *self, struct facts *facts);
/* For steps: hc_wait() while it does not answer. */
int facts_need(struct hc_call *call, struct ceph *self, struct facts *facts);

/* That life of that node's manager is over, whatever the map says; 0: none is known to be. */
void facts_former_manager(struct facts *facts, const char *node, uint64_t gid);

/* "12 of 33 placement groups are active+clean, 40 % of the objects to be copied": for who waits. */
const char *facts_recovery(struct hc_arena *arena, const struct facts *facts);

const struct fact_mon *facts_mon(const struct facts *facts, const char *name); /* or NULL */
const struct fact_mgr *facts_mgr(const struct facts *facts, const char *name);
const struct fact_osd *facts_osd(const struct facts *facts, uint32_t id);
const struct fact_osd *facts_osd_uuid(const struct facts *facts, const char *uuid);
const struct fact_pool *facts_pool(const struct facts *facts, const char *name);
const struct fact_rule *facts_rule(const struct facts *facts, const char *name);
const struct fact_profile *facts_profile(const struct facts *facts, const char *name);
const struct fact_fs *facts_fs(const struct facts *facts, const char *name);
const struct fact_key *facts_key(const struct facts *facts, const char *entity);
const char *facts_option(const struct facts *facts, const char *section, const char *name);
/* A number that the profile has as text; 0: none that fits. */
uint32_t facts_number(const struct fact_profile *profile, const char *key);
