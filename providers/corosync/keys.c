/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corosync keeps its settings under keys like totem.token or nodelist.node.0.ring1_addr. They
 * become resources here. What corosync works out by itself is under runtime., so it is never
 * mistaken for something that somebody set.
 *
 * corosync knows the cluster by its cluster_name alone. What its document is called is not part of
 * corosync's world, so the live Cluster takes that name over.
 */

#include "keys.h"

#include <string.h>

uint64_t keys_number(const struct hc_map *keys, const char *key, uint64_t absent)
{
	const char *text = hc_map_get(keys, key);
	char *end;
	uint64_t value;

	if (!text || *text < '0' || *text > '9')
		return absent;
	value = strtoull(text, &end, 10);
	return *end ? absent : value;
}

bool keys_index(const char *key, const char *prefix, uint32_t *number, const char **rest)
{
	size_t size = strlen(prefix);
	unsigned long value;
	char *end;

	if (strncmp(key, prefix, size) || key[size] < '0' || key[size] > '9')
		return false;
	value = strtoul(key + size, &end, 10);
	if (value > UINT32_MAX)
		return false;
	*number = (uint32_t)value;
	*rest = end;
	return true;
}

/* False when corosync was told a word that hcstate does not know. */
static bool word(const struct hc_map *keys, const char *key, const char *const *words,
		 const char *absent, unsigned *index)
{
	const char *text = hc_map_get(keys, key);

	for (*index = 0; words[*index]; (*index)++)
		if (!strcmp(words[*index], text ? text : absent))
			return true;
	*index = 0;
	return false;
}

static bool yes(const char *text)
{
	return text && (!strcmp(text, "1") || !strcmp(text, "yes"));
}

static void read_crypto(const struct hc_map *keys, struct hc_resource *r)
{
	struct hc_cluster *c = r->spec;

	if (word(keys, "totem.crypto_cipher", hc_cipher_words, "none", &c->crypto_cipher))
		hc_set_field(r, struct hc_cluster, crypto_cipher);
	if (word(keys, "totem.crypto_hash", hc_hash_words, "none", &c->crypto_hash))
		hc_set_field(r, struct hc_cluster, crypto_hash);
}

bool keys_pings_lag(const struct hc_map *keys)
{
	uint64_t token = keys_number(keys, "runtime.config.totem.token", 0);

	for (size_t i = 0; i < keys->n; i++) {
		uint32_t number;
		const char *rest;

		if (keys_index(keys->v[i].key, "runtime.config.totem.interface.", &number, &rest) &&
		    !strcmp(rest, ".knet_ping_timeout") &&
		    keys_number(keys, keys->v[i].key, 0) != token / 2)
			return true;
	}
	return false;
}

static void read_times(const struct hc_map *keys, struct hc_resource *r)
{
	struct hc_cluster *c = r->spec;

	c->token = (uint32_t)keys_number(keys, "totem.token", 3000);
	hc_set_field(r, struct hc_cluster, token);
	c->consensus = (uint32_t)keys_number(keys, "totem.consensus", 0);
	if (c->consensus)
		hc_set_field(r, struct hc_cluster, consensus);
	c->pings_lag = keys_pings_lag(keys);
	hc_set_field(r, struct hc_cluster, pings_lag);
}

static struct hc_resource *read_cluster(const struct hc_map *keys, const char *name,
					struct hc_set *set)
{
	const char *cluster_name = hc_map_get(keys, "totem.cluster_name");
	struct hc_resource *r;
	struct hc_cluster *c;

