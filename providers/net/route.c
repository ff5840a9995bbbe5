/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Route: one over a link, in the main table. It is marked RTPROT_STATIC, as systemd-networkd marks
 * those of its files: after a boot the routes are networkd's, before it they are ours, and neither
 * takes the other's for foreign.
 *
 * A route is set with NLM_F_REPLACE, so a default route that moves from a NIC to its bridge is
 * changed in one message: there is always one.
 */

#include "nouns.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

static void adjust_route(struct hc_call *call, struct hc_change *change)
{
	if (change->want)
		change->refused = configured_twice(call, parent_name(call->arena, change->name),
						   parent_adopts(change->want));
}

static uint32_t metric_of(const struct hc_resource *r)
{
	const struct hc_route *route = r->spec;

	if (hc_has_field(r, struct hc_route, metric))
		return route->metric;
	return route->to.family == AF_INET6 ? 1024 : 0;
}

/*
 * There is a route to that network over another link already. IPv4 keeps one of each metric, so
 * ours would take its place: fine where hcstate removes it or it is over a port of this bridge;
 * anywhere else it is somebody's.
 */
static void mind_other(struct hc_call *call, struct hc_change *change, struct hc_plan *plan,
		       const struct hc_resource *other)
{
	const char *link = parent_name(plan->arena, change->name);
	const char *over = parent_name(plan->arena, other->name), *port;
	struct hc_change *removal = hc_plan_find(plan, &hc_route, other->node, other->name);

	if (!strcmp(link, over))
		return;
	if (removal && removal->action == HC_REMOVE) {
		hc_change_after(plan, removal, change);
		return;
	}
	port = hc_printf(plan->arena, "%s/%s", link, over);
	hc_change_after(plan, change, hc_plan_find(plan, &hc_port, change->node, port));
	if (hc_find(call->desired, &hc_port, change->node, port) ||
	    metric_of(other) != metric_of(change->want))
		return;
	change->refused = hc_printf(plan->arena,
				    "%s goes over %s already, where hcstate did not put it: remove "
				    "that route, or give this one another metric",
				    child_key(change->name), over);
}

static void plan_set(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	const char *link = parent_name(plan->arena, change->name);
	size_t n;
	struct hc_resource *const *v = hc_of_type(&call->live->found, &hc_route, &n);

	for (size_t i = 0; i < n; i++)
		if (hc_address_same(&((const struct hc_route *)v[i]->spec)->to,
				    &((const struct hc_route *)change->want->spec)->to))
			mind_other(call, change, plan, v[i]);
	v = hc_children_of(call->desired, &hc_net_address, link, &n);
	for (size_t i = 0; i < n; i++) /* the router must be in reach */
		hc_change_after(plan, change,
				hc_plan_find(plan, &hc_net_address, change->node, v[i]->name));
	if (!change->refused)
		(void)hc_step(plan, change, OP_CREATE, change->have ? HC_BLIP : HC_NONE, NULL,
			      change->have ? "change route" : "add route");
}

static void plan_route(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	if (change->action != HC_REMOVE) {
		plan_set(call, change, plan);
		return;
	}
	change->refused = bridge_stays(plan, call, parent_name(plan->arena, change->name));
	if (!change->refused)
		(void)hc_step(plan, change, OP_DELETE, HC_BLIP, NULL, "remove route");
}

static size_t size_of(const struct hc_address *address)
{
	return address->family == AF_INET ? 4 : 16;
}

static struct rtmsg *begin(struct rtnl_request *request, uint16_t type, uint16_t flags,
			   const struct link *link, const struct hc_address *to)
{
	struct rtmsg *info = rtnl_begin(request, type, flags, sizeof(*info));

	info->rtm_family = to->family;
	info->rtm_dst_len = to->prefix;
	info->rtm_table = RT_TABLE_MAIN;
	info->rtm_scope = RT_SCOPE_NOWHERE;
	if (to->prefix)
		mnl_attr_put(&request->header, RTA_DST, size_of(to), to->bytes);
	mnl_attr_put_u32(&request->header, RTA_OIF, (uint32_t)link->index);
	return info;
}

int route_set(struct rtnl *rtnl, const struct link *link, const struct hc_resource *resource)
{
	const struct hc_route *route = resource->spec;
	bool via = hc_has_field(resource, struct hc_route, via);
	struct rtnl_request request;
	struct rtmsg *info =
		begin(&request, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, link, &route->to);
	int r;

	info->rtm_protocol = RTPROT_STATIC;
	info->rtm_type = RTN_UNICAST;
	info->rtm_scope = via || route->to.family == AF_INET6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	if (via)
		mnl_attr_put(&request.header, RTA_GATEWAY, size_of(&route->via), route->via.bytes);
	if (hc_has_field(resource, struct hc_route, metric))
		mnl_attr_put_u32(&request.header, RTA_PRIORITY, route->metric);
	r = rtnl_run(rtnl, &request, NULL, NULL);
	return r < 0 ? rtnl_fail(rtnl, r, resource, "set the route over %s", link->name) : 0;
}

int route_drop(struct rtnl *rtnl, const struct link *link, const struct hc_address *to)
{
	int r = 0;

	for (int tries = 0; !r && tries < 16; tries++) {
		struct rtnl_request request;

		(void)begin(&request, RTM_DELROUTE, 0, link, to);
		r = rtnl_run(rtnl, &request, NULL, NULL);
	}
	return r < 0 && r != -ESRCH && r != -ENODEV
		       ? rtnl_fail(rtnl, r, NULL, "remove the route over %s", link->name)
		       : 0;
}

/* A route whose metric changes is another one to the kernel: the new one comes before the old goes.
 */
static int change_metric(struct rtnl *rtnl, const struct link *link, const struct hc_change *change)
{
	const struct hc_route *old = change->have ? change->have->spec : NULL;
	struct rtnl_request request;
	int r;

	if (!old || !hc_differs(change, struct hc_route, metric))
		return 0;
	(void)begin(&request, RTM_DELROUTE, 0, link, &old->to);
	mnl_attr_put_u32(&request.header, RTA_PRIORITY, old->metric);
	r = rtnl_run(rtnl, &request, NULL, NULL);
	return r < 0 && r != -ESRCH ? rtnl_fail(rtnl, r, change->want,
						"remove the route of metric %u", old->metric)
				    : 0;
}

static int apply_route(struct hc_call *call, struct rtnl *rtnl, const struct hc_step *step)
{
	const struct hc_change *change = step->change;
	struct link link;
	int r = parent_link(call, rtnl, step, &link);

	if (r)
		return r < 0 ? r : 0;
	if (step->op == OP_DELETE)
		return route_drop(rtnl, &link, &((const struct hc_route *)change->have->spec)->to);
	r = route_set(rtnl, &link, change->want);
	return r ? r : change_metric(rtnl, &link, change);
}

const struct noun route_noun = {
	.type = &hc_route,
	.adjust = adjust_route,
	.plan = plan_route,
	.apply = apply_route,
};
