/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Links as the kernel has them, and changes of one. */

#include <hcstate/net.h>

#include "rtnl.h"

enum link_kind {
	LINK_NIC, /* a device of the machine */
	LINK_VETH,
	LINK_BRIDGE,
	LINK_OTHER,
};

struct link {
	int index;
	bool tap;         /* a process has it open, such as a VM's */
	int master;       /* index of the link it is a port of; 0: none */
	const char *name; /* what the manifests call it */
	const char *real; /* what the system calls it */
	enum link_kind kind;
	bool ethernet; /* it carries Ethernet frames */
	bool up;
	bool carrier;            /* a cable, or a port that has one */
	struct hc_mac mac;       /* as it is now */
	struct hc_mac permanent; /* as it was made; that of now where none is known */
	uint32_t mtu;
	const char *alias;              /* "": none */
	uint32_t forward_delay, ageing; /* of a bridge: seconds */
	bool stp;
	struct hc_resource *port; /* while reading: its Port, where it is one */
};

struct links {
	struct link *v; /* by index */
	size_t n, room;
};

/* All links of this network namespace; names, texts and the array live in the call's arena. */
int links_read(struct rtnl *rtnl, struct links *links);
const struct link *links_at(const struct links *links, int index); /* or NULL */

/* The link of that name in the manifests: 0, -ENODEV without a word, or an error that is said. */
int link_get(struct rtnl *rtnl, const char *name, struct link *link);

/* Each says its error. That the link is gone is one: what needs it cannot be right. */
int link_set_up(struct rtnl *rtnl, const struct link *link, bool up);
int link_set_mtu(struct rtnl *rtnl, const struct link *link, uint32_t mtu);
int link_set_mac(struct rtnl *rtnl, const struct link *link, const struct hc_mac *mac);
int link_set_alias(struct rtnl *rtnl, const struct link *link, const char *alias);
int link_set_master(struct rtnl *rtnl, const struct link *link, int master);
