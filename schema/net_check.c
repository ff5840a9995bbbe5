/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What no row of the tables can say about the network: that two things do not go together. The
 * checks see the resources of all nodes at once. Each puts what it compares into an order in which
 * what could clash lies side by side, so that ten thousand addresses cost a sort and one walk.
 */

#include <hcstate/net.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <hcstate/resource.h>

typedef int (*order_fn)(const void *a, const void *b);

/* All resources of the type in that order; free() them. */
static struct hc_resource **sorted(const struct hc_set *set, const struct hc_type *type,
				   order_fn order, size_t *n)
{
	struct hc_resource *const *v = hc_of_type(set, type, n);
	struct hc_resource **copy = calloc(*n + 1, sizeof(struct hc_resource *));

	if (!copy)
		abort();
	for (size_t i = 0; i < *n; i++)
		copy[i] = v[i];
	qsort(copy, *n, sizeof(*copy), order);
	return copy;
}

static int order_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static const struct hc_resource *at(const void *pointer)
{
	return *(struct hc_resource *const *)pointer;
}

static const char *link_of(const struct hc_resource *child)
{
	return child->parent ? child->parent->name : "";
}

static struct hc_place place_of(const struct hc_resource *r, const char *field)
{
	return hc_field_place(r, hc_field_index(r->type, field));
}

/* --- links --- */

/* The kernel takes nearly everything; networkd takes some of that for a pattern, such as p*. */
#define LINK_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

static bool is_link_name(const char *name)
{
	size_t size = strlen(name);

	return size && size <= 15 && !strchr("._-", *name) && size == strspn(name, LINK_LETTERS) &&
	       strcmp(name, "all") != 0 && strcmp(name, "default") != 0 && strcmp(name, "lo") != 0;
}

static void check_name(const struct hc_resource *r, const char *name, struct hc_place place,
		       struct hc_diags *diags)
{
	struct hc_diag *said;

	if (is_link_name(name))
		return;
	said = hc_say(diags, HC_ERROR, place, "a %s cannot be named \"%s\"",
		      r->type == &hc_bridge ? "bridge" : "link", name);
	hc_hint(diags, said,
		"1 to 15 letters, digits, '.', '_' and '-', the first a letter or digit, and not "
		"all, default or lo");
}

static int by_node_and_mac(const void *a, const void *b)
{
	const struct hc_ethernet *x = at(a)->spec, *y = at(b)->spec;
	int order = order_text(at(a)->node, at(b)->node);

	return order ? order : memcmp(&x->mac, &y->mac, sizeof(x->mac));
}

void hc_ethernet_check(const struct hc_set *desired, struct hc_diags *diags)
{
	size_t n;
	_cleanup_(hc_freep) struct hc_resource **v =
		sorted(desired, &hc_ethernet, by_node_and_mac, &n);

	for (size_t i = 0; i < n; i++)
		check_name(v[i], v[i]->name, v[i]->place, diags);
	for (size_t i = 1; i < n; i++)
		if (hc_has_field(v[i], struct hc_ethernet, mac) &&
		    hc_has_field(v[i - 1], struct hc_ethernet, mac) &&
		    !by_node_and_mac(&v[i - 1], &v[i]))
			(void)hc_say(diags, HC_ERROR, place_of(v[i], "mac"),
				     "%s has the same mac on %s", v[i - 1]->name, v[i]->node);
}

void hc_bridge_check(const struct hc_set *desired, struct hc_diags *diags)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(desired, &hc_bridge, &n);

	for (size_t i = 0; i < n; i++) {
		const struct hc_bridge *bridge = v[i]->spec;

		check_name(v[i], v[i]->name, v[i]->place, diags);
		if (hc_find(desired, &hc_ethernet, v[i]->node, v[i]->name))
			(void)hc_say(diags, HC_ERROR, v[i]->place,
				     "%s is the name of an Ethernet on %s too", v[i]->name,
				     v[i]->node);
		if (bridge->stp && hc_has_field(v[i], struct hc_bridge, forward_delay) &&
		    bridge->forward_delay < 2)
			(void)hc_say(diags, HC_ERROR, place_of(v[i], "forward_delay"),
				     "with stp a forward_delay of %u s is below 2 s",
				     bridge->forward_delay);
	}
}

/* --- ports --- */

static int by_node_and_link(const void *a, const void *b)
{
	const struct hc_port *x = at(a)->spec, *y = at(b)->spec;
	int order = order_text(at(a)->node, at(b)->node);

	return order ? order : order_text(x->link, y->link);
}

static void check_mtu(const struct hc_set *desired, const struct hc_resource *r,
		      struct hc_diags *diags)
{
	const struct hc_port *port = r->spec;
	const struct hc_resource *nic = hc_find(desired, &hc_ethernet, r->node, port->link);
	const struct hc_ethernet *ethernet = nic ? nic->spec : NULL;
	const struct hc_bridge *bridge = r->parent ? r->parent->spec : NULL;

