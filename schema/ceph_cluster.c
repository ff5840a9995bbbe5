/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CephCluster, its options, its identity, and CephNode, which is what every node has on its disk
 * because of it. Words are Ceph's own, see docs.ceph.com (pacific).
 *
 * Only what a daemon or client has to know before it can ask a monitor is in ceph.conf; all other
 * configuration is in the monitors' database, where it is compared and set.
 */

#include <hcstate/ceph_cluster.h>

#include <string.h>
#include <sys/socket.h>

#include <hcstate/ceph_daemon.h>
#include <hcstate/ceph_osd.h>
#include <hcstate/resource.h>

#define UUID                                                                                       \
	.pattern = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",               \
	.pattern_doc = "a UUID in lower case"

const char *const hc_ceph_release_words[] = {"pacific", "quincy",   "reef",
					     "squid",   "tentacle", NULL};
const char *const hc_keyring_words[] = {"right", "wrong", "readable", "absent", NULL};

/* Those of the OSD map that a person sets; the rest are Ceph's own. */
const char *const hc_ceph_flag_words[] = {
	"full",         "pause",       "noup",        "nodown",    "noout",
	"noin",         "nobackfill",  "norebalance", "norecover", "noscrub",
	"nodeep-scrub", "notieragent", "nosnaptrim",  NULL,
};

static const struct hc_field cluster_fields[] = {
	hc_enum(struct hc_ceph_cluster, release, .words = hc_ceph_release_words,
		.doc = "The oldest release that OSDs may have (require_osd_release). Raise it when "
		       "all daemons have been upgraded; Ceph never goes back."),
	hc_string(struct hc_ceph_cluster, fsid, .cost = HC_NEVER, UUID,
		  .doc = "The cluster's identity. Without it that of the CephFsid document, which "
			 "hcstate secrets init makes."),
	hc_cidr(struct hc_ceph_cluster, public_network, .absent = HC_REQUIRED,
		.doc = "Where clients and monitors are. A monitor's address is its node's in this "
		       "network."),
	hc_cidr(struct hc_ceph_cluster, cluster_network,
		.doc = "Where OSDs copy data among themselves. Ceph's own default is the public "
		       "network. Running OSDs take a change with their next restart."),
	hc_strings(struct hc_ceph_cluster, flags,
		   .doc = "Flags of the OSD map: noout, noscrub, nobackfill, ... Without the field "
			  "they are not hcstate's; with an empty list none are set."),
	hc_children(
		"config", .item = &hc_ceph_config, .form = HC_SECTIONS,
		.doc = "Options of the monitors' database by section, as ceph config holds "
		       "them: {global: {osd_pool_default_size: 3}, osd: {osd_max_backfills: 2}, "
		       "mon.pve1: {...}}. What is not named here is not hcstate's."),
	hc_bool(struct hc_ceph_cluster, pool_delete, .origin = HC_DERIVED,
		.doc = "Whether mon_allow_pool_delete was left set when hcstate was killed while "
		       "it "
		       "deleted a pool."),
	hc_strings(
		struct hc_ceph_cluster, stale_marks, .origin = HC_DERIVED,
		.doc = "Marks in Ceph of what hcstate was about to make, or had removed, when it "
		       "was killed, and that nobody asks for any more: Kind/name."),
	hc_string(struct hc_ceph_cluster, health, .origin = HC_OBSERVED, .column = "HEALTH",
		  .doc = "HEALTH_OK, HEALTH_WARN or HEALTH_ERR."),
	hc_bool(struct hc_ceph_cluster, healthy, .origin = HC_OBSERVED,
		.unless = "Ceph is not healthy", .doc = "Whether the health is HEALTH_OK."),
	hc_u32(struct hc_ceph_cluster, pgs, .origin = HC_OBSERVED, .column = "PGS",
	       .doc = "Placement groups."),
	hc_u32(struct hc_ceph_cluster, pgs_clean, .origin = HC_OBSERVED, .column = "CLEAN",
	       .doc = "Those that are active+clean."),
	hc_u64(struct hc_ceph_cluster, used, .origin = HC_OBSERVED, .unit = "bytes",
	       .column = "USED", .doc = "Raw space in use."),
	hc_u64(struct hc_ceph_cluster, total, .origin = HC_OBSERVED, .unit = "bytes",
	       .column = "TOTAL", .doc = "Raw space of all OSDs."),
	/* the last column, because it may be long */
	hc_strings(struct hc_ceph_cluster, checks, .origin = HC_OBSERVED, .column = "CHECKS",
		   .doc = "What is wrong, in Ceph's words."),
	hc_string(struct hc_ceph_cluster, leader, .origin = HC_OBSERVED,
		  .doc = "The node whose hcstate does what is done once for the whole cluster."),
};

static const struct hc_field config_fields[] = {
	hc_string(struct hc_ceph_config, value, .absent = HC_REQUIRED, .max = 4096,
		  .doc = "The option's value, as ceph config set takes it."),
};

static const struct hc_field fsid_fields[] = {
	hc_string(struct hc_ceph_fsid, fsid, .absent = HC_REQUIRED, UUID,
		  .doc = "The fsid of the CephCluster of the same name."),
};

