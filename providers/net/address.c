/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Address: one on a link. The kernel bears the same address on two links, which makes moving one
 * safe: it is added to the new link first and taken from the old one last, and whoever is killed in
 * between and runs again finds both and goes on.
 */

#include "nouns.h"

#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

static void adjust_address(struct hc_call *call, struct hc_change *change)
{
	if (change->have && !hc_has_field(change->have, struct hc_net_address, tentative))
		hc_agree(change, struct hc_net_address, tentative);
	if (change->have && !hc_has_field(change->have, struct hc_net_address, duplicate))
		hc_agree(change, struct hc_net_address, duplicate);
	else if (change->want && change->have &&
		 hc_differs(change, struct hc_net_address, duplicate))
		change->reason = "another machine has it";
	if (change->want)
		change->refused = configured_twice(call, parent_name(call->arena, change->name),
						   parent_adopts(change->want));
}

static const struct hc_address *address_of(const struct hc_resource *r)
{
	return &((const struct hc_net_address *)r->spec)->address;
}

/*
 * The address is on another link too. One that hcstate takes away there goes last. One on a port of
 * this bridge comes along with the port. Any other is somebody's.
 */
static void mind_holder(struct hc_call *call, struct hc_change *change, struct hc_plan *plan,
			const struct hc_resource *holder)
{
	const char *link = parent_name(plan->arena, change->name);
	const char *other = parent_name(plan->arena, holder->name), *port;
	const struct hc_change *joining;
	struct hc_change *removal = hc_plan_find(plan, &hc_net_address, holder->node, holder->name);

	if (!strcmp(link, other)) /* with another prefix length: see plan_remove() */
		return;
	if (removal && removal->action == HC_REMOVE) {
		hc_change_after(plan, removal, change);
		return;
	}
	port = hc_printf(plan->arena, "%s/%s", link, other);
	joining = hc_plan_find(plan, &hc_port, change->node, port);
	if (joining && joining->want)
		change->refused = joining->refused ? joining->refused
						   : port_trouble(plan, call, joining->want);
	if (!change->refused && !hc_find(call->desired, &hc_port, change->node, port))
		change->refused =
			hc_printf(plan->arena, "%s is on %s, where hcstate did not put it",
				  hc_address_text(plan->arena, address_of(holder), false), other);
}

static void plan_create(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	size_t n;
	struct hc_resource *const *live = hc_of_type(&call->live->found, &hc_net_address, &n);

	for (size_t i = 0; i < n; i++)
		if (same_host(address_of(live[i]), address_of(change->want)))
			mind_holder(call, change, plan, live[i]);
	if (!change->refused)
		(void)hc_step(plan, change, OP_CREATE, HC_NONE, NULL, "add address");
}

/*
 * New addresses of the link come first: with its last one IPv4 takes away all of a link's routes.
 * Only IPv6 does not bear the same address with two prefix lengths; there the old one goes first,
 * and routes stay.
 */
static void plan_remove(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	const char *link = parent_name(plan->arena, change->name);
	const struct hc_address *going = address_of(change->have);
	size_t n;
	struct hc_resource *const *v = hc_children_of(call->desired, &hc_net_address, link, &n);

	for (size_t i = 0; i < n; i++) {
		struct hc_change *other =
			hc_plan_find(plan, &hc_net_address, change->node, v[i]->name);

		if (!other || address_of(v[i])->family != going->family)
			continue;
		if (going->family == AF_INET)
			hc_change_after(plan, change, other);
		else if (same_host(address_of(v[i]), going))
			hc_change_after(plan, other, change);
	}
	(void)hc_step(plan, change, OP_DELETE, HC_BLIP, NULL, "remove address");
}

static const char *refuse_address(const struct hc_plan *plan, struct hc_call *call,
				  const struct hc_change *change)
{
	const char *trouble;

	if (change->action != HC_REMOVE)
		return NULL;
	trouble = bridge_stays(plan, call, parent_name(plan->arena, change->name));
	return trouble ? trouble : lost_routes(plan, call, change->have);
}

static void plan_address(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	if (change->action == HC_CREATE)
		plan_create(call, change, plan);
	else if (change->action == HC_REMOVE)
		plan_remove(call, change, plan);
	else if (hc_differs(change, struct hc_net_address, duplicate))
		(void)hc_step(plan, change, OP_AGAIN, HC_NONE, NULL, "try it again");
	else if (hc_differs(change, struct hc_net_address, tentative))
		(void)hc_step(plan, change, OP_WAIT, HC_NONE, NULL, "wait until it can be used");
	else
		(void)hc_step(plan, change, OP_CREATE, HC_NONE, NULL, "make permanent");
}

