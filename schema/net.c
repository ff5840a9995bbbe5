/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of the network, a table each. Addresses, routes and ports are resources of their own,
 * so that a bridge that is right and lacks one address is just that: one address to add.
 *
 * Bonds and VLANs will be two more kinds with the same children; what is said about a link here
 * (mtu, up, comment, autostart, adopt) they say in the same words.
 */

#include <hcstate/net.h>

#include <string.h>
#include <sys/socket.h>

#include <hcstate/resource.h>

#define ADDRESSES                                                                                  \
	hc_children("addresses", .item = &hc_net_address, .form = HC_LIST,                         \
		    .doc = "Addresses with their prefix length, as 10.0.0.1/24 or fd00::1/64.")
#define GATEWAY                                                                                    \
	hc_children("gateway", .item = &hc_route, .form = HC_ONE, .scalar = "via",                 \
		    .doc = "Where everything goes that no other route says, of one family.")
#define ROUTES hc_children("routes", .item = &hc_route, .form = HC_LIST, .doc = "Further routes.")
#define UP .absent = HC_RESET, .unset = "true", .doc = "Whether it carries traffic."
#define COMMENT                                                                                    \
	.max = 255, .pattern = "^[^[:cntrl:]]*$", .pattern_doc = "one line of text",               \
	.doc = "What it is for; also the link's alias, until the machine boots again."
#define AUTOSTART                                                                                  \
	.absent = HC_RESET, .unset = "true",                                                       \
	.doc = "Whether systemd-networkd sets it up like this at boot, without hcstate."
#define ADOPT                                                                                      \
	.doc = "Whether to take the link over from /etc/network/interfaces: what is said there "   \
	       "about it becomes a comment, and the file as it was is kept beside it."
#define IFUPDOWN .origin = HC_DERIVED, .doc = "Where /etc/network/interfaces also configures it."
#define NETWORK_FILE .origin = HC_DERIVED, .doc = "The file of systemd-networkd with its settings."

static const struct hc_field ethernet_fields[] = {
	hc_mac(struct hc_ethernet, mac,
	       .doc = "The NIC with this permanent address is meant, whatever the system calls it; "
		      "the document's name is then only what the manifests call it. Without it the "
		      "NIC of the document's name is meant.",
	       .cost = HC_NEVER),
	hc_bool(struct hc_ethernet, up, UP),
	hc_u32(struct hc_ethernet, mtu, .min = 68, .max = 65535, .unit = "bytes",
	       .doc = "The largest packet."),
	hc_string(struct hc_ethernet, comment, COMMENT),
	hc_bool(struct hc_ethernet, autostart, AUTOSTART),
	hc_bool(struct hc_ethernet, adopt, ADOPT),
	hc_string(struct hc_ethernet, ifupdown, IFUPDOWN),
	hc_text(struct hc_ethernet, network_file, NETWORK_FILE),
	ADDRESSES,
	GATEWAY,
	ROUTES,
};

const struct hc_type hc_ethernet = {
	.name = "Ethernet",
	.doc = "A NIC that is there. Removing the document takes away the addresses and routes "
	       "that "
	       "hcstate added, and its boot file. The NIC stays, with the mtu, state and alias "
	       "that "
	       "it has.",
	.scope = HC_NODE,
	.from = HC_KIND,
	HC_FIELDS(ethernet_fields),
	.size = sizeof(struct hc_ethernet),
	.check = hc_ethernet_check,
};

