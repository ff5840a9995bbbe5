/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CephPool, CephCrushRule, CephErasureProfile, CephFs, CephKey. What a document does not say of a
 * pool is Ceph's own to choose (osd_pool_default_size and the like) and not compared.
 */

#include <hcstate/ceph_pool.h>

#include <string.h>

#include <hcstate/ceph_cluster.h>
#include <hcstate/resource.h>

const char *const hc_ceph_autoscale_words[] = {"off", "warn", "on", NULL};
const char *const hc_ceph_compression_mode_words[] = {"none", "passive", "aggressive", "force",
						      NULL};
const char *const hc_ceph_compression_algorithm_words[] = {"lz4", "snappy", "zlib", "zstd", NULL};

#define WORD .max = 127, .pattern = "^[A-Za-z0-9_.-]+$", .pattern_doc = "letters, digits, _ . and -"
#define DOMAIN                                                                                     \
	.absent = HC_RESET, .unset = "host", .cost = HC_NEVER, WORD,                               \
	.doc = "No two copies in the same: osd, host, rack, ..."
#define ROOT                                                                                       \
	.absent = HC_RESET, .unset = "default", .cost = HC_NEVER, WORD,                            \
	.doc = "Below which point of the CRUSH tree."
#define CLASS .cost = HC_NEVER, WORD, .doc = "Only on OSDs of this device class."

static const struct hc_field pool_fields[] = {
	hc_u32(struct hc_ceph_pool, size, .min = 1, .max = 10, .column = "SIZE",
	       .doc = "How many copies. Of an erasure coded pool k + m, and not to be written."),
	hc_u32(struct hc_ceph_pool, min_size, .min = 1, .max = 10, .column = "MIN",
	       .doc = "With fewer copies it takes no writes."),
	hc_u32(struct hc_ceph_pool, pg_num, .min = 1, .max = 65536, .column = "PG_NUM",
	       .doc = "Placement groups. With pg_autoscale_mode on it is where Ceph begins, and "
		      "the "
		      "autoscaler's from then on."),
	hc_u32(struct hc_ceph_pool, pg_num_min, .max = 65536,
	       .doc = "The least that the autoscaler goes down to; 0: as it likes."),
	hc_enum(struct hc_ceph_pool, pg_autoscale_mode, .words = hc_ceph_autoscale_words,
		.column = "AUTOSCALE", .doc = "Whether Ceph sets pg_num itself, or warns."),
	hc_string(
		struct hc_ceph_pool, target_size_ratio, .pattern = "^[0-9]{1,9}(\\.[0-9]{1,9})?$",
		.pattern_doc = "a decimal number",
		.doc = "For the autoscaler: which share of the cluster the pool will have, beside "
		       "others' ratios."),
	hc_u64(struct hc_ceph_pool, target_size, .unit = "bytes",
	       .doc = "For the autoscaler: how much the pool will hold."),
	hc_string(struct hc_ceph_pool, crush_rule, .prefers = "CephCrushRule", WORD,
		  .doc = "Where the copies go: a CephCrushRule, or a rule that Ceph has."),
	hc_string(struct hc_ceph_pool, application, WORD, .column = "APPLICATION",
		  .doc = "What uses it: rbd, cephfs, rgw or a name of your own."),
	hc_u64(struct hc_ceph_pool, quota_max_bytes, .unit = "bytes",
	       .doc = "The most it may hold; 0: no limit."),
	hc_u64(struct hc_ceph_pool, quota_max_objects,
	       .doc = "The most objects it may hold; 0: no limit."),
	hc_enum(struct hc_ceph_pool, compression_mode, .words = hc_ceph_compression_mode_words,
		.doc = "When to compress."),
	hc_enum(struct hc_ceph_pool, compression_algorithm,
		.words = hc_ceph_compression_algorithm_words, .doc = "How to compress."),
	hc_string(struct hc_ceph_pool, erasure_profile, .cost = HC_NEVER,
		  .prefers = "CephErasureProfile", WORD,
		  .doc = "Makes it an erasure coded pool of this profile; without it copies."),
	hc_bool(struct hc_ceph_pool, storage,
		.doc = "Makes it a Storage of type rbd on every node, for disks of VMs. Ceph knows "
		       "nothing of it."),
	hc_u32(struct hc_ceph_pool, id, .origin = HC_OBSERVED, .doc = "Its number in Ceph."),
	hc_u32(struct hc_ceph_pool, pgs, .origin = HC_OBSERVED, .column = "PGS",
	       .doc = "Placement groups that it has now."),
	hc_u64(struct hc_ceph_pool, used, .origin = HC_OBSERVED, .unit = "bytes", .column = "USED",
	       .doc = "Raw space that it takes."),
	hc_u64(struct hc_ceph_pool, available, .origin = HC_OBSERVED, .unit = "bytes",
	       .column = "AVAILABLE", .doc = "What can still be written to it."),
	hc_u64(struct hc_ceph_pool, objects, .origin = HC_OBSERVED, .column = "OBJECTS",
	       .doc = "Objects in it."),
};