	if (!nic || !bridge || !hc_has_field(nic, struct hc_ethernet, mtu) ||
	    ethernet->mtu >= bridge->mtu)
		return;
	(void)hc_say(diags, HC_WARNING, place_of(nic, "mtu"),
		     "mtu %u is below the %u of %s, whose larger packets get lost here",
		     ethernet->mtu, bridge->mtu, r->parent->name);
}

void hc_port_check(const struct hc_set *desired, struct hc_diags *diags)
{
	size_t n;
	_cleanup_(hc_freep) struct hc_resource **v =
		sorted(desired, &hc_port, by_node_and_link, &n);

	for (size_t i = 0; i < n; i++) {
		const struct hc_port *port = v[i]->spec;

		check_name(v[i], port->link, place_of(v[i], "link"), diags);
		check_mtu(desired, v[i], diags);
		if (hc_find(desired, &hc_bridge, v[i]->node, port->link))
			(void)hc_say(diags, HC_ERROR, place_of(v[i], "link"),
				     strcmp(link_of(v[i]), port->link) == 0
					     ? "%s cannot be a port of itself"
					     : "%s is a bridge, and a bridge cannot be in another",
				     port->link);
		if (i && !by_node_and_link(&v[i - 1], &v[i]))
			(void)hc_say(diags, HC_ERROR, place_of(v[i], "link"),
				     "%s is in two bridges on %s: %s and %s", port->link,
				     v[i]->node, link_of(v[i - 1]), link_of(v[i]));
	}
}

/* --- addresses --- */

static bool is_link_local(const struct hc_address *a)
{
	return a->family == AF_INET6 && a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80;
}

