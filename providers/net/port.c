/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Port: a link in a bridge. Joining is the moment at which a machine can be lost: from then on the
 * link hears nothing, and an address it has must be on the bridge. So joining hands over, in one
 * step of a few messages:
 *   1. the bridge has the address too (its own change came before);
 *   2. the link joins; now packets arrive at the bridge;
 *   3. the bridge's routes take the place of those over the link, so that none is ever missing;
 *   4. the link's own copy goes, and with it its route to the network.
 * Leaving a bridge is the same the other way round. A link that goes from one bridge to another
 * does not leave first, and hands over what the former bridge had. Every state between two of them
 * is one that the next run finds (see `stranded`) and leads on from.
 */

#include "nouns.h"

#include <sys/socket.h>

#include "ifupdown.h"

/* What goes with the link: from the link to the bridge when it joins, back when it leaves. */
struct handover {
	const char *from, *to;
	const struct hc_resource **addresses; /* live ones of `from` that `to` should have */
	size_t n, room;
	struct moved_route {
		const struct hc_resource *want, *have; /* of `to`; to the same network, of `from` */
	} * routes;
	size_t nroute, routeroom;
};

static const struct hc_address *address_of(const struct hc_resource *r)
{
	return &((const struct hc_net_address *)r->spec)->address;
}

static void find_addresses(struct hc_call *call, struct hc_arena *arena, struct handover *h)
{
	size_t nwant, nhave;
	struct hc_resource *const *want =
		hc_children_of(call->desired, &hc_net_address, h->to, &nwant);
	struct hc_resource *const *have =
		hc_children_of(&call->live->found, &hc_net_address, h->from, &nhave);

	for (size_t i = 0; i < nhave; i++)
		for (size_t k = 0; k < nwant; k++) {
			if (!same_host(address_of(have[i]), address_of(want[k])))
				continue;
			h->addresses =
				hc_grow(arena, h->addresses, h->n, &h->room, sizeof(*h->addresses));
			h->addresses[h->n++] = have[i];
		}
}

static void find_routes(struct hc_call *call, struct hc_arena *arena, struct handover *h)
{
	size_t nwant, nhave;
	struct hc_resource *const *want = hc_children_of(call->desired, &hc_route, h->to, &nwant);
	struct hc_resource *const *have =
		hc_children_of(&call->live->found, &hc_route, h->from, &nhave);

	for (size_t i = 0; i < nhave; i++)
		for (size_t k = 0; k < nwant; k++) {
			if (!hc_address_same(&((const struct hc_route *)have[i]->spec)->to,
					     &((const struct hc_route *)want[k]->spec)->to))
				continue;
			h->routes = hc_grow(arena, h->routes, h->nroute, &h->routeroom,
					    sizeof(*h->routes));
			h->routes[h->nroute++] = (struct moved_route){want[k], have[i]};
		}
}

static struct handover *find_handover(struct hc_call *call, struct hc_plan *plan, const char *from,
				      const char *to)
{
	struct handover *h = hc_new(plan->arena, struct handover);

	*h = (struct handover){.from = from, .to = to};
	find_addresses(call, plan->arena, h);
	find_routes(call, plan->arena, h);
	return h;
}

/* The new copies of the addresses come before, the removal of old ones and the routes after. */
static void order_handover(struct hc_call *call, struct hc_plan *plan, struct hc_change *change,
			   const struct handover *h)
{
	size_t n;
	struct hc_resource *const *want = hc_children_of(call->desired, &hc_net_address, h->to, &n);
	struct hc_change *other;

	for (size_t i = 0; i < n; i++)
		hc_change_after(plan, change,
				hc_plan_find(plan, &hc_net_address, change->node, want[i]->name));
	for (size_t i = 0; i < h->n; i++) {
		other = hc_plan_find(plan, &hc_net_address, change->node, h->addresses[i]->name);
		if (other && other->action == HC_REMOVE)
			hc_change_after(plan, other, change);
	}
	want = hc_children_of(call->desired, &hc_route, h->to, &n);
	for (size_t i = 0; i < n; i++) {
		other = hc_plan_find(plan, &hc_route, change->node, want[i]->name);
		if (other)
			hc_change_after(plan, other, change);
	}
	for (size_t i = 0; i < h->nroute; i++) {
		other = hc_plan_find(plan, &hc_route, change->node, h->routes[i].have->name);
		if (other && other->action == HC_REMOVE)
			hc_change_after(plan, other, change);
	}
}

static const char *moved_text(struct hc_arena *arena, const struct handover *h)
{
	const char *text = "";

	for (size_t i = 0; i < h->n; i++)
		text = hc_printf(arena, "%s%s%s", text, i ? ", " : "",
				 child_key(h->addresses[i]->name));
	return text;
}

/* --- what speaks against it --- */

