/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the provider does with each kind, and what they share. */

#include <string.h>

#include "boot.h"
#include "link.h"

#define NETWORKD "systemd-networkd" /* the name of the Networkd */

/* What a step does; each kind understands those it plans. */
enum op {
	OP_CREATE, /* make the link, address or route */
	OP_DELETE,
	OP_MAC,
	OP_MTU,
	OP_STATE, /* up or down */
	OP_COMMENT,
	OP_SWITCHING, /* stp and the bridge's times */
	OP_FILES,     /* write or remove the boot files */
	OP_ADOPT,
	OP_ENABLE,
	OP_RESTART,
	OP_AGAIN, /* an address: remove and add */
	OP_WAIT,
};

/* A kind's part of the provider's functions. */
struct noun {
	const struct hc_type *type;
	void (*adjust)(struct hc_call *call, struct hc_change *change); /* optional */
	/* Why the change may not be, or NULL. Others of the plan may ask. Optional. */
	const char *(*refuse)(const struct hc_plan *plan, struct hc_call *call,
			      const struct hc_change *change);
	void (*plan)(struct hc_call *call, struct hc_change *change, struct hc_plan *plan);
	int (*apply)(struct hc_call *call, struct rtnl *rtnl, const struct hc_step *step);
	bool (*files)(const struct hc_change *change); /* whether it has OP_FILES. Optional. */
};

extern const struct noun ethernet_noun, bridge_noun, port_noun, address_noun, route_noun,
	networkd_noun;

const struct noun *noun_of(const struct hc_type *type); /* or NULL */

int net_derive(struct hc_call *call, struct hc_set *desired);
int net_read(struct hc_call *call, struct hc_state *live);

/* "vmbr0" of "vmbr0/10.0.0.1/24", and what follows. */
static inline char *parent_name(struct hc_arena *arena, const char *child)
{
	return hc_strndup(arena, child, strcspn(child, "/"));
}

static inline const char *child_key(const char *child)
{
	const char *slash = strchr(child, '/');

	return slash ? slash + 1 : child;
}

static inline bool same_host(const struct hc_address *a, const struct hc_address *b)
{
	return a->family == b->family && !memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

/* --- ethernet.c: what a NIC and a bridge have in common --- */

/*
 * The link on which a step's address or route is. 1: it is gone, and with it what the step would
 * remove. When it has yet to come that is said, and the step waits.
 */
int parent_link(struct hc_call *call, struct rtnl *rtnl, const struct hc_step *step,
		struct link *link);
/* Adds the steps for what differs of up, mtu and comment, and for taking over and boot files. */
void plan_link(struct hc_change *change, struct hc_plan *plan);
bool link_files(const struct hc_change *change);
int apply_link(struct hc_call *call, struct rtnl *rtnl, const struct hc_step *step);
/* Why a link that /etc/network/interfaces also configures is not touched, or NULL. */
const char *configured_twice(struct hc_call *call, const char *link, bool adopt);
bool parent_adopts(const struct hc_resource *child);
/* Where that is; NULL: nowhere. */
const char *ifupdown_place(const struct hc_call *call, const char *link);

/* --- foreign.c --- */

/* Whether it is removed. */
bool goes(const struct hc_plan *plan, const struct hc_resource *live);
/* Why a bridge that is to be removed has to stay, or NULL: it has what hcstate did not put there.
 */
const char *bridge_stays(const struct hc_plan *plan, const struct hc_call *call, const char *name);
/* The other bridge in which the desired port's link is, or NULL. */
const char *former_bridge(const struct hc_call *call, const struct hc_resource *port);
/* Why a desired port must not join, or NULL. */
const char *port_trouble(const struct hc_plan *plan, struct hc_call *call,
			 const struct hc_resource *port);
/* Why a live address must not go, or NULL. */
const char *lost_routes(const struct hc_plan *plan, const struct hc_call *call,
			const struct hc_resource *going);

/* --- service.c --- */

/* The change that makes networkd know other files, before which nothing may happen; NULL: none. */
const struct hc_change *networkd_first(const struct hc_plan *plan, const struct hc_call *call);

/* --- port.c --- */

/* Why a desired port's link is not touched: ifupdown configures it too. Or NULL. */
const char *port_twice(struct hc_call *call, const struct hc_resource *port);

/* --- address.c, route.c --- */

int address_add(struct rtnl *rtnl, const struct link *link, const struct hc_address *address,
		bool moved);
/* 0 also when it is not there. */
int address_drop(struct rtnl *rtnl, const struct link *link, const struct hc_address *address);
uint32_t route_metric(const struct hc_resource *route);
/* Sets it. `replace`: in place of one to the same network with the same metric over whatever link,
 * which is known; without it -EEXIST, unsaid, when there is one. */
int route_set(struct rtnl *rtnl, const struct link *link, const struct hc_resource *route,
	      bool replace);
/* Just this one; 0 also when it is not there. */
int route_drop(struct rtnl *rtnl, const struct link *link, const struct hc_resource *route);
/* Sets those again that were over the link and should be. */
int route_keep(struct rtnl *rtnl, const struct link *link);