static const struct hc_field bridge_fields[] = {
	hc_mac(struct hc_bridge, mac,
	       .doc = "Its hardware address. Without it a new bridge takes that of its first port, "
		      "so that others see the same machine as before, and keeps it."),
	hc_bool(struct hc_bridge, up, UP),
	hc_u32(struct hc_bridge, mtu, .min = 68, .max = 65535, .unit = "bytes", .absent = HC_RESET,
	       .unset = "1500", .doc = "The largest packet. It does not follow the ports' mtu."),
	hc_bool(struct hc_bridge, stp, .absent = HC_RESET, .unset = "false",
		.doc = "The spanning tree protocol, against loops."),
	hc_u32(struct hc_bridge, forward_delay, .max = 30, .unit = "s",
	       .doc = "How long a new port listens before it forwards, with stp (there from 2 on). "
		      "A new bridge has the kernel's 15 s."),
	hc_u32(struct hc_bridge, ageing, .max = 1000000, .unit = "s",
	       .doc = "How long it remembers at which port an address was seen. A new bridge has "
		      "the kernel's 300 s."),
	hc_string(struct hc_bridge, comment, COMMENT),
	hc_bool(struct hc_bridge, autostart, AUTOSTART),
	hc_bool(struct hc_bridge, adopt, ADOPT),
	hc_string(struct hc_bridge, ifupdown, IFUPDOWN),
	hc_text(struct hc_bridge, netdev_file, .origin = HC_DERIVED,
		.doc = "The file of systemd-networkd that makes it."),
	hc_text(struct hc_bridge, network_file, NETWORK_FILE),
	hc_bool(struct hc_bridge, was_there, .origin = HC_OBSERVED,
		.doc = "Whether it was there before its document."),
	hc_children("ports", .item = &hc_port, .form = HC_LIST,
		    .doc = "Links that it joins. Others that are in it, as those of VMs, stay."),
	ADDRESSES,
	GATEWAY,
	ROUTES,
};

const struct hc_type hc_bridge = {
	.name = "Bridge",
	.doc = "A switch inside the machine, to which NICs, VMs and containers are connected. "
	       "Removing the document deletes it, unless it was there before its document: then "
	       "only what hcstate added goes.",
	.scope = HC_NODE,
	.from = HC_KIND,
	HC_FIELDS(bridge_fields),
	.size = sizeof(struct hc_bridge),
	.check = hc_bridge_check,
};

static const struct hc_field port_fields[] = {
	hc_string(struct hc_port, link, .absent = HC_REQUIRED, .min = 1, .max = 15,
		  .prefers = "Ethernet,Bridge", .cost = HC_ANEW,
		  .doc = "The link. A NIC needs no document of its own to be a port."),
	hc_strings(struct hc_port, stranded, .origin = HC_DERIVED,
		   .doc = "Addresses of its bridge that the link itself still has."),
	hc_bool(struct hc_port, up, .origin = HC_DERIVED, .doc = "Whether it carries traffic."),
	hc_string(struct hc_port, ifupdown, IFUPDOWN),
	hc_text(struct hc_port, network_file, NETWORK_FILE),
};

const struct hc_type hc_port = {
	.name = "Port",
	.doc = "A link in a bridge.",
	.scope = HC_NODE,
	.from = HC_CHILD,
	HC_FIELDS(port_fields),
	.size = sizeof(struct hc_port),
	.check = hc_port_check,
};

static const struct hc_field address_fields[] = {
	hc_cidr(struct hc_net_address, address, .absent = HC_REQUIRED, .cost = HC_ANEW,
		.doc = "The address with its prefix length."),
	hc_bool(struct hc_net_address, permanent, .origin = HC_DERIVED,
		.doc = "Whether it stays, unlike one from DHCP."),
	hc_bool(struct hc_net_address, advertised, .origin = HC_OBSERVED,
		.doc = "Whether the kernel made it from what a router advertised."),
	hc_bool(struct hc_net_address, tentative, .origin = HC_DERIVED,
		.doc = "Whether it cannot be used yet: whether another machine has it is being "
		       "found out."),
	hc_bool(struct hc_net_address, duplicate, .origin = HC_DERIVED,
		.doc = "Whether it cannot be used because another machine has it."),
};

const struct hc_type hc_net_address = {
	.name = "Address",
	.doc = "An address on a link.",
	.scope = HC_NODE,
	.from = HC_CHILD,
	HC_FIELDS(address_fields),
	.size = sizeof(struct hc_net_address),
	.check = hc_net_address_check,
};