static const struct hc_field rule_fields[] = {
	hc_string(struct hc_ceph_rule, root, ROOT),
	hc_string(struct hc_ceph_rule, failure_domain, DOMAIN),
	hc_string(struct hc_ceph_rule, device_class, CLASS),
	hc_u32(struct hc_ceph_rule, id, .origin = HC_OBSERVED, .doc = "Its number in Ceph."),
};

static const struct hc_field profile_fields[] = {
	hc_u32(struct hc_ceph_profile, k, .absent = HC_REQUIRED, .cost = HC_NEVER, .min = 2,
	       .max = 32, .doc = "Into how many parts data is cut."),
	hc_u32(struct hc_ceph_profile, m, .absent = HC_REQUIRED, .cost = HC_NEVER, .min = 1,
	       .max = 32, .doc = "How many parts may be lost."),
	hc_string(struct hc_ceph_profile, plugin, .absent = HC_RESET, .unset = "jerasure",
		  .cost = HC_NEVER, WORD, .doc = "Who computes it: jerasure, isa."),
	hc_string(struct hc_ceph_profile, root, ROOT),
	hc_string(struct hc_ceph_profile, failure_domain, DOMAIN),
	hc_string(struct hc_ceph_profile, device_class, CLASS),
};

static const struct hc_field fs_fields[] = {
	hc_string(struct hc_ceph_fs, metadata_pool, .absent = HC_REQUIRED, .cost = HC_NEVER,
		  .refers = "CephPool", .doc = "A replicated pool for names and attributes."),
	hc_strings(struct hc_ceph_fs, data_pools, .absent = HC_REQUIRED, .min = 1,
		   .refers = "CephPool",
		   .doc = "Pools for the files. A file system takes further ones, and gives none "
			  "back."),
	hc_u32(struct hc_ceph_fs, max_mds, .absent = HC_RESET, .unset = "1", .min = 1, .max = 64,
	       .doc = "How many metadata servers share the work."),
	hc_u32(struct hc_ceph_fs, standby_count_wanted, .max = 64,
	       .doc = "With fewer standbys Ceph warns."),
	hc_bool(struct hc_ceph_fs, allow_standby_replay, .absent = HC_RESET, .unset = "false",
		.doc = "Whether a standby follows an active server's journal."),
	hc_u32(struct hc_ceph_fs, active, .origin = HC_OBSERVED, .column = "ACTIVE",
	       .doc = "Metadata servers that are up:active."),
	hc_bool(struct hc_ceph_fs, serving, .origin = HC_OBSERVED, .column = "SERVING",
		.unless = "no metadata server is up:active", .doc = "Whether it can be used."),
};

static const struct hc_field key_fields[] = {
	hc_map(struct hc_ceph_key, caps, .absent = HC_REQUIRED,
	       .doc = "What it may do, by daemon: {mon: profile rbd, osd: profile rbd pool=vms}."),
	hc_string(struct hc_ceph_key, key, .pattern = "^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$",
		  .pattern_doc = "SECRET/KEY",
		  .doc = "The sealed value that holds the key: ceph/client.libvirt. With it a key "
			 "that was lost comes back as it was; without it Ceph makes a new one."),
	hc_enum(struct hc_ceph_key, match, .origin = HC_DERIVED, .words = hc_keyring_words,
		.doc = "Whether Ceph's key is the sealed one."),
};

