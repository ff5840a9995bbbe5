/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Which OSDs went down with a node: what Ceph answered, compared with what the manifests say of the
 * nodes. Pure. */

#include <hcstate/value.h>
#include <json-c/json_types.h>

/* A node as the manifests have it. */
struct osd_node {
	const char *name;
	uint32_t id;            /* corosync's */
	struct hc_address *has; /* each as a host's, without its network */
	size_t nhas;
	bool lost;
};

struct osd_nodes {
	struct osd_node *v;
	size_t n;
};

struct osd_found {
	uint32_t *ids;
	const char **of;   /* of each: the node's name */
	uint64_t *up_from; /* ... and the map's epoch when it came up */
	size_t n;
	const char *why; /* they are left alone, and why; NULL: they are not */
};

/*
 * Those that are up and all of whose addresses are a lost node's, and no other's. `dump` is the
 * answer to `osd dump`, `tree` that to `osd tree`: an OSD that CRUSH has under another node's name
 * is left out. Neither is believed: what is missing in them is no match.
 *
 * *why when it would be too much to have happened: half of the nodes, or less than half of the OSDs
 * left.
 */
void osd_find(struct hc_arena *arena, struct json_object *dump, struct json_object *tree,
	      const struct osd_nodes *nodes, struct osd_found *found);