	if (!cluster_name)
		cluster_name = "";
	if (!name)
		name = *cluster_name ? cluster_name : "corosync";
	r = hc_resource_new(set, &hc_cluster, NULL, name);
	c = r->spec;
	c->cluster_name = hc_strdup(set->arena, cluster_name);
	hc_set_field(r, struct hc_cluster, cluster_name);
	c->config_version = keys_number(keys, "totem.config_version", 0);
	hc_set_field(r, struct hc_cluster, config_version);
	if (word(keys, "totem.transport", hc_transport_words, "knet", &c->transport))
		hc_set_field(r, struct hc_cluster, transport);
	if (word(keys, "totem.link_mode", hc_link_mode_words, "passive", &c->link_mode))
		hc_set_field(r, struct hc_cluster, link_mode);
	c->two_node = yes(hc_map_get(keys, "quorum.two_node"));
	hc_set_field(r, struct hc_cluster, two_node);
	read_crypto(keys, r);
	read_times(keys, r);
	return r;
}

/* A link of which only corosync itself says something (bindnetaddr) is none of ours. */
static void read_link(const struct hc_map *keys, uint32_t number, const char *cluster, bool made,
		      struct hc_set *set)
{
	struct hc_arena *arena = set->arena;
	const char *priority = hc_printf(arena, "totem.interface.%u.knet_link_priority", number);
	const char *port = hc_printf(arena, "totem.interface.%u.mcastport", number);
	struct hc_resource *r;
	struct hc_cluster_link *link;

	if (!hc_map_get(keys, priority) && !hc_map_get(keys, port))
		return;
	r = hc_resource_new(set, &hc_cluster_link, NULL,
			    hc_printf(arena, "%s/%u", cluster, number));
	r->made = made;
	link = r->spec;
	link->number = number;
	hc_set_field(r, struct hc_cluster_link, number);
	link->knet_link_priority = (uint32_t)keys_number(keys, priority, 1);
	hc_set_field(r, struct hc_cluster_link, knet_link_priority);
	link->mcastport = (uint32_t)keys_number(keys, port, 0);
	if (link->mcastport)
		hc_set_field(r, struct hc_cluster_link, mcastport);
}

static void read_addresses(const struct hc_map *keys, const char *prefix, struct hc_resource *r,
			   struct hc_arena *arena)
{
	struct hc_node *node = r->spec;

	for (unsigned i = 0; i < HC_LINKS; i++) {
		const char *address =
			hc_map_get(keys, hc_printf(arena, "%sring%u_addr", prefix, i));

		if (address)
			hc_map_put(arena, &node->links, hc_printf(arena, "link%u", i), address);
	}
	hc_set_field(r, struct hc_node, links);
	hc_node.finish(arena, r);
}

static void read_node(const struct hc_map *keys, uint32_t position, bool made, struct hc_set *set)
{
	struct hc_arena *arena = set->arena;
	const char *prefix = hc_printf(arena, "nodelist.node.%u.", position);
	uint32_t id = (uint32_t)keys_number(keys, hc_printf(arena, "%snodeid", prefix), 0);
	const char *name = hc_map_get(keys, hc_printf(arena, "%sname", prefix));
	struct hc_resource *r;
	struct hc_node *node;

	r = hc_resource_new(set, &hc_node, NULL, name ? name : hc_printf(arena, "node%u", id));
	r->made = made;
	node = r->spec;
	node->id = id;
	hc_set_field(r, struct hc_node, id);
	node->quorum_votes =
		(uint32_t)keys_number(keys, hc_printf(arena, "%squorum_votes", prefix), 1);
	hc_set_field(r, struct hc_node, quorum_votes);
	read_addresses(keys, prefix, r, arena);
}

void keys_resources(const struct hc_map *keys, const char *cluster, struct hc_set *set)
{
	struct hc_resource *r = read_cluster(keys, cluster, set);
	uint32_t seen = UINT32_MAX, number;
	const char *rest;

	r->made = cluster;
	for (uint32_t i = 0; i < HC_LINKS; i++)
		read_link(keys, i, r->name, r->made, set);
	/* sorted by key, so a node's keys lie together */
	for (size_t i = 0; i < keys->n; i++) {
		if (!keys_index(keys->v[i].key, "nodelist.node.", &number, &rest) || number == seen)
			continue;
		read_node(keys, number, r->made, set);
		seen = number;
	}
}