static struct hc_place place_of(const struct hc_resource *r, const char *field)
{
	return hc_field_place(r, hc_field_index(r->type, field));
}

static void check_pool(const struct hc_resource *r, struct hc_diags *diags)
{
	const struct hc_ceph_pool *pool = r->spec;

	if (hc_has_field(r, struct hc_ceph_pool, size) &&
	    hc_has_field(r, struct hc_ceph_pool, min_size) && pool->min_size > pool->size)
		hc_say(diags, HC_ERROR, place_of(r, "min_size"),
		       "min_size %u is above size %u: it would never take a write", pool->min_size,
		       pool->size);
	if (pool->erasure_profile && hc_has_field(r, struct hc_ceph_pool, size))
		hc_say(diags, HC_ERROR, place_of(r, "size"),
		       "an erasure coded pool has the size k + m of its profile");
	if (hc_has_field(r, struct hc_ceph_pool, min_size) && pool->min_size == 1)
		hc_hint(diags,
			hc_say(diags, HC_WARNING, place_of(r, "min_size"),
			       "with min_size 1 a write is acknowledged that only one disk has"),
			"2 with size 3");
}

static void check_pools(const struct hc_set *desired, struct hc_diags *diags)
{
	size_t n, nc;
	struct hc_resource *const *v = hc_of_type(desired, &hc_ceph_pool, &n);

	(void)hc_of_type(desired, &hc_ceph_cluster, &nc);
	if (n && !nc)
		hc_say(diags, HC_ERROR, v[0]->place, "there is no CephCluster");
	for (size_t i = 0; i < n; i++)
		check_pool(v[i], diags);
}

static bool is_entity(const char *name)
{
	return !strncmp(name, "client.", 7) && name[7];
}

static void check_keys(const struct hc_set *desired, struct hc_diags *diags)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(desired, &hc_ceph_key, &n);

	for (size_t i = 0; i < n; i++) {
		if (!is_entity(v[i]->name))
			hc_say(diags, HC_ERROR, v[i]->place,
			       "%s is no client's name: client.NAME is", v[i]->name);
		else if (!strcmp(v[i]->name, HC_CEPH_ADMIN_KEY))
			hc_say(diags, HC_ERROR, v[i]->place,
			       "%s is what hcstate itself works with: it is not for a document",
			       v[i]->name);
	}
}

const struct hc_type hc_ceph_pool = {
	.name = "CephPool",
	.doc = "A pool. Removing the document removes nothing until it is approved: with the pool "
	       "goes all that is in it.",
	.scope = HC_CLUSTER,
	.from = HC_KIND,
	HC_FIELDS(pool_fields),
	.size = sizeof(struct hc_ceph_pool),
	.check = check_pools,
};

const struct hc_type hc_ceph_rule = {
	.name = "CephCrushRule",
	.doc = "Where copies go. Ceph cannot change a rule: make a new one and name it in the "
	       "pool.",
	.scope = HC_CLUSTER,
	.from = HC_KIND,
	HC_FIELDS(rule_fields),
	.size = sizeof(struct hc_ceph_rule),
};

const struct hc_type hc_ceph_profile = {
	.name = "CephErasureProfile",
	.doc = "How erasure coded pools cut their data. It cannot be changed.",
	.scope = HC_CLUSTER,
	.from = HC_KIND,
	HC_FIELDS(profile_fields),
	.size = sizeof(struct hc_ceph_profile),
};

const struct hc_type hc_ceph_fs = {
	.name = "CephFs",
	.doc = "A file system. It needs CephMds somewhere.",
	.scope = HC_CLUSTER,
	.from = HC_KIND,
	HC_FIELDS(fs_fields),
	.size = sizeof(struct hc_ceph_fs),
};

const struct hc_type hc_ceph_key = {
	.name = "CephKey",
	.doc = "A client's key and what it may do. The document's name is the client's: "
	       "client.libvirt.",
	.scope = HC_CLUSTER,
	.from = HC_KIND,
	HC_FIELDS(key_fields),
	.size = sizeof(struct hc_ceph_key),
	.check = check_keys,
};
