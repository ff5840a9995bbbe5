/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An OSD is found by its addresses, as they are what the others talk to: its CRUSH host may have
 * any name. An address that two nodes have (of a network of the machine's own, say) tells nothing.
 *
 * A mistake here costs little, since an OSD that lives says so at once and is up again. Still, half
 * of the cluster is never marked down in one go: who sees so much vanish is likely to be the one
 * that is wrong.
 */

#include "osd_find.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#include <ceph-client/json.h>

static const char *const address_lists[] = {
	"public_addrs.addrvec",
	"cluster_addrs.addrvec",
	"heartbeat_back_addrs.addrvec",
	"heartbeat_front_addrs.addrvec",
};

/* "10.0.0.1:6802", "[fd00::1]:6802" */
static bool read_address(const char *text, struct hc_address *address)
{
	char host[INET6_ADDRSTRLEN] = "";
	const char *port = strrchr(text, ':');
	bool six = *text == '[';
	size_t size = port ? (size_t)(port - text) : 0;

	if (six && (size < 2 || text[size - 1] != ']'))
		return false;
	text += six;
	size -= six ? 2 : 0;
	if (!size || size >= sizeof(host))
		return false;
	memcpy(host, text, size);
	*address = (struct hc_address){
		.family = six ? AF_INET6 : AF_INET,
		.prefix = six ? 128 : 32,
	};
	return inet_pton(address->family, host, address->bytes) == 1;
}

static bool has(const struct osd_node *node, const struct hc_address *address)
{
	for (size_t i = 0; i < node->nhas; i++)
		if (hc_address_same(&node->has[i], address))
			return true;
	return false;
}

/* NULL: nobody's, or more than one node's. */
static const struct osd_node *owner(const struct osd_nodes *nodes, const char *text)
{
	const struct osd_node *found = NULL;
	struct hc_address address;

	if (!read_address(text, &address))
		return NULL;
	for (size_t i = 0; i < nodes->n; i++) {
		if (!has(&nodes->v[i], &address))
			continue;
		if (found)
			return NULL;
		found = &nodes->v[i];
	}
	return found;
}

/* On which node it is, by all of its addresses; NULL: they do not agree on one. */
static const struct osd_node *place_of(struct hc_arena *arena, const struct osd_nodes *nodes,
				       struct json_object *osd)
{
	const struct osd_node *all = NULL;

	for (size_t i = 0; i < HC_COUNT(address_lists); i++) {
		size_t n = 0;
		struct json_object *list = json_list(osd, address_lists[i], &n);

		for (size_t k = 0; k < n; k++) {
			struct json_object *one = json_object_array_get_idx(list, k);
			const struct osd_node *at = owner(nodes, json_text(arena, one, "addr", ""));

			if (!at || (all && all != at))
				return NULL;
			all = at;
		}
		if (!n)
			return NULL;
	}
	return all;
}

static bool has_child(struct json_object *bucket, uint32_t id)
{
	size_t n = 0;
	struct json_object *children = json_list(bucket, "children", &n);

	for (size_t i = 0; i < n; i++)
		if (json_number(json_object_array_get_idx(children, i), "", UINT64_MAX) == id)
			return true;
	return false;
}

/* Whether CRUSH has it under the name of another node. */
static bool is_elsewhere(struct hc_arena *arena, struct json_object *tree,
			 const struct osd_nodes *nodes, const struct osd_node *at, uint32_t id)
{
	size_t n = 0;
	struct json_object *buckets = json_list(tree, "nodes", &n);

	for (size_t i = 0; i < n; i++) {
		struct json_object *bucket = json_object_array_get_idx(buckets, i);
		const char *name = json_text(arena, bucket, "name", "");

		if (strcmp(json_text(arena, bucket, "type", ""), "host") != 0 ||
		    !strcmp(name, at->name) || !has_child(bucket, id))
			continue;
		for (size_t k = 0; k < nodes->n; k++)
			if (!strcmp(nodes->v[k].name, name))
				return true;
	}
	return false;
}

static bool is_lost(struct hc_arena *arena, struct json_object *osd, struct json_object *tree,
		    const struct osd_nodes *nodes, const struct osd_node **at)
{
	uint64_t id = json_number(osd, "osd", UINT64_MAX);

	*at = id < INT32_MAX && json_number(osd, "up", 0) ? place_of(arena, nodes, osd) : NULL;
	return *at && (*at)->lost && !is_elsewhere(arena, tree, nodes, *at, (uint32_t)id);
}

/* Whether that many may be believed. */
static const char *check(struct hc_arena *arena, const struct osd_nodes *nodes, size_t in,
			 size_t left)
{
	size_t lost = 0;

	for (size_t i = 0; i < nodes->n; i++)
		lost += nodes->v[i].lost;
	if (lost * 2 >= nodes->n)
		return hc_printf(arena, "%zu of %zu nodes are no minority", lost, nodes->n);
	if (left * 2 < in)
		return hc_printf(arena, "%zu of %zu OSDs would be left", left, in);
	return NULL;
}

void osd_find(struct hc_arena *arena, struct json_object *dump, struct json_object *tree,
	      const struct osd_nodes *nodes, struct osd_found *found)
{
	size_t n = 0, in = 0, left = 0;
	struct json_object *osds = json_list(dump, "osds", &n);
	const struct osd_node *at;

	*found = (struct osd_found){
		.ids = hc_alloc(arena, (n + 1) * sizeof(*found->ids)),
		.of = hc_alloc(arena, (n + 1) * sizeof(*found->of)),
		.up_from = hc_alloc(arena, (n + 1) * sizeof(*found->up_from)),
	};
	for (size_t i = 0; i < n; i++) {
		struct json_object *osd = json_object_array_get_idx(osds, i);
		bool is_in = json_number(osd, "in", 0);

		in += is_in;
		if (!is_lost(arena, osd, tree, nodes, &at)) {
			left += is_in && json_number(osd, "up", 0);
			continue;
		}
		found->up_from[found->n] = json_number(osd, "up_from", 0);
		found->ids[found->n] = (uint32_t)json_number(osd, "osd", 0);
		found->of[found->n++] = at->name;
	}
	if (found->n)
		found->why = check(arena, nodes, in, left);
}