static const struct hc_field node_fields[] = {
	hc_text(struct hc_ceph_node, conf, .origin = HC_DERIVED, .doc = "/etc/ceph/ceph.conf."),
	hc_enum(struct hc_ceph_node, admin_keyring, .origin = HC_DERIVED, .words = hc_keyring_words,
		.doc = "Whether /etc/ceph/ceph.client.admin.keyring holds Secret/ceph's "
		       "client.admin, for root alone."),
	hc_text(struct hc_ceph_node, unit_files, .origin = HC_DERIVED,
		.doc = "The drop-in of ceph-osd@.service that gives ceph its disks at boot."),
	hc_bool(struct hc_ceph_node, known, .origin = HC_DERIVED,
		.doc = "Whether it is written down here that this cluster exists: it is never "
		       "bootstrapped again."),
	hc_string(struct hc_ceph_node, other, .origin = HC_OBSERVED,
		  .doc = "The fsid of another cluster that this machine is set up for."),
	hc_string(struct hc_ceph_node, past, .origin = HC_OBSERVED,
		  .doc = "What on this machine speaks of an earlier life of the cluster."),
};

static struct hc_place place_of(const struct hc_resource *r, const char *field)
{
	return hc_field_place(r, hc_field_index(r->type, field));
}

static bool is_network(const struct hc_address *address)
{
	for (unsigned bit = address->prefix; bit < (address->family == AF_INET ? 32 : 128); bit++)
		if (address->bytes[bit / 8] & 0x80 >> bit % 8)
			return false;
	return true;
}

static void check_network(const struct hc_resource *r, const struct hc_address *address,
			  const char *field, struct hc_diags *diags)
{
	if (address->family && !is_network(address))
		hc_say(diags, HC_ERROR, place_of(r, field),
		       "%s is an address, not a network: its last bits must be 0",
		       hc_address_text(diags->arena, address, true));
}

static void check_flags(const struct hc_resource *r, struct hc_diags *diags)
{
	const struct hc_ceph_cluster *cluster = r->spec;

	for (size_t i = 0; i < cluster->flags.n; i++) {
		size_t k = 0;

		while (hc_ceph_flag_words[k] &&
		       strcmp(hc_ceph_flag_words[k], cluster->flags.v[i]) != 0)
			k++;
		if (!hc_ceph_flag_words[k])
			hc_say(diags, HC_ERROR, place_of(r, "flags"),
			       "%s is no flag of the OSD map that can be set", cluster->flags.v[i]);
	}
}

static void check_fsid(const struct hc_set *desired, const struct hc_resource *r,
		       struct hc_diags *diags)
{
	const struct hc_ceph_cluster *cluster = r->spec;
	const struct hc_resource *made = hc_find(desired, &hc_ceph_fsid, NULL, r->name);
	const struct hc_ceph_fsid *fsid = made ? made->spec : NULL;

	if (fsid && fsid->fsid && cluster->fsid && strcmp(fsid->fsid, cluster->fsid) != 0)
		hc_say(diags, HC_ERROR, place_of(r, "fsid"), "CephFsid/%s says %s", r->name,
		       fsid->fsid);
}

static void check(const struct hc_set *desired, struct hc_diags *diags)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(desired, &hc_ceph_cluster, &n);

	for (size_t i = 0; i < n; i++) {
		const struct hc_ceph_cluster *cluster = v[i]->spec;

		if (i)
			hc_say(diags, HC_ERROR, v[i]->place,
			       "a second CephCluster: there is CephCluster/%s already", v[0]->name);
		check_network(v[i], &cluster->public_network, "public_network", diags);
		check_network(v[i], &cluster->cluster_network, "cluster_network", diags);
		check_flags(v[i], diags);
		check_fsid(desired, v[i], diags);
	}
}

const struct hc_type hc_ceph_cluster = {
	.name = "CephCluster",
	.doc = "The Ceph cluster. There is at most one. It needs Secret/ceph with the keys of mon. "
	       "and client.admin, which hcstate secrets init makes. With it come ceph.conf and the "
	       "admin keyring on every node, and the pool hcstate with client.hcstate, in which "
	       "hcstate keeps what was decided for the whole cluster.",
	.scope = HC_CLUSTER,
	.from = HC_KIND,
	HC_FIELDS(cluster_fields),
	.size = sizeof(struct hc_ceph_cluster),
	.check = check,
};

/* One thing said in two places would be set to and fro. */
static void check_options(const struct hc_set *desired, struct hc_diags *diags)
{
	static const char *const fields[] = {"global/public_network", "global/cluster_network"};
	size_t n;
	struct hc_resource *const *v = hc_of_type(desired, &hc_ceph_config, &n);

	for (size_t i = 0; i < n; i++) {
		const char *slash = strchr(v[i]->name, '/');

		for (size_t k = 0; slash && k < HC_COUNT(fields); k++)
			if (!strcmp(slash + 1, fields[k]))
				hc_say(diags, HC_ERROR, v[i]->place,
				       "%s: that is the field %s of CephCluster", fields[k],
				       strchr(fields[k], '/') + 1);
	}
}

const struct hc_type hc_ceph_config = {
	.name = "CephConfig",
	.doc = "An option in the monitors' configuration database.",
	.scope = HC_CLUSTER,
	.from = HC_CHILD,
	HC_FIELDS(config_fields),
	.size = sizeof(struct hc_ceph_config),
	.check = check_options,
};

const struct hc_type hc_ceph_fsid = {
	.name = "CephFsid",
	.doc = "The fsid of the CephCluster of the same name, made by hcstate secrets init. It is "
	       "no "
	       "secret, but made with them, so it is a document of its own.",
	.scope = HC_CLUSTER,
	.from = HC_KIND,
	.passive = true,
	HC_FIELDS(fsid_fields),
	.size = sizeof(struct hc_ceph_fsid),
};

const struct hc_type hc_ceph_node = {
	.name = "CephNode",
	.doc = "Ceph's files on one node. Follows from CephCluster.",
	.scope = HC_NODE,
	.from = HC_MADE,
	HC_FIELDS(node_fields),
	.size = sizeof(struct hc_ceph_node),
};