static const struct hc_field route_fields[] = {
	hc_cidr(struct hc_route, to, .cost = HC_ANEW,
		.doc = "The network it leads to. Without it: everything of the family of `via`."),
	hc_ip(struct hc_route, via,
	      .doc = "The next router. Without it the network is on the link."),
	hc_u32(struct hc_route, metric,
	       .doc = "Of several routes to a network the one with the lowest is taken. A new "
		      "route has the kernel's default, 0 for IPv4 and 1024 for IPv6."),
	hc_ip(struct hc_route, source, .origin = HC_OBSERVED,
	      .doc = "The address that packets get, without which the route goes."),
	hc_u32(struct hc_route, protocol, .origin = HC_OBSERVED,
	       .doc = "Who set it, by the kernel's numbers: 2 the kernel, 4 somebody who sets "
		      "what stays, as hcstate, 16 DHCP."),
};

static void clear_host_bits(struct hc_address *network)
{
	for (unsigned bit = network->prefix; bit < 8 * sizeof(network->bytes); bit++)
		network->bytes[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
}

static void finish_route(struct hc_arena *arena, struct hc_resource *resource)
{
	struct hc_route *route = resource->spec;

	(void)arena;
	if (hc_has_field(resource, struct hc_route, to)) {
		clear_host_bits(&route->to);
	} else if (hc_has_field(resource, struct hc_route, via)) {
		route->to = (struct hc_address){.family = route->via.family};
		hc_set_field(resource, struct hc_route, to);
	}
}

const struct hc_type hc_route = {
	.name = "Route",
	.doc = "A route over a link.",
	.scope = HC_NODE,
	.from = HC_CHILD,
	HC_FIELDS(route_fields),
	.size = sizeof(struct hc_route),
	.finish = finish_route,
	.check = hc_route_check,
};

static const struct hc_field networkd_fields[] = {
	hc_bool(struct hc_networkd, enabled, .origin = HC_DERIVED,
		.doc = "Whether it runs at boot."),
	hc_bool(struct hc_networkd, knows_files, .origin = HC_DERIVED,
		.doc = "Whether it, where it runs, has read its files as they are now."),
	hc_bool(struct hc_networkd, agrees, .origin = HC_DERIVED,
		.doc = "Whether it, where it runs, has no file of hcstate's in mind that the "
		       "manifests ask to change or to go: it would undo what is done."),
	hc_map(struct hc_networkd, ifupdown, .origin = HC_OBSERVED,
	       .doc = "Links that /etc/network/interfaces configures, and where."),
};

const struct hc_type hc_networkd = {
	.name = "Networkd",
	.doc = "systemd-networkd, which sets up the network at boot from files that hcstate "
	       "writes. While the machine runs, hcstate talks to the kernel itself.",
	.scope = HC_NODE,
	.from = HC_MADE,
	HC_FIELDS(networkd_fields),
	.size = sizeof(struct hc_networkd),
};

/* The first of the set's `n` resources that is not before "PARENT/". */
static size_t first_child(struct hc_resource *const *v, size_t n, const char *parent, size_t size)
{
	size_t low = 0;

	while (low < n) {
		size_t middle = low + (n - low) / 2;
		int order = strncmp(v[middle]->name, parent, size);

		if (order < 0 || (!order && v[middle]->name[size] < '/'))
			low = middle + 1;
		else
			n = middle;
	}
	return low;
}

struct hc_resource *const *hc_children_of(const struct hc_set *set, const struct hc_type *type,
					  const char *parent, size_t *n)
{
	size_t all, size = strlen(parent), first, end;
	struct hc_resource *const *v = hc_of_type(set, type, &all);

	first = end = first_child(v, all, parent, size);
	while (end < all && !strncmp(v[end]->name, parent, size) && v[end]->name[size] == '/')
		end++;
	*n = end - first;
	return v + first;
}