static size_t size_of(const struct hc_address *address)
{
	return address->family == AF_INET ? 4 : 16;
}

static void put_broadcast(struct nlmsghdr *message, const struct hc_address *address)
{
	uint8_t bytes[4];

	if (address->family != AF_INET || address->prefix > 30)
		return;
	memcpy(bytes, address->bytes, sizeof(bytes));
	for (unsigned bit = address->prefix; bit < 32; bit++)
		bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	mnl_attr_put(message, IFA_BROADCAST, sizeof(bytes), bytes);
}

static struct rtnl_request begin(uint16_t type, uint16_t flags, const struct link *link,
				 const struct hc_address *address)
{
	struct rtnl_request request;
	struct ifaddrmsg *info = rtnl_begin(&request, type, flags, sizeof(*info));

	info->ifa_family = address->family;
	info->ifa_prefixlen = address->prefix;
	info->ifa_index = (uint32_t)link->index;
	mnl_attr_put(&request.header, IFA_LOCAL, size_of(address), address->bytes);
	mnl_attr_put(&request.header, IFA_ADDRESS, size_of(address), address->bytes);
	return request;
}

int address_add(struct rtnl *rtnl, const struct link *link, const struct hc_address *address,
		bool moved)
{
	struct rtnl_request request =
		begin(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, link, address);
	int r;

	put_broadcast(&request.header, address);
	/* A moved one is this machine's: its own old copy must not count as a duplicate. */
	mnl_attr_put_u32(&request.header, IFA_FLAGS,
			 IFA_F_PERMANENT |
				 (moved && address->family == AF_INET6 ? IFA_F_NODAD : 0));
	r = rtnl_run(rtnl, &request, NULL, NULL);
	return r < 0 && r != -EEXIST
		       ? rtnl_fail(rtnl, r, NULL, "add %s to %s",
				   hc_address_text(rtnl->call->arena, address, true), link->name)
		       : 0;
}

/* Without this the kernel takes away a network's further addresses together with the first. systemd
 * sets it for all links; where it may not be set, the next look finds what is missing. */
static void spare_the_others(struct rtnl *rtnl, const struct link *link)
{
	const char *path = hc_printf(rtnl->call->arena,
				     "/proc/sys/net/ipv4/conf/%s/promote_secondaries", link->real);
	_cleanup_(hc_closep) int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, "1", 1) < 0)
		return;
}

int address_drop(struct rtnl *rtnl, const struct link *link, const struct hc_address *address)
{
	struct rtnl_request request = begin(RTM_DELADDR, 0, link, address);
	int r;

	if (address->family == AF_INET)
		spare_the_others(rtnl, link);
	r = rtnl_run(rtnl, &request, NULL, NULL);
	if (r < 0 && r != -EADDRNOTAVAIL && r != -ENODEV)
		return rtnl_fail(rtnl, r, NULL, "take %s from %s",
				 hc_address_text(rtnl->call->arena, address, true), link->name);
	return address->family == AF_INET && !r ? route_keep(rtnl, link) : 0;
}

/* Only an address that is new makes the system look for other machines that have it. */
static int try_again(struct rtnl *rtnl, const struct link *link, const struct hc_resource *want)
{
	int r = address_drop(rtnl, link, address_of(want));

	if (!r)
		r = address_add(rtnl, link, address_of(want), false);
	return r ? r : hc_fail(rtnl->call, EADDRINUSE, want, "another machine had it just now");
}

static int apply_address(struct hc_call *call, struct rtnl *rtnl, const struct hc_step *step)
{
	const struct hc_change *change = step->change;
	struct link link;
	int r = parent_link(call, rtnl, step, &link);

	if (r)
		return r < 0 ? r : 0;
	if (step->op == OP_DELETE)
		return address_drop(rtnl, &link, address_of(change->have));
	if (step->op == OP_AGAIN)
		return try_again(rtnl, &link, change->want);
	if (step->op == OP_WAIT)
		return hc_wait(call, "whether another machine has it is being found out");
	return address_add(rtnl, &link, address_of(change->want), false);
}

const struct noun address_noun = {
	.type = &hc_net_address,
	.adjust = adjust_address,
	.refuse = refuse_address,
	.plan = plan_address,
	.apply = apply_address,
};
