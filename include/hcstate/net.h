/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The kinds of the network: links, and what hangs on them as children of their own. */

#include <hcstate/type.h>

/* A NIC that is there. */
struct hc_ethernet {
	struct hc_mac mac; /* which NIC it is, whatever the system calls it */
	bool up;
	uint32_t mtu;             /* bytes */
	const char *comment;      /* kept as the link's alias */
	bool autostart;           /* it is also set up at boot */
	bool adopt;               /* take it over from /etc/network/interfaces */
	const char *ifupdown;     /* where that configures it; "": nowhere */
	const char *network_file; /* networkd's file for it; "": none */
};

struct hc_bridge {
	struct hc_mac mac;
	bool up;
	uint32_t mtu;
	bool stp;
	uint32_t forward_delay, ageing; /* seconds */
	const char *comment;
	bool autostart;
	bool adopt;
	const char *ifupdown;
	const char *netdev_file; /* networkd's file that makes it; "": none */
	const char *network_file;
	bool was_there; /* before hcstate was told of it: hcstate never deletes it */
};

/* A link in a bridge. */
struct hc_port {
	const char *link;
	struct hc_strings stranded; /* addresses of its bridge that the link itself still has */
	/* Said only of links that have no document of their own. */
	bool up;
	const char *ifupdown;
	const char *network_file;
};

/* An address on a link. */
struct hc_net_address {
	struct hc_address address;
	bool permanent;  /* it does not run out, as one from DHCP does */
	bool advertised; /* the kernel made it from what a router advertised */
	bool tentative;  /* whether another machine has it is not known yet */
	bool duplicate;  /* another machine has it */
};

struct hc_route {
	struct hc_address to; /* the network's address; prefix 0: everything */
	struct hc_address via;
	uint32_t metric;
	struct hc_address source; /* whose going takes the route along, or of no family */
	uint32_t protocol;        /* RTPROT_*: who set it */
};

/* What sets up the network at boot. One on each node. */
struct hc_networkd {
	bool enabled;
	bool knows_files;       /* it does not run with older files than there are now */
	bool agrees;            /* ... nor with files of ours that are to change or to go */
	struct hc_map ifupdown; /* links that /etc/network/interfaces configures: FILE:LINE, ... */
};

extern const struct hc_type hc_ethernet, hc_bridge, hc_port, hc_net_address, hc_route, hc_networkd;

/* What no row can say; each is the check of one kind (schema/net_check.c). */
void hc_ethernet_check(const struct hc_set *desired, struct hc_diags *diags);
void hc_bridge_check(const struct hc_set *desired, struct hc_diags *diags);
void hc_port_check(const struct hc_set *desired, struct hc_diags *diags);
void hc_net_address_check(const struct hc_set *desired, struct hc_diags *diags);
void hc_route_check(const struct hc_set *desired, struct hc_diags *diags);

/* The resources of the type that are named PARENT/...: they lie together in a sorted set. */
struct hc_resource *const *hc_children_of(const struct hc_set *set, const struct hc_type *type,
					  const char *parent, size_t *n);