static bool adopts(const struct hc_call *call, const struct hc_resource *port)
{
	const struct hc_resource *nic =
		hc_find(call->desired, &hc_ethernet, port->node, child_key(port->name));

	if (port->parent && ((const struct hc_bridge *)port->parent->spec)->adopt)
		return true;
	return nic && ((const struct hc_ethernet *)nic->spec)->adopt;
}

const char *port_twice(struct hc_call *call, const struct hc_resource *port)
{
	return configured_twice(call, child_key(port->name), adopts(call, port));
}

static void adjust_port(struct hc_call *call, struct hc_change *change)
{
	const char *link = child_key(change->name);

	if (!change->want)
		return;
	change->refused = port_twice(call, change->want);
	if (change->have || change->refused)
		return;
	if (hc_find(&call->live->found, &hc_bridge, call->node, link))
		change->refused = hc_printf(call->arena, "%s is a bridge", link);
	else if (!hc_find(&call->live->found, &hc_ethernet, call->node, link))
		change->refused =
			hc_printf(call->arena, "there is no link %s on %s", link, call->node);
}

static const char *refuse_port(const struct hc_plan *plan, struct hc_call *call,
			       const struct hc_change *change)
{
	return change->want ? port_trouble(plan, call, change->want)
			    : bridge_stays(plan, call, parent_name(plan->arena, change->name));
}

/* --- plan --- */

/* Whether joining is felt: it has an address of its own or is in another bridge. */
static bool is_in_use(const struct hc_call *call, const char *link)
{
	size_t n;
	struct hc_resource *const *ports = hc_of_type(&call->live->found, &hc_port, &n);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(child_key(ports[i]->name), link))
			return true;
	(void)hc_children_of(&call->live->found, &hc_net_address, link, &n);
	return n > 0;
}

static void plan_join(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	const char *bridge = parent_name(plan->arena, change->name);
	const char *link = child_key(change->name), *former = former_bridge(call, change->want);
	struct handover *h = find_handover(call, plan, former ? former : link, bridge);
	enum hc_impact impact = is_in_use(call, link) ? HC_BLIP : HC_NONE;

	if (h->n)
		(void)hc_step(plan, change, OP_CREATE, HC_BLIP, h, "join, moving %s to %s",
			      moved_text(plan->arena, h), bridge);
	else
		(void)hc_step(plan, change, OP_CREATE, impact, h, "join");
	order_handover(call, plan, change, h);
}

static bool files(const struct hc_change *change)
{
	return change->action == HC_REMOVE || hc_differs(change, struct hc_port, network_file) ||
	       (!change->have && *((const struct hc_port *)change->want->spec)->network_file);
}

static void plan_rest(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	const struct hc_port *want = change->want->spec;
	const char *place = ifupdown_place(call, want->link);

	if (change->have && hc_differs(change, struct hc_port, up))
		(void)hc_step(plan, change, OP_STATE, HC_NONE, NULL, "bring up");
	if (*want->network_file &&
	    (!change->have || hc_differs(change, struct hc_port, network_file)))
		(void)hc_step(plan, change, OP_FILES, HC_NONE, NULL, "write boot file");
	else if (change->have && hc_differs(change, struct hc_port, network_file))
		(void)hc_step(plan, change, OP_FILES, HC_NONE, NULL, "remove boot file");
	if (place && hc_has_field(change->want, struct hc_port, ifupdown))
		(void)hc_step(plan, change, OP_ADOPT, HC_NONE, NULL, "comment out %s", place);
}

/* The change by which the link comes into a bridge, or NULL. */
static struct hc_change *find_joining(const struct hc_call *call, const struct hc_plan *plan,
				      const char *link)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(call->desired, &hc_port, &n);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(child_key(v[i]->name), link))
			return hc_plan_find(plan, &hc_port, v[i]->node, v[i]->name);
	return NULL;
}

static void plan_leave(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	const char *bridge = parent_name(plan->arena, change->name);
	const char *link = child_key(change->name);
	struct hc_change *joining = find_joining(call, plan, link);
	struct handover *h;

	if (joining) { /* which takes it out of this one in the same moment */
		(void)hc_step(plan, change, OP_FILES, HC_NONE, NULL, "remove boot file");
		hc_change_after(plan, change, joining);
		return;
	}
	h = find_handover(call, plan, bridge, link);
	if (h->n)
		(void)hc_step(plan, change, OP_DELETE, HC_BLIP, h, "leave, moving %s to %s",
			      moved_text(plan->arena, h), link);
	else
		(void)hc_step(plan, change, OP_DELETE, HC_BLIP, h, "leave");
	(void)hc_step(plan, change, OP_FILES, HC_NONE, NULL, "remove boot file");
	order_handover(call, plan, change, h);
}

