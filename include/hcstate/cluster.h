/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The kinds of the cluster: who belongs to it, and corosync, which says who is alive. */

#include <hcstate/type.h>

/* corosync takes links 0 to 7. */
enum {
	HC_LINKS = 8,
};

struct hc_node {
	uint32_t id; /* corosync's nodeid */
	uint32_t quorum_votes;
	struct hc_map links; /* link0 ... link7 -> this node's address on that link */
	struct hc_map labels;

	/* observed */
	bool member;                   /* of the partition that this machine is in */
	bool left;                     /* not a member, and it said good-bye before it went */
	struct hc_strings link_states; /* "link0 10.0.0.1 connected" */
};

struct hc_cluster {
	const char *cluster_name;
	uint64_t config_version;
	unsigned transport;
	unsigned crypto_cipher, crypto_hash;
	unsigned link_mode;
	uint32_t token, consensus; /* ms */
	bool two_node;
	bool pings_lag; /* derived: the links are checked with the times of an earlier token */

	/* observed */
	bool quorate;
	uint32_t expected_votes, total_votes, quorum;
	struct hc_strings members; /* names of the nodes in this machine's partition */
};

/* What is said of one link as a whole; the nodes' addresses on it are theirs. */
struct hc_cluster_link {
	uint32_t number;
	uint32_t knet_link_priority;
	uint32_t mcastport;
};

/* What is on a node's disk and in its service. Follows from the others. */
struct hc_corosync {
	const char *conf; /* the text of /etc/corosync/corosync.conf */
	unsigned authkey; /* an enum hc_authkey: a verdict, never the key */
	bool enabled, active;
	bool quorate;

	/* observed */
	bool failed;           /* corosync.service ended with an error */
	const char *node_name; /* which node corosync, or its file, takes this machine for */
};

/* What the file /etc/corosync/authkey is, beside the sealed secret. */
enum hc_authkey {
	HC_AUTHKEY_RIGHT,
	HC_AUTHKEY_WRONG,
	HC_AUTHKEY_READABLE, /* the right one, but not root's alone */
	HC_AUTHKEY_ABSENT,
};

/* The indexes of their words. */
enum hc_crypto_cipher {
	HC_CIPHER_NONE,
	HC_CIPHER_AES128,
	HC_CIPHER_AES192,
	HC_CIPHER_AES256,
};
enum hc_crypto_hash {
	HC_HASH_NONE,
	HC_HASH_MD5,
	HC_HASH_SHA1,
	HC_HASH_SHA256,
	HC_HASH_SHA384,
	HC_HASH_SHA512,
};

extern const char *const hc_transport_words[],
	*const hc_cipher_words[], *const hc_hash_words[], *const hc_link_mode_words[];

/* "link3" -> 3; -1: it is not link0 ... link7 */
int hc_link_number(const char *word);

extern const struct hc_type hc_node, hc_cluster, hc_cluster_link, hc_corosync;
