/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds Cluster and ClusterLink (what all nodes' corosync.conf says) and Corosync (what is made
 * of it on one node). Words and numbers are corosync's own, see corosync.conf(5).
 *
 * What a change costs was tried with corosync 3.1.7: nearly everything is taken by a reload, also
 * ciphers and a new authkey; the cluster's name, a link's port and the address on a link that stays
 * are not.
 */

#include <hcstate/cluster.h>

#include <string.h>

#include <hcstate/resource.h>

const char *const hc_transport_words[] = {"knet", NULL};
const char *const hc_cipher_words[] = {"none", "aes128", "aes192", "aes256", NULL};
const char *const hc_hash_words[] = {"none", "md5", "sha1", "sha256", "sha384", "sha512", NULL};
const char *const hc_link_mode_words[] = {"passive", "active", "rr", NULL};
static const char *const authkey_words[] = {"right", "wrong", "readable", "absent", NULL};

static const struct hc_field cluster_fields[] = {
	hc_string(struct hc_cluster, cluster_name, .cost = HC_REBORN, .min = 1, .max = 63,
		  .pattern = "^[A-Za-z0-9_.-]+$", .pattern_doc = "letters, digits, _ . and -",
		  .doc = "The cluster's name for corosync. Without it the document's name."),
	hc_u64(struct hc_cluster, config_version, .absent = HC_REQUIRED, .min = 1,
	       .max = UINT64_MAX,
	       .doc = "Raise it with every change of what corosync.conf says (nodes, votes, links, "
		      "times, keys). corosync ends a node that joins with an older one."),
	hc_enum(struct hc_cluster, transport, .absent = HC_RESET, .unset = "knet", .cost = HC_NEVER,
		.words = hc_transport_words,
		.doc = "How the nodes talk. Only knet: the older udp and udpu know neither "
		       "encryption nor several links."),
	hc_enum(struct hc_cluster, crypto_cipher, .absent = HC_RESET, .unset = "aes256",
		.words = hc_cipher_words, .doc = "How what the nodes say is encrypted."),
	hc_enum(struct hc_cluster, crypto_hash, .absent = HC_RESET, .unset = "sha256",
		.words = hc_hash_words, .doc = "How what the nodes say is authenticated."),
	hc_enum(struct hc_cluster, link_mode, .absent = HC_RESET, .unset = "passive",
		.words = hc_link_mode_words,
		.doc = "With several links: passive uses the one of the highest priority, active "
		       "all at once, rr one after the other."),
	hc_u32(struct hc_cluster, token, .absent = HC_RESET, .unset = "3000", .unit = "ms",
	       .min = 100, .max = 3600000,
	       .doc = "How long the token may be away before a node is taken for dead. corosync "
		      "adds 650 ms for each node beyond two."),
	hc_u32(struct hc_cluster, consensus, .unit = "ms", .min = 100, .max = 4320000,
	       .doc = "How long to wait for consensus before a new membership is formed. "
		      "corosync's "
		      "own is 1.2 times the token."),
	hc_bool(struct hc_cluster, two_node, .absent = HC_RESET, .unset = "false",
		.doc = "With two nodes: one alone stays quorate, once both have been seen."),
	hc_bool(struct hc_cluster, pings_lag, .origin = HC_DERIVED,
		.doc = "Whether the links are still checked with the times of an earlier token. "
		       "corosync works them out anew only with the reload after the one that "
		       "changed the token; until then a cut link may cost a node its membership."),
	hc_children("links", .item = &hc_cluster_link, .form = HC_LIST,
		    .doc = "What is special about single links: [{number: 1, knet_link_priority: "
			   "10}]. The addresses are in the Node documents."),
	hc_bool(struct hc_cluster, quorate, .origin = HC_OBSERVED,
		.unless = "this node is not in the partition that holds the majority",
		.doc = "Whether this node is in the partition that holds the majority."),
	hc_u32(struct hc_cluster, expected_votes, .origin = HC_OBSERVED,
	       .doc = "The votes of all nodes."),
	hc_u32(struct hc_cluster, total_votes, .origin = HC_OBSERVED,
	       .doc = "The votes that are present in this partition."),
	hc_u32(struct hc_cluster, quorum, .origin = HC_OBSERVED,
	       .doc = "How many votes make the majority."),
	hc_strings(struct hc_cluster, members, .origin = HC_OBSERVED,
		   .doc = "The nodes in this partition."),
};

static const struct hc_field link_fields[] = {
	hc_u32(struct hc_cluster_link, number, .absent = HC_REQUIRED, .max = HC_LINKS - 1,
	       .doc = "The link: 0 for link0."),
	hc_u32(struct hc_cluster_link, knet_link_priority, .absent = HC_RESET, .unset = "1",
	       .max = 255,
	       .doc = "In link mode passive the connected link of the highest is used."),
	hc_u32(struct hc_cluster_link, mcastport, .cost = HC_REBORN, .min = 1, .max = UINT16_MAX,
	       .doc = "Its UDP port. corosync's own is 5405 and the link's number."),
};

