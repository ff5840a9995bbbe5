/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The provider net: links, bridges, addresses and routes of this machine, through rtnetlink. The
 * kernel is the truth while the machine runs; systemd-networkd is only for the boot, with files
 * that say the same.
 *
 * Nothing is kept between calls but the socket that tells of changes: each call opens its own
 * connection to the kernel, which costs microseconds, and so no late answer of one that ran out of
 * time can be taken for another's.
 */

#include "nouns.h"

#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

const struct noun *noun_of(const struct hc_type *type)
{
	static const struct noun *const nouns[] = {
		&ethernet_noun, &bridge_noun, &port_noun,
		&address_noun,  &route_noun,  &networkd_noun,
	};

	for (size_t i = 0; i < HC_COUNT(nouns); i++)
		if (nouns[i]->type == type)
			return nouns[i];
	return NULL;
}

/* What is multicast about the things we read; the content does not matter, only that it came. */
static int net_open(struct hc_call *call, void **self, int *watch)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (!socket || mnl_socket_bind(socket,
				       RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
					       RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE,
				       MNL_SOCKET_AUTOPID)) {
		int error = errno;

		if (socket)
			(void)mnl_socket_close(socket); /* the first error is the one that counts */
		return hc_fail(call, error, NULL, "cannot listen to the kernel's network: %s",
			       strerror(error));
	}
	*self = socket;
	*watch = mnl_socket_get_fd(socket);
	return 0;
}

static void net_close(void *self)
{
	if (self)
		(void)mnl_socket_close(self); /* nothing useful can be done about it */
}

static int read_all(struct hc_call *call, void *self, struct hc_state *live)
{
	(void)self;
	return net_read(call, live);
}

static int net_adjust(struct hc_call *call, struct hc_change *change)
{
	const struct noun *noun = noun_of(change->type);

	if (noun && noun->adjust)
		noun->adjust(call, change);
	return 0;
}

static int net_plan(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	const struct noun *noun = noun_of(change->type);

	if (noun && !change->refused && noun->refuse)
		change->refused = noun->refuse(plan, call, change);
	if (noun && !change->refused)
		noun->plan(call, change, plan);
	hc_change_after(plan, change, networkd_first(plan, call));
	return 0;
}

static int net_apply(struct hc_call *call, void *self, const struct hc_step *step)
{
	_cleanup_(rtnl_close) struct rtnl rtnl = {0};
	const struct noun *noun = noun_of(step->change->type);
	int r;

	(void)self;
	if (!noun)
		return hc_fail(call, EINVAL, step->change->want, "not a step of this provider");
	r = rtnl_open(call, &rtnl);
	return r ? r : noun->apply(call, &rtnl, step);
}

static const struct hc_type *const types[] = {
	&hc_ethernet, &hc_bridge, &hc_port, &hc_net_address, &hc_route, &hc_networkd, NULL,
};

static const char *const units[] = {"systemd-networkd.service", NULL};

extern const struct hc_provider hcstate_provider;

__attribute__((visibility("default"))) const struct hc_provider hcstate_provider = {
	.abi = HC_ABI,
	.name = "net",
	.doc = "Links, bridges, addresses and routes through rtnetlink; systemd-networkd at boot",
	.types = types,
	.units = units,
	.parallel = 1,
	.derive = net_derive,
	.open = net_open,
	.close = net_close,
	.read = read_all,
	.adjust = net_adjust,
	.plan = net_plan,
	.apply = net_apply,
};
