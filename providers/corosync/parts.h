/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The resources of a set that make up one corosync.conf, and questions about them. */

#include <hcstate/cluster.h>
#include <hcstate/provider.h>

struct parts {
	const struct hc_resource *cluster;  /* NULL: there is none */
	const struct hc_resource **links;   /* by number */
	const struct hc_resource **nodes;   /* by id */
	const struct hc_resource *corosync; /* of one node, or NULL */
	size_t nlink, nnode;
};

/* Works on unsorted sets too. */
struct parts parts_of(struct hc_arena *arena, const struct hc_set *set, const char *node);

const struct hc_cluster *parts_cluster(const struct parts *parts); /* only when there is one */
const struct hc_node *parts_node(const struct parts *parts, size_t i);
const struct hc_node *parts_find(const struct parts *parts, const char *name); /* or NULL */