static const struct hc_field corosync_fields[] = {
	hc_text(struct hc_corosync, conf, .origin = HC_DERIVED,
		.doc = "/etc/corosync/corosync.conf."),
	hc_enum(struct hc_corosync, authkey, .origin = HC_DERIVED, .words = authkey_words,
		.doc = "Whether /etc/corosync/authkey holds Secret/corosync's authkey, for root "
		       "alone."),
	hc_bool(struct hc_corosync, enabled, .origin = HC_DERIVED,
		.doc = "Whether corosync.service starts at boot."),
	hc_bool(struct hc_corosync, active, .origin = HC_DERIVED,
		.doc = "Whether corosync.service runs."),
	hc_bool(struct hc_corosync, quorate, .origin = HC_DERIVED,
		.doc = "Whether this node is in the partition that holds the majority."),
	hc_bool(struct hc_corosync, failed, .origin = HC_OBSERVED,
		.doc = "Whether corosync.service ended with an error."),
	hc_string(struct hc_corosync, node_name, .origin = HC_OBSERVED,
		  .doc = "Which node this machine is: says corosync, or while it does not run its "
			 "file."),
};

/* Not a default of the table, as it depends on the document. */
static void finish(struct hc_arena *arena, struct hc_resource *resource)
{
	struct hc_cluster *cluster = resource->spec;

	if (!resource->name || hc_has_field(resource, struct hc_cluster, cluster_name))
		return;
	cluster->cluster_name = hc_strdup(arena, resource->name);
	hc_set_field(resource, struct hc_cluster, cluster_name);
}

static void check_votes(const struct hc_resource *r, struct hc_resource *const *nodes, size_t n,
			struct hc_diags *diags)
{
	const struct hc_cluster *cluster = r->spec;
	uint32_t votes = 0;

	for (size_t i = 0; i < n; i++)
		votes += ((const struct hc_node *)nodes[i]->spec)->quorum_votes;
	if (!n)
		return; /* a part of a set: the nodes are elsewhere */
	if (cluster->two_node && n != 2)
		(void)hc_say(diags, HC_ERROR, r->place, "two_node is for 2 nodes, not for %zu", n);
	if (!votes)
		(void)hc_say(diags, HC_ERROR, r->place, "no node has a vote");
	if (votes && votes % 2 == 0 && !cluster->two_node)
		hc_hint(diags,
			hc_say(diags, HC_WARNING, r->place,
			       "%u votes are an even number: two halves of the cluster would both "
			       "stop",
			       votes),
			"%s",
			n == 2 ? "with two nodes: two_node: true"
			       : "give one node two votes, or none");
}

static void check_crypto(const struct hc_resource *r, struct hc_diags *diags)
{
	const struct hc_cluster *cluster = r->spec;

	if (cluster->crypto_cipher != HC_CIPHER_NONE && cluster->crypto_hash == HC_HASH_NONE)
		(void)hc_say(diags, HC_ERROR,
			     hc_field_place(r, hc_field_index(&hc_cluster, "crypto_hash")),
			     "crypto_cipher %s needs a crypto_hash",
			     hc_cipher_words[cluster->crypto_cipher]);
}

/* A link of the cluster that no node has. */
static void check_links(const struct hc_set *desired, const struct hc_node *node,
			struct hc_diags *diags)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(desired, &hc_cluster_link, &n);

	for (size_t i = 0; i < n; i++) {
		const struct hc_cluster_link *link = v[i]->spec;
		const char key[] = {'l', 'i', 'n', 'k', (char)('0' + link->number % 10), '\0'};

		if (!hc_map_get(&node->links, key))
			(void)hc_say(diags, HC_ERROR, v[i]->place, "no node has a %s", key);
	}
}

static void check(const struct hc_set *desired, struct hc_diags *diags)
{
	size_t nnode, n;
	struct hc_resource *const *nodes = hc_of_type(desired, &hc_node, &nnode);
	struct hc_resource *const *v = hc_of_type(desired, &hc_cluster, &n);

	for (size_t i = 0; i < n; i++) {
		if (i)
			(void)hc_say(diags, HC_ERROR, v[i]->place,
				     "a second Cluster: there is Cluster/%s already", v[0]->name);
		check_votes(v[i], nodes, nnode, diags);
		check_crypto(v[i], diags);
	}
	if (n && nnode)
		check_links(desired, nodes[0]->spec, diags);
}

const struct hc_type hc_cluster = {
	.name = "Cluster",
	.doc = "The corosync cluster of all Node documents. There is at most one. With encryption "
	       "it needs Secret/corosync with the key authkey.",
	.scope = HC_CLUSTER,
	.from = HC_KIND,
	HC_FIELDS(cluster_fields),
	.size = sizeof(struct hc_cluster),
	.finish = finish,
	.check = check,
};

const struct hc_type hc_cluster_link = {
	.name = "ClusterLink",
	.doc = "What is special about one of corosync's links.",
	.scope = HC_CLUSTER,
	.from = HC_CHILD,
	HC_FIELDS(link_fields),
	.size = sizeof(struct hc_cluster_link),
};

const struct hc_type hc_corosync = {
	.name = "Corosync",
	.doc = "corosync on one node: its files and its service. Follows from Cluster and Node.",
	.scope = HC_NODE,
	.from = HC_MADE,
	.membership = true,
	HC_FIELDS(corosync_fields),
	.size = sizeof(struct hc_corosync),
};
