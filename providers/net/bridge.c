/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bridge: made, set and deleted. Its ports, addresses and routes are changes of their own; here is
 * only the bridge itself.
 *
 * The kernel lets a new bridge's mtu follow its ports until somebody changes it, so the mtu is set
 * after the bridge is made, and looked at again by whoever adds a port.
 */

#include "nouns.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include "ifupdown.h"

/* Says of a bridge whose ports cannot carry its packets that they cannot. */
static void warn_mtu(struct hc_call *call, struct hc_change *change)
{
	const struct hc_bridge *want = change->want->spec;
	size_t n;
	struct hc_resource *const *ports =
		hc_children_of(call->desired, &hc_port, change->name, &n);

	for (size_t i = 0; call->live && i < n; i++) {
		const char *link = ((const struct hc_port *)ports[i]->spec)->link;
		const struct hc_resource *said =
			hc_find(call->desired, &hc_ethernet, change->node, link);
		const struct hc_resource *have =
			hc_find(&call->live->found, &hc_ethernet, change->node, link);
		const struct hc_ethernet *nic = have ? have->spec : NULL;

		if (!nic || (said && hc_has_field(said, struct hc_ethernet, mtu)) ||
		    nic->mtu >= want->mtu)
			continue;
		change->reason =
			hc_printf(call->arena, "%s%slarger packets get lost at %s, whose mtu is %u",
				  change->reason ? change->reason : "", change->reason ? "; " : "",
				  link, nic->mtu);
	}
}

/* A bridge that already has the addresses while the link with them must not join would take packets
 * away from it, now or after the next boot. */
static const char *refuse_create(const struct hc_plan *plan, struct hc_call *call,
				 const struct hc_change *change)
{
	const char *trouble = NULL;
	size_t n;
	struct hc_resource *const *ports =
		hc_children_of(call->desired, &hc_port, change->name, &n);

	if (hc_find(&call->live->found, &hc_ethernet, call->node, change->name))
		return hc_printf(plan->arena, "%s is there and is no bridge", change->name);
	for (size_t i = 0; i < n && !trouble; i++) {
		trouble = port_twice(call, ports[i]);
		if (!trouble)
			trouble = port_trouble(plan, call, ports[i]);
	}
	return trouble;
}

static const char *refuse_bridge(const struct hc_plan *plan, struct hc_call *call,
				 const struct hc_change *change)
{
	if (change->action == HC_REMOVE)
		return bridge_stays(plan, call, change->name);
	return change->have ? NULL : refuse_create(plan, call, change);
}

static void adjust_bridge(struct hc_call *call, struct hc_change *change)
{
	const struct hc_bridge *want = change->want ? change->want->spec : NULL;

	if (!want)
		return;
	hc_agree(change, struct hc_bridge, adopt); /* it permits; `ifupdown` says whether to */
	if (hc_differs(change, struct hc_bridge, netdev_file))
		hc_agree(change, struct hc_bridge, autostart); /* the same, said once */
	if (!change->have || hc_differs(change, struct hc_bridge, mtu))
		warn_mtu(call, change);
	change->refused = configured_twice(call, change->name, want->adopt);
}

static void plan_create(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	const struct hc_bridge *want = change->want->spec;
	const char *place = ifupdown_place(call, change->name);
	struct hc_mac *mac = hc_new(plan->arena, struct hc_mac);

	*mac = bridge_mac(call, change->want);
	/* First, since they are the sign that hcstate made it: see was_there in read.c. */
	if (want->netdev_file && *want->netdev_file)
		(void)hc_step(plan, change, OP_FILES, HC_NONE, mac, "write boot files");
	(void)hc_step(plan, change, OP_CREATE, HC_NONE, mac, "create bridge");
	if (place)
		(void)hc_step(plan, change, OP_ADOPT, HC_NONE, NULL, "comment out %s", place);
}

static void plan_update(struct hc_change *change, struct hc_plan *plan)
{
	const struct hc_bridge *want = change->want->spec;

	if (hc_differs(change, struct hc_bridge, mac))
		(void)hc_step(plan, change, OP_MAC, HC_BLIP, &want->mac, "set mac");
	if (hc_differs(change, struct hc_bridge, stp))
		(void)hc_step(plan, change, OP_SWITCHING, want->stp ? HC_BLIP : HC_NONE, NULL,
			      want->stp ? "turn on stp" : "turn off stp");
	else if (hc_differs(change, struct hc_bridge, forward_delay) ||
		 hc_differs(change, struct hc_bridge, ageing))
		(void)hc_step(plan, change, OP_SWITCHING, HC_NONE, NULL, "set times");
	plan_link(change, plan);
}

/* One that was there before its document stays: only the files are ours. */
static void plan_remove(struct hc_change *change, struct hc_plan *plan)
{
	if (!((const struct hc_bridge *)change->have->spec)->was_there)
		(void)hc_step(plan, change, OP_DELETE, HC_BLIP, NULL, "delete bridge");
	(void)hc_step(plan, change, OP_FILES, HC_NONE, NULL, "remove boot files");
}

static void plan_bridge(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	if (change->action == HC_REMOVE)
		plan_remove(change, plan);
	else if (change->action == HC_CREATE)
		plan_create(call, change, plan);
	else
		plan_update(change, plan);
}