static void plan_port(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	if (change->action == HC_REMOVE) {
		plan_leave(call, change, plan);
		return;
	}
	if (!change->have || hc_differs(change, struct hc_port, stranded))
		plan_join(call, change, plan);
	plan_rest(call, change, plan);
}

/* --- apply --- */

static int add_all(struct rtnl *rtnl, const struct handover *h, const struct link *to)
{
	int r = 0;

	for (size_t i = 0; i < h->n && !r; i++)
		r = address_add(rtnl, to, address_of(h->addresses[i]), true);
	return r;
}

static int move_rest(struct rtnl *rtnl, const struct handover *h, const struct link *from,
		     const struct link *to)
{
	int r = 0;

	for (size_t i = 0; h->n && i < h->nroute && !r; i++) {
		const struct moved_route *route = &h->routes[i];
		bool same = route_metric(route->want) == route_metric(route->have);

		r = route_set(rtnl, to, route->want, same);
		if (r == -EEXIST) /* its own change says whose that is */
			r = 0;
		if (!r)
			r = route_drop(rtnl, from, route->have);
	}
	for (size_t i = 0; i < h->n && !r; i++)
		r = address_drop(rtnl, from, address_of(h->addresses[i]));
	return r;
}

/* What `from` had; it may be gone already. */
static int move_from(struct rtnl *rtnl, const struct handover *h, const struct link *to)
{
	struct link from;
	int r = link_get(rtnl, h->from, &from);

	if (r)
		return r == -ENODEV ? 0 : r;
	return move_rest(rtnl, h, &from, to);
}

/* A port of another mtu may have changed that of a bridge that nobody set so far. */
static int keep_mtu(struct rtnl *rtnl, const struct hc_resource *bridge)
{
	const struct hc_bridge *want = bridge->spec;
	struct link link;
	int r = link_get(rtnl, bridge->name, &link);

	return r || link.mtu == want->mtu ? r : link_set_mtu(rtnl, &link, want->mtu);
}

static int join(struct hc_call *call, struct rtnl *rtnl, const struct hc_step *step)
{
	const struct hc_resource *port = step->change->want;
	const struct handover *h = step->arg;
	struct link link, bridge = {0};
	const char *name = child_key(step->change->name);
	int r = link_get(rtnl, name, &link);

	if (r == -ENODEV)
		return hc_wait(call, "there is no link %s", name);
	if (!r)
		r = link_get(rtnl, h->to, &bridge);
	if (!r && !link.up && hc_has_field(port, struct hc_port, up))
		r = link_set_up(rtnl, &link, true);
	if (!r)
		r = add_all(rtnl, h, &bridge);
	if (!r && link.master != bridge.index)
		r = link_set_master(rtnl, &link, bridge.index);
	if (!r)
		r = move_from(rtnl, h, &bridge);
	if (!r && port->parent)
		r = keep_mtu(rtnl, port->parent);
	return r == -ENODEV ? hc_wait(call, "there is no bridge %s", h->to) : r;
}

/* Of a link that has gone to another bridge meanwhile nothing is taken. */
static int leave(struct rtnl *rtnl, const struct hc_step *step)
{
	const struct handover *h = step->arg;
	struct link link, bridge;
	int r = link_get(rtnl, h->to, &link);

	if (!r)
		r = link_get(rtnl, h->from, &bridge);
	if (r == -ENODEV)
		return 0;
	if (!r)
		r = add_all(rtnl, h, &link);
	if (!r && link.master == bridge.index)
		r = link_set_master(rtnl, &link, 0);
	return r ? r : move_rest(rtnl, h, &bridge, &link);
}

static int write_file(struct hc_call *call, const struct hc_change *change)
{
	const struct hc_port *want = change->want ? change->want->spec : NULL;

	return boot_write(call, change->want, boot_name(call->arena, change->name, "network"),
			  want ? want->network_file : "");
}

static int apply_port(struct hc_call *call, struct rtnl *rtnl, const struct hc_step *step)
{
	const struct hc_change *change = step->change;
	struct link link;
	int r;

	if (step->op == OP_CREATE)
		return join(call, rtnl, step);
	if (step->op == OP_DELETE)
		return leave(rtnl, step);
	if (step->op == OP_FILES)
		return write_file(call, change);
	r = link_get(rtnl, child_key(change->name), &link);
	if (r < 0)
		return r == -ENODEV ? hc_wait(call, "there is no link %s", child_key(change->name))
				    : r;
	if (step->op == OP_ADOPT)
		return ifupdown_adopt(call, IFUPDOWN_FILE, link.real);
	return link_set_up(rtnl, &link, true);
}

const struct noun port_noun = {
	.type = &hc_port,
	.adjust = adjust_port,
	.refuse = refuse_port,
	.plan = plan_port,
	.apply = apply_port,
	.files = files,
};
