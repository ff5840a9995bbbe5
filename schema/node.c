/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kind Node: a machine of the cluster, as corosync knows it. What nodes must agree on with each
 * other (ids, links, addresses) is checked here, over all of them.
 */

#include <hcstate/cluster.h>

#include <arpa/inet.h>
#include <string.h>

#include <hcstate/resource.h>

static const struct hc_field node_fields[] = {
	hc_u32(struct hc_node, id, .absent = HC_REQUIRED, .cost = HC_NEVER, .min = 1,
	       .max = UINT32_MAX, .doc = "corosync's node id. Each node has another."),
	hc_u32(struct hc_node, quorum_votes, .absent = HC_RESET, .unset = "1", .max = 255,
	       .doc = "How many votes it has when the nodes count whether they are the majority."),
	hc_map(struct hc_node, links, .absent = HC_REQUIRED,
	       .doc = "Its IP address on each of corosync's links, link0 to link7: "
		      "{link0: 192.168.4.201, link1: 10.0.0.1}. Every node has the same links. The "
		      "address on a link that stays cannot be changed without a restart of "
		      "corosync."),
	hc_map(struct hc_node, labels, .doc = "Words of your own about the machine."),
	hc_bool(struct hc_node, member, .origin = HC_OBSERVED,
		.unless = "it is not a member of the cluster now",
		.doc = "Whether corosync has it as a member, seen from this node."),
	hc_bool(struct hc_node, left, .origin = HC_OBSERVED,
		.doc = "Whether it is gone and said so before it went."),
	hc_strings(struct hc_node, link_states, .origin = HC_OBSERVED,
		   .doc = "Its links as this node sees them: link, address, connected or not."),
};

int hc_link_number(const char *word)
{
	if (strncmp(word, "link", 4) || word[4] < '0' || word[4] >= '0' + HC_LINKS || word[5])
		return -1;
	return word[4] - '0';
}

/* One spelling for one address, so that fd00:0::1 in a manifest is fd00::1 in what runs. */
static void finish(struct hc_arena *arena, struct hc_resource *resource)
{
	struct hc_node *node = resource->spec;

	for (size_t i = 0; i < node->links.n; i++) {
		char text[INET6_ADDRSTRLEN];
		uint8_t bytes[16];

		if (inet_pton(AF_INET6, node->links.v[i].value, bytes) == 1 &&
		    inet_ntop(AF_INET6, bytes, text, sizeof(text)))
			node->links.v[i].value = hc_strdup(arena, text);
	}
}

static struct hc_place links_place(const struct hc_resource *r)
{
	return hc_field_place(r, hc_field_index(&hc_node, "links"));
}

static void check_ids(struct hc_resource *const *v, size_t n, struct hc_diags *diags)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++) {
			const struct hc_node *a = v[k]->spec, *b = v[i]->spec;

			if (a->id != b->id || !hc_has_field(v[i], struct hc_node, id))
				continue;
			(void)hc_say(diags, HC_ERROR,
				     hc_field_place(v[i], hc_field_index(&hc_node, "id")),
				     "id %u is also that of Node/%s", b->id, v[k]->name);
			break;
		}
}

static void check_links(const struct hc_resource *r, struct hc_diags *diags)
{
	const struct hc_node *node = r->spec;
	uint8_t bytes[16];

	if (hc_has_field(r, struct hc_node, links) && !node->links.n)
		(void)hc_say(diags, HC_ERROR, links_place(r),
			     "links is empty: name at least link0");
	for (size_t i = 0; i < node->links.n; i++) {
		const struct hc_pair *link = &node->links.v[i];

		if (hc_link_number(link->key) < 0)
			(void)hc_say(diags, HC_ERROR, links_place(r),
				     "there is no \"%s\": links are link0 to link7", link->key);
		if (inet_pton(AF_INET, link->value, bytes) != 1 &&
		    inet_pton(AF_INET6, link->value, bytes) != 1)
			(void)hc_say(diags, HC_ERROR, links_place(r),
				     "%s: \"%s\" is not an IP address", link->key, link->value);
	}
}

static void check_same_links(const struct hc_resource *first, const struct hc_resource *r,
			     struct hc_diags *diags)
{
	const struct hc_node *a = first->spec, *b = r->spec;

	for (size_t i = 0; i < a->links.n; i++)
		if (!hc_map_get(&b->links, a->links.v[i].key))
			(void)hc_say(
				diags, HC_ERROR, links_place(r),
				"%s is missing, which Node/%s has: every node has the same links",
				a->links.v[i].key, first->name);
	for (size_t i = 0; i < b->links.n; i++)
		if (!hc_map_get(&a->links, b->links.v[i].key))
			(void)hc_say(diags, HC_ERROR, links_place(r),
				     "%s is missing in Node/%s: every node has the same links",
				     b->links.v[i].key, first->name);
}

/* The address of `r`'s i-th link, if a node before it or a link before it has it too. */
static const struct hc_resource *same_address(struct hc_resource *const *v, size_t upto, size_t i)
{
	const struct hc_node *mine = v[upto]->spec;

	for (size_t k = 0; k <= upto; k++) {
		const struct hc_node *other = v[k]->spec;
		size_t n = k == upto ? i : other->links.n;

		for (size_t l = 0; l < n; l++)
			if (!strcmp(other->links.v[l].value, mine->links.v[i].value))
				return v[k];
	}
	return NULL;
}

static void check_addresses(struct hc_resource *const *v, size_t n, struct hc_diags *diags)
{
	for (size_t i = 0; i < n; i++) {
		const struct hc_node *node = v[i]->spec;

		for (size_t l = 0; l < node->links.n; l++) {
			const struct hc_resource *other = same_address(v, i, l);

			if (other)
				(void)hc_say(diags, HC_ERROR, links_place(v[i]),
					     "%s: address %s is also that of a link of Node/%s",
					     node->links.v[l].key, node->links.v[l].value,
					     other->name);
		}
	}
}

static void check(const struct hc_set *desired, struct hc_diags *diags)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(desired, &hc_node, &n);

	check_ids(v, n, diags);
	check_addresses(v, n, diags);
	for (size_t i = 0; i < n; i++) {
		check_links(v[i], diags);
		if (i)
			check_same_links(v[0], v[i], diags);
	}
}

const struct hc_type hc_node = {
	.name = "Node",
	.doc = "A machine of the cluster. With a Cluster document corosync runs on it.",
	.scope = HC_CLUSTER,
	.from = HC_KIND,
	HC_FIELDS(node_fields),
	.size = sizeof(struct hc_node),
	.finish = finish,
	.check = check,
};