/* stp and the times, as they stand in a message of making or setting a bridge. */
static void put_switching(struct nlmsghdr *message, const struct hc_resource *bridge)
{
	const struct hc_bridge *want = bridge->spec;
	struct nlattr *info = mnl_attr_nest_start(message, IFLA_LINKINFO), *data;

	mnl_attr_put_strz(message, IFLA_INFO_KIND, "bridge");
	data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
	/* The times first: with stp on, the kernel takes no delay below 2 s. Hundredths. */
	if (hc_has_field(bridge, struct hc_bridge, forward_delay))
		mnl_attr_put_u32(message, IFLA_BR_FORWARD_DELAY, want->forward_delay * 100);
	if (hc_has_field(bridge, struct hc_bridge, ageing))
		mnl_attr_put_u32(message, IFLA_BR_AGEING_TIME, want->ageing * 100);
	mnl_attr_put_u32(message, IFLA_BR_STP_STATE, want->stp);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, info);
}

static int set_switching(struct rtnl *rtnl, const struct hc_resource *bridge,
			 const struct link *link)
{
	struct rtnl_request request;
	struct ifinfomsg *info = rtnl_begin(&request, RTM_NEWLINK, 0, sizeof(*info));
	int r;

	info->ifi_index = link->index;
	put_switching(&request.header, bridge);
	r = rtnl_run(rtnl, &request, NULL, NULL);
	return r < 0 ? rtnl_fail(rtnl, r, bridge, "set stp and the times") : 0;
}

static int make(struct rtnl *rtnl, const struct hc_resource *bridge, const struct hc_mac *mac)
{
	struct rtnl_request request;
	int r;

	(void)rtnl_begin(&request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
			 sizeof(struct ifinfomsg));
	mnl_attr_put_strz(&request.header, IFLA_IFNAME, bridge->name);
	mnl_attr_put(&request.header, IFLA_ADDRESS, sizeof(mac->bytes), mac->bytes);
	put_switching(&request.header, bridge);
	r = rtnl_run(rtnl, &request, NULL, NULL);
	return r < 0 && r != -EEXIST ? rtnl_fail(rtnl, r, bridge, "create the bridge") : 0;
}

static int create(struct hc_call *call, struct rtnl *rtnl, const struct hc_step *step)
{
	const struct hc_resource *bridge = step->change->want;
	const struct hc_bridge *want = bridge->spec;
	struct link link;
	int r = make(rtnl, bridge, step->arg);

	if (!r)
		r = link_get(rtnl, bridge->name, &link);
	if (!r && link.kind != LINK_BRIDGE)
		return hc_fail(call, EEXIST, bridge, "%s is there and is no bridge", bridge->name);
	if (!r && link.mtu != want->mtu)
		r = link_set_mtu(rtnl, &link, want->mtu);
	if (!r && hc_has_field(bridge, struct hc_bridge, comment))
		r = link_set_alias(rtnl, &link, want->comment);
	if (!r && link.up != want->up)
		r = link_set_up(rtnl, &link, want->up);
	return r == -ENODEV ? hc_fail(call, ENODEV, bridge, "it is gone again") : r;
}

/* What came into the bridge since the plan was made. */
static int refuse_ports(struct hc_call *call, struct rtnl *rtnl, const struct link *bridge)
{
	struct links links = {0};
	int r = links_read(rtnl, &links);

	for (size_t i = 0; r >= 0 && i < links.n; i++)
		if (links.v[i].master == bridge->index)
			r = hc_fail(call, EBUSY, NULL, "%s is in %s", links.v[i].name,
				    bridge->name);
	return r;
}

static int delete (struct hc_call *call, struct rtnl *rtnl, const struct hc_step *step)
{
	struct rtnl_request request;
	struct ifinfomsg *info;
	struct link link;
	int r = link_get(rtnl, step->change->name, &link);

	if (r == -ENODEV || (!r && link.kind != LINK_BRIDGE))
		return 0;
	if (!r)
		r = refuse_ports(call, rtnl, &link);
	if (r < 0)
		return r;
	info = rtnl_begin(&request, RTM_DELLINK, 0, sizeof(*info));
	info->ifi_index = link.index;
	r = rtnl_run(rtnl, &request, NULL, NULL);
	return r < 0 && r != -ENODEV ? rtnl_fail(rtnl, r, NULL, "delete %s", link.name) : 0;
}

static int apply_bridge(struct hc_call *call, struct rtnl *rtnl, const struct hc_step *step)
{
	struct link link;
	int r;

	if (step->op == OP_CREATE)
		return create(call, rtnl, step);
	if (step->op == OP_DELETE)
		return delete (call, rtnl, step);
	if (step->op == OP_ADOPT) /* there may be no link of that name yet */
		return ifupdown_adopt(call, IFUPDOWN_FILE, step->change->name);
	if (step->op != OP_MAC && step->op != OP_SWITCHING)
		return apply_link(call, rtnl, step);
	r = link_get(rtnl, step->change->name, &link);
	if (r < 0)
		return r == -ENODEV ? hc_fail(call, ENODEV, step->change->want, "it is gone") : r;
	if (step->op == OP_MAC)
		return link_set_mac(rtnl, &link, step->arg);
	return set_switching(rtnl, step->change->want, &link);
}

const struct noun bridge_noun = {
	.type = &hc_bridge,
	.adjust = adjust_bridge,
	.refuse = refuse_bridge,
	.plan = plan_bridge,
	.apply = apply_bridge,
	.files = link_files,
};