static int order_addresses(const struct hc_address *a, const struct hc_address *b)
{
	int order = (int)a->family - (int)b->family;

	return order ? order : memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

static int by_address(const void *a, const void *b)
{
	const struct hc_net_address *x = at(a)->spec, *y = at(b)->spec;
	int order = order_addresses(&x->address, &y->address);

	return order ? order : hc_resource_order(at(a), at(b));
}

/* What precedes a network it contains must come before it: by its first address, then the shorter
 * prefix. */
static int by_node_and_network(const void *a, const void *b)
{
	const struct hc_address *x = &((const struct hc_net_address *)at(a)->spec)->address;
	const struct hc_address *y = &((const struct hc_net_address *)at(b)->spec)->address;
	int order = order_text(at(a)->node, at(b)->node);

	if (!order)
		order = (int)x->family - (int)y->family;
	for (unsigned bit = 0; !order && bit < 8 * sizeof(x->bytes); bit++) {
		int p = bit < x->prefix && x->bytes[bit / 8] & (0x80 >> bit % 8);
		int q = bit < y->prefix && y->bytes[bit / 8] & (0x80 >> bit % 8);

		order = p - q;
	}
	if (!order)
		order = (int)x->prefix - (int)y->prefix;
	return order ? order : order_text(at(a)->name, at(b)->name);
}

/* One host is no network: a lone address of somebody else's network is a common thing. */
static bool is_network(const struct hc_address *a)
{
	return !is_link_local(a) && a->prefix < (a->family == AF_INET ? 32 : 128);
}

static void check_used_twice(const struct hc_set *desired, struct hc_diags *diags)
{
	size_t n;
	_cleanup_(hc_freep) struct hc_resource **v =
		sorted(desired, &hc_net_address, by_address, &n);

	for (size_t i = 1; i < n; i++) {
		const struct hc_address *a = &((struct hc_net_address *)v[i]->spec)->address;
		const struct hc_address *b = &((struct hc_net_address *)v[i - 1]->spec)->address;

		if (!order_addresses(a, b) && !is_link_local(a))
			(void)hc_say(diags, HC_ERROR, place_of(v[i], "address"),
				     "%s is used twice: by %s on %s and by %s on %s",
				     hc_address_text(diags->arena, a, false), link_of(v[i - 1]),
				     v[i - 1]->node, link_of(v[i]), v[i]->node);
	}
}

/* Networks are inside one another or apart, so the widest one so far is enough to compare with. */
static void check_overlaps(const struct hc_set *desired, struct hc_diags *diags)
{
	const struct hc_resource *wide = NULL;
	size_t n;
	_cleanup_(hc_freep) struct hc_resource **v =
		sorted(desired, &hc_net_address, by_node_and_network, &n);

	for (size_t i = 0; i < n; i++) {
		const struct hc_address *a = &((struct hc_net_address *)v[i]->spec)->address;

		if (!is_network(a))
			continue;
		if (!wide || order_text(wide->node, v[i]->node) != 0 ||
		    !hc_address_overlap(&((struct hc_net_address *)wide->spec)->address, a)) {
			wide = v[i];
		} else if (strcmp(link_of(wide), link_of(v[i])) != 0 &&
			   order_addresses(a, &((struct hc_net_address *)wide->spec)->address)) {
			(void)hc_say(diags, HC_ERROR, place_of(v[i], "address"),
				     "the networks of %s and %s overlap on %s", wide->name,
				     v[i]->name, v[i]->node);
		}
	}
}

static void check_on_ports(const struct hc_set *desired, struct hc_diags *diags)
{
	size_t nport, n;
	_cleanup_(hc_freep) struct hc_resource **ports =
		sorted(desired, &hc_port, by_node_and_link, &nport);
	struct hc_resource *const *v = hc_of_type(desired, &hc_net_address, &n);

	for (size_t i = 0; i < n; i++) {
		struct hc_port named = {.link = link_of(v[i])};
		const struct hc_resource key = {.node = v[i]->node, .spec = &named};
		const struct hc_resource *keyp = &key;
		struct hc_resource *const *port =
			bsearch(&keyp, ports, nport, sizeof(*ports), by_node_and_link);
		struct hc_diag *said;

		if (!port)
			continue;
		said = hc_say(diags, HC_ERROR, place_of(v[i], "address"),
			      "%s is a port of %s, where an address reaches nobody", named.link,
			      link_of(*port));
		hc_hint(diags, said, "write the address in Bridge %s", link_of(*port));
	}
}

void hc_net_address_check(const struct hc_set *desired, struct hc_diags *diags)
{
	check_used_twice(desired, diags);
	check_overlaps(desired, diags);
	check_on_ports(desired, diags);
}

/* --- routes --- */

static int by_node_and_parent(const void *a, const void *b)
{
	int order = order_text(at(a)->node, at(b)->node);

	return order ? order : order_text(link_of(at(a)), link_of(at(b)));
}

/* Whether one of the link's addresses is in a network with the router, or none is of its family. */
static bool reaches(struct hc_resource *const *v, size_t n, const struct hc_resource *route)
{
	const struct hc_address *via = &((const struct hc_route *)route->spec)->via;
	size_t low = 0, high = n;
	bool any = false;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (by_node_and_parent(&v[middle], &route) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < n && !by_node_and_parent(&v[low], &route); low++) {
		const struct hc_address *a = &((struct hc_net_address *)v[low]->spec)->address;

		if (a->family != via->family)
			continue;
		if (hc_address_overlap(a, via))
			return true;
		any = true;
	}
	return !any || is_link_local(via);
}

/* Default routes first, those of one node, family and metric side by side. */
static int by_default(const void *a, const void *b)
{
	const struct hc_route *x = at(a)->spec, *y = at(b)->spec;
	int order = (x->to.prefix != 0) - (y->to.prefix != 0);

	if (!order)
		order = order_text(at(a)->node, at(b)->node);
	if (!order)
		order = (int)x->to.family - (int)y->to.family;
	if (!order)
		order = (x->metric > y->metric) - (x->metric < y->metric);
	return order;
}

static void check_defaults(const struct hc_set *desired, struct hc_diags *diags)
{
	size_t n;
	_cleanup_(hc_freep) struct hc_resource **v = sorted(desired, &hc_route, by_default, &n);

	for (size_t i = 1; i < n; i++) {
		const struct hc_route *route = v[i]->spec;

		if (route->to.prefix || by_default(&v[i - 1], &v[i]) != 0)
			continue;
		(void)hc_say(diags, HC_ERROR, place_of(v[i], "via"),
			     "%s has two IPv%c gateways, on %s and on %s", v[i]->node,
			     route->to.family == AF_INET ? '4' : '6', link_of(v[i - 1]),
			     link_of(v[i]));
	}
}

void hc_route_check(const struct hc_set *desired, struct hc_diags *diags)
{
	size_t n, nroute;
	_cleanup_(hc_freep) struct hc_resource **addresses =
		sorted(desired, &hc_net_address, by_node_and_parent, &n);
	struct hc_resource *const *v = hc_of_type(desired, &hc_route, &nroute);

	check_defaults(desired, diags);
	for (size_t i = 0; i < nroute; i++) {
		const struct hc_route *route = v[i]->spec;

		if (!hc_has_field(v[i], struct hc_route, to)) {
			(void)hc_say(diags, HC_ERROR, v[i]->place,
				     "a route needs `to`, `via` or both");
			continue;
		}
		if (!hc_has_field(v[i], struct hc_route, via))
			continue;
		if (route->via.family != route->to.family)
			(void)hc_say(diags, HC_ERROR, place_of(v[i], "via"),
				     "`to` and `via` are of two families");
		else if (!reaches(addresses, n, v[i]))
			(void)hc_say(diags, HC_ERROR, place_of(v[i], "via"),
				     "%s is in none of the networks of %s",
				     hc_address_text(diags->arena, &route->via, false),
				     link_of(v[i]));
	}
}
