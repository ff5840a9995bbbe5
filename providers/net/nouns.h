/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the provider does with each kind, and what they share. */

#include <string.h>

#include "boot.h"
#include "link.h"

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
};

/* A kind's part of the provider's functions. */
struct noun {
	const struct hc_type *type;
	void (*adjust)(struct hc_call *call, struct hc_change *change); /* optional */
	void (*plan)(struct hc_call *call, struct hc_change *change, struct hc_plan *plan);
	int (*apply)(struct hc_call *call, struct rtnl *rtnl, const struct hc_step *step);
};

extern const struct noun ethernet_noun, bridge_noun, port_noun, address_noun, route_noun,
	networkd_noun;

int net_derive(struct hc_call *call, struct hc_set *desired);
int net_read(struct hc_call *call, struct hc_state *live);

/* "vmbr0" of "vmbr0/10.0.0.1/24", and what follows. */
static inline char *parent_name(struct hc_arena *arena, const char *child)
{
	return hc_strndup(arena, child, strcspn(child, "/"));
}

static inline const char *child_key(const char *child)
{
	return strchr(child, '/') + 1;
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
int apply_link(struct hc_call *call, struct rtnl *rtnl, const struct hc_step *step);
/* Why a link that /etc/network/interfaces also configures is not touched, or NULL. */
const char *configured_twice(struct hc_call *call, const char *link, bool adopt);
bool parent_adopts(const struct hc_resource *child);
/* Where that is; NULL: nowhere. */
const char *ifupdown_place(const struct hc_call *call, const char *link);

/* --- bridge.c --- */

/* Why a bridge that is to be removed has to stay, or NULL: ports that hcstate did not put there. */
const char *bridge_stays(const struct hc_plan *plan, const struct hc_call *call, const char *name);

/* --- port.c --- */

/* Why a desired port must not join, or NULL. */
const char *port_trouble(struct hc_call *call, const struct hc_resource *port);

/* --- address.c, route.c --- */

int address_add(struct rtnl *rtnl, const struct link *link, const struct hc_address *address,
		bool moved);
/* 0 also when it is not there. */
int address_drop(struct rtnl *rtnl, const struct link *link, const struct hc_address *address);
/* Sets it, in place of one to the same network with the same metric over whatever link. */
int route_set(struct rtnl *rtnl, const struct link *link, const struct hc_resource *route);
/* Those to the same network over that link, whatever their metric; 0 also when there is none. */
int route_drop(struct rtnl *rtnl, const struct link *link, const struct hc_address *to);
