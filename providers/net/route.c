/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Route: one over a link, in the main table. It is marked RTPROT_STATIC, as systemd-networkd marks
 * those of its files: after a boot the routes are networkd's, before it they are ours, and neither
 * takes the other's for foreign.
 *
 * A default route that moves from a NIC to its bridge is changed in one message, with
 * NLM_F_REPLACE: there is always one. As the kernel would replace anybody's, that flag is only used
 * where the read showed what is replaced and the plan says so; anywhere else NLM_F_EXCL lets the
 * kernel refuse.
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

uint32_t route_metric(const struct hc_resource *r)
{
	const struct hc_route *route = r->spec;

	if (hc_has_field(r, struct hc_route, metric))
		return route->metric;
	return route->to.family == AF_INET6 ? 1024 : 0;
}

/* Whether the route over that link makes room, and when. */
static bool makes_room(struct hc_call *call, struct hc_change *change, struct hc_plan *plan,
		       const struct hc_resource *other, const char *over)
{
	const char *link = parent_name(plan->arena, change->name);
	struct hc_change *removal = hc_plan_find(plan, &hc_route, other->node, other->name);
	const char *port = hc_printf(plan->arena, "%s/%s", link, over);

	if (!strcmp(link, over))
		return true;
	if (removal && removal->action == HC_REMOVE) {
		hc_change_after(plan, removal, change);
		return true;
	}
	hc_change_after(plan, change, hc_plan_find(plan, &hc_port, change->node, port));
	return hc_find(call->desired, &hc_port, change->node, port);
}

/*
 * There is a route to that network already. The kernel keeps one of each metric, so ours would take
 * its place: fine where it is over this link, where hcstate removes it, or where it is over a port
 * of this bridge; anywhere else it is somebody's. Gives whether it is in the same place.
 */
static bool mind_other(struct hc_call *call, struct hc_change *change, struct hc_plan *plan,
		       const struct hc_resource *other)
{
	const char *over = parent_name(plan->arena, other->name);
	bool same = route_metric(other) == route_metric(change->want);

	if (!makes_room(call, change, plan, other, over) && same)
		change->refused = hc_printf(
			plan->arena,
			"%s goes over %s already, where hcstate did not put it: remove that route, "
			"or give this one another metric",
			child_key(change->name), over);
	return same;
}

static void plan_set(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	const char *link = parent_name(plan->arena, change->name);
	bool *replace = hc_new(plan->arena, bool);
	size_t n;
	struct hc_resource *const *v = hc_of_type(&call->live->found, &hc_route, &n);

	for (size_t i = 0; i < n; i++)
		if (hc_address_same(&((const struct hc_route *)v[i]->spec)->to,
				    &((const struct hc_route *)change->want->spec)->to))
			*replace |= mind_other(call, change, plan, v[i]);
	v = hc_children_of(call->desired, &hc_net_address, link, &n);
	for (size_t i = 0; i < n; i++) /* the router must be in reach */
		hc_change_after(plan, change,
				hc_plan_find(plan, &hc_net_address, change->node, v[i]->name));
	if (!change->refused)
		(void)hc_step(plan, change, OP_CREATE, change->have ? HC_BLIP : HC_NONE, replace,
			      change->have ? "change route" : "add route");
}

static const char *refuse_route(const struct hc_plan *plan, struct hc_call *call,
				const struct hc_change *change)
{
	if (change->action != HC_REMOVE)
		return NULL;
	return bridge_stays(plan, call, parent_name(plan->arena, change->name));
}

static void plan_route(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	if (change->action == HC_REMOVE)
		(void)hc_step(plan, change, OP_DELETE, HC_BLIP, NULL, "remove route");
	else
		plan_set(call, change, plan);
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

int route_set(struct rtnl *rtnl, const struct link *link, const struct hc_resource *resource,
	      bool replace)
{
	const struct hc_route *route = resource->spec;
	bool via = hc_has_field(resource, struct hc_route, via);
	struct rtnl_request request;
	struct rtmsg *info =
		begin(&request, RTM_NEWROUTE, NLM_F_CREATE | (replace ? NLM_F_REPLACE : NLM_F_EXCL),
		      link, &route->to);
	int r;

	info->rtm_protocol = RTPROT_STATIC;
	info->rtm_type = RTN_UNICAST;
	info->rtm_scope = via || route->to.family == AF_INET6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	if (via)
		mnl_attr_put(&request.header, RTA_GATEWAY, size_of(&route->via), route->via.bytes);
	if (hc_has_field(resource, struct hc_route, metric))
		mnl_attr_put_u32(&request.header, RTA_PRIORITY, route->metric);
	r = rtnl_run(rtnl, &request, NULL, NULL);
	return r < 0 && r != -EEXIST
		       ? rtnl_fail(rtnl, r, resource, "set the route over %s", link->name)
		       : r;
}

/* By all that tells it from others. Metric 0 means any to the kernel, which then takes the lowest:
 * that is the one of metric 0. */
int route_drop(struct rtnl *rtnl, const struct link *link, const struct hc_resource *resource)
{
	const struct hc_route *route = resource->spec;
	struct rtnl_request request;
	struct rtmsg *info = begin(&request, RTM_DELROUTE, 0, link, &route->to);
	int r;

	info->rtm_protocol = (uint8_t)route->protocol; /* 0: any */
	mnl_attr_put_u32(&request.header, RTA_PRIORITY, route->metric);
	if (hc_has_field(resource, struct hc_route, via))
		mnl_attr_put(&request.header, RTA_GATEWAY, size_of(&route->via), route->via.bytes);
	r = rtnl_run(rtnl, &request, NULL, NULL);
	return r < 0 && r != -ESRCH && r != -ENODEV
		       ? rtnl_fail(rtnl, r, NULL, "remove the route over %s", link->name)
		       : 0;
}

int route_keep(struct rtnl *rtnl, const struct link *link)
{
	const struct hc_call *call = rtnl->call;
	struct hc_resource *const *v;
	size_t n;
	int r = 0;

	v = hc_children_of(call->desired, &hc_route, link->name, &n);
	for (size_t i = 0; i < n && !r; i++) {
		if (!hc_find(&call->live->found, &hc_route, call->node, v[i]->name))
			continue;
		r = route_set(rtnl, link, v[i], false);
		if (r == -EEXIST) /* it was not lost */
			r = 0;
	}
	return r;
}

/* A route whose metric changes is another one to the kernel: the new one comes before the old goes,
 * if it was set as hcstate does. */
static int set(struct rtnl *rtnl, const struct link *link, const struct hc_step *step)
{
	const struct hc_change *change = step->change;
	const bool *replace = step->arg;
	int r = route_set(rtnl, link, change->want, *replace);

	if (r == -EEXIST)
		return hc_wait(rtnl->call, "another route to %s came up", child_key(change->name));
	if (!r && change->have && hc_differs(change, struct hc_route, metric) &&
	    ((const struct hc_route *)change->have->spec)->protocol == RTPROT_STATIC)
		r = route_drop(rtnl, link, change->have);
	return r;
}

static int apply_route(struct hc_call *call, struct rtnl *rtnl, const struct hc_step *step)
{
	struct link link;
	int r = parent_link(call, rtnl, step, &link);

	if (r)
		return r < 0 ? r : 0;
	return step->op == OP_DELETE ? route_drop(rtnl, &link, step->change->have)
				     : set(rtnl, &link, step);
}

const struct noun route_noun = {
	.type = &hc_route,
	.adjust = adjust_route,
	.refuse = refuse_route,
	.plan = plan_route,
	.apply = apply_route,
};
