/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Port: a link in a bridge. Joining is the moment at which a machine can be lost: from then on the
 * link hears nothing, and an address it has must be on the bridge. So joining hands over, in one
 * step of a few messages:
 *   1. the bridge has the address too (its own change came before);
 *   2. the link joins; now packets arrive at the bridge;
 *   3. the link's own copy goes, and with it its route to the network;
 *   4. the bridge's routes take the place of those over the link.
 * Leaving a bridge is the same the other way round. Every state between two of them is one that the
 * next run finds (see `stranded`) and leads on from.
 */

#include "nouns.h"

#include <sys/socket.h>

#include "ifupdown.h"

/* What goes with the link: from the link to the bridge when it joins, back when it leaves. */
struct handover {
	const char *from, *to;
	const struct hc_resource **addresses; /* live ones of `from` that `to` should have */
	size_t n, room;
	struct hc_resource *const *routes; /* desired ones of `to` */
	size_t nroute;
};

static const struct hc_address *address_of(const struct hc_resource *r)
{
	return &((const struct hc_net_address *)r->spec)->address;
}

static struct handover *find_handover(struct hc_call *call, struct hc_plan *plan, const char *from,
				      const char *to)
{
	struct handover *h = hc_new(plan->arena, struct handover);
	size_t nwant, nhave;
	struct hc_resource *const *want =
		hc_children_of(call->desired, &hc_net_address, to, &nwant);
	struct hc_resource *const *have =
		hc_children_of(&call->live->found, &hc_net_address, from, &nhave);

	*h = (struct handover){.from = from, .to = to};
	h->routes = hc_children_of(call->desired, &hc_route, to, &h->nroute);
	for (size_t i = 0; i < nhave; i++)
		for (size_t k = 0; k < nwant; k++) {
			const struct hc_address *a = address_of(have[i]), *b = address_of(want[k]);

			if (a->family != b->family || memcmp(a->bytes, b->bytes, sizeof(a->bytes)))
				continue;
			h->addresses = hc_grow(plan->arena, h->addresses, h->n, &h->room,
					       sizeof(*h->addresses));
			h->addresses[h->n++] = have[i];
		}
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
	for (size_t i = 0; i < h->nroute; i++) {
		other = hc_plan_find(plan, &hc_route, change->node, h->routes[i]->name);
		if (other)
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

static bool has_default(const struct hc_set *set, const char *node, uint8_t family)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(set, &hc_route, &n);

	for (size_t i = 0; i < n; i++) {
		const struct hc_route *route = v[i]->spec;

		if (!route->to.prefix && route->to.family == family && v[i]->node &&
		    !strcmp(v[i]->node, node))
			return true;
	}
	return false;
}

/* A default route over the link dies when it joins; a manifest that forgot it would cut us off. */
static const char *lost_default(const struct hc_call *call, const char *link)
{
	size_t n;
	struct hc_resource *const *v = hc_children_of(&call->live->found, &hc_route, link, &n);

	for (size_t i = 0; i < n; i++) {
		const struct hc_route *route = v[i]->spec;

		if (!route->to.prefix && hc_has_field(v[i], struct hc_route, via) &&
		    !has_default(call->desired, call->node, route->to.family))
			return hc_printf(call->arena,
					 "the default route via %s over %s would be lost: "
					 "no manifest says a gateway",
					 hc_address_text(call->arena, &route->via, false), link);
	}
	return NULL;
}

static bool adopts(const struct hc_call *call, const struct hc_resource *port)
{
	const struct hc_resource *nic =
		hc_find(call->desired, &hc_ethernet, port->node, child_key(port->name));

	if (port->parent && ((const struct hc_bridge *)port->parent->spec)->adopt)
		return true;
	return nic && ((const struct hc_ethernet *)nic->spec)->adopt;
}

const char *port_trouble(struct hc_call *call, const struct hc_resource *port)
{
	const char *link = child_key(port->name);
	const char *twice = configured_twice(call, link, adopts(call, port));

	if (twice || hc_find(&call->live->found, &hc_port, call->node, port->name))
		return twice;
	return lost_default(call, link);
}

static void adjust_port(struct hc_call *call, struct hc_change *change)
{
	const char *link = child_key(change->name);

	if (!change->want)
		return;
	change->refused = port_trouble(call, change->want);
	if (change->have || change->refused)
		return;
	if (hc_find(&call->live->found, &hc_bridge, call->node, link))
		change->refused = hc_printf(call->arena, "%s is a bridge", link);
	else if (!hc_find(&call->live->found, &hc_ethernet, call->node, link))
		change->refused =
			hc_printf(call->arena, "there is no link %s on %s", link, call->node);
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
	const char *link = child_key(change->name);
	struct handover *h = find_handover(call, plan, link, bridge);
	enum hc_impact impact = is_in_use(call, link) ? HC_BLIP : HC_NONE;

	if (h->n)
		(void)hc_step(plan, change, OP_CREATE, HC_BLIP, h, "join, moving %s to %s",
			      moved_text(plan->arena, h), bridge);
	else
		(void)hc_step(plan, change, OP_CREATE, impact, h, "join");
	order_handover(call, plan, change, h);
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

static void plan_leave(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	const char *bridge = parent_name(plan->arena, change->name);
	const char *link = child_key(change->name);
	struct handover *h = find_handover(call, plan, bridge, link);

	change->refused = bridge_stays(plan, call, bridge);
	if (change->refused)
		return;
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

	for (size_t i = 0; i < h->n && !r; i++)
		r = address_drop(rtnl, from, address_of(h->addresses[i]));
	for (size_t i = 0; h->n && i < h->nroute && !r; i++) {
		r = route_set(rtnl, to, h->routes[i]);
		if (!r)
			r = route_drop(rtnl, from,
				       &((const struct hc_route *)h->routes[i]->spec)->to);
	}
	return r;
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
	int r = link_get(rtnl, h->from, &link);

	if (r == -ENODEV)
		return hc_wait(call, "there is no link %s", h->from);
	if (!r)
		r = link_get(rtnl, h->to, &bridge);
	if (!r && !link.up && hc_has_field(port, struct hc_port, up))
		r = link_set_up(rtnl, &link, true);
	if (!r)
		r = add_all(rtnl, h, &bridge);
	if (!r && link.master != bridge.index)
		r = link_set_master(rtnl, &link, bridge.index);
	if (!r)
		r = move_rest(rtnl, h, &link, &bridge);
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
	.plan = plan_port,
	.apply = apply_port,
};
