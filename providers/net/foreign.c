/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What hcstate did not put on a link, and would take along without a word: addresses and routes
 * that go with a bridge that is deleted or with a NIC that joins a bridge, VMs in a bridge that
 * loses its NIC. Nothing of that is moved or mended, as nobody said where it should be; the change
 * is refused and names it.
 *
 * Foreign is what no manifest asks for and what is not being removed as ours either. All of it is
 * a pure function of the plan, so each change that stands or falls with a bridge or a port can ask
 * by itself and gets the same answer.
 */

#include "nouns.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

bool goes(const struct hc_plan *plan, const struct hc_resource *live)
{
	const struct hc_change *change = hc_plan_find(plan, live->type, live->node, live->name);

	return change && change->action == HC_REMOVE;
}

/* Names in a row; NULL: none so far. */
static const char *also(struct hc_arena *arena, const char *names, const char *name)
{
	return names ? hc_printf(arena, "%s, %s", names, name) : name;
}

static bool asks_for_address(const struct hc_call *call, const struct hc_address *address)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(call->desired, &hc_net_address, &n);

	for (size_t i = 0; i < n; i++)
		if (same_host(&((const struct hc_net_address *)v[i]->spec)->address, address))
			return true;
	return false;
}

static bool asks_for_route(const struct hc_call *call, const struct hc_address *to)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(call->desired, &hc_route, &n);

	for (size_t i = 0; i < n; i++)
		if (hc_address_same(&((const struct hc_route *)v[i]->spec)->to, to))
			return true;
	return false;
}

static bool is_link_local(const struct hc_address *a)
{
	return a->family == AF_INET6 && a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80;
}

static bool is_foreign_address(const struct hc_plan *plan, const struct hc_call *call,
			       const struct hc_resource *r)
{
	const struct hc_address *address = &((const struct hc_net_address *)r->spec)->address;

	return !is_link_local(address) && !goes(plan, r) && !asks_for_address(call, address);
}

static bool is_foreign_route(const struct hc_plan *plan, const struct hc_call *call,
			     const struct hc_resource *r)
{
	const struct hc_route *route = r->spec;

	return route->protocol != RTPROT_KERNEL && !goes(plan, r) &&
	       !asks_for_route(call, &route->to);
}

/* The foreign addresses and routes of a link by name; those that a router advertised only where
 * they count too. */
static const char *foreign_on(const struct hc_plan *plan, const struct hc_call *call,
			      const char *link, bool advertised)
{
	const char *names = NULL;
	struct hc_resource *const *v;
	size_t n;

	v = hc_children_of(&call->live->found, &hc_net_address, link, &n);
	for (size_t i = 0; i < n; i++)
		if ((advertised || !((const struct hc_net_address *)v[i]->spec)->advertised) &&
		    is_foreign_address(plan, call, v[i]))
			names = also(plan->arena, names, child_key(v[i]->name));
	v = hc_children_of(&call->live->found, &hc_route, link, &n);
	for (size_t i = 0; i < n; i++)
		if ((advertised || ((const struct hc_route *)v[i]->spec)->protocol != RTPROT_RA) &&
		    is_foreign_route(plan, call, v[i]))
			names = also(plan->arena, names,
				     hc_printf(plan->arena, "the route %s", child_key(v[i]->name)));
	return names;
}

/* --- a bridge that goes --- */

static bool leaves(const struct hc_plan *plan, const struct hc_call *call,
		   const struct hc_resource *port)
{
	size_t n;
	struct hc_resource *const *wanted = hc_of_type(call->desired, &hc_port, &n);

	if (goes(plan, port))
		return true;
	for (size_t i = 0; i < n; i++)
		if (!strcmp(child_key(wanted[i]->name), child_key(port->name)))
			return true; /* it goes to another bridge */
	return false;
}

const char *bridge_stays(const struct hc_plan *plan, const struct hc_call *call, const char *name)
{
	const struct hc_change *change = hc_plan_find(plan, &hc_bridge, call->node, name);
	struct hc_resource *const *ports;
	const char *names = NULL, *others;
	size_t n;

	if (!change || change->action != HC_REMOVE ||
	    ((const struct hc_bridge *)change->have->spec)->was_there)
		return NULL;
	ports = hc_children_of(&call->live->found, &hc_port, name, &n);
	for (size_t i = 0; i < n; i++)
		if (!leaves(plan, call, ports[i]))
			names = also(plan->arena, names, child_key(ports[i]->name));
	others = foreign_on(plan, call, name, false);
	if (others)
		names = also(plan->arena, names, others);
	if (!names)
		return NULL;
	return hc_printf(plan->arena, "%s stays: hcstate did not put %s in it", name, names);
}

/* --- a link that joins --- */

static bool has_default(const struct hc_call *call, uint8_t family)
{
	const struct hc_address everything = {.family = family};

	return asks_for_route(call, &everything);
}

/* A default route over the link dies when it joins; a manifest that forgot it would cut us off. */
static const char *lost_default(const struct hc_call *call, const char *link)
{
	size_t n;
	struct hc_resource *const *v = hc_children_of(&call->live->found, &hc_route, link, &n);

	for (size_t i = 0; i < n; i++) {
		const struct hc_route *route = v[i]->spec;

		if (!route->to.prefix && hc_has_field(v[i], struct hc_route, via) &&
		    !has_default(call, route->to.family))
			return hc_printf(call->arena,
					 "the default route via %s over %s would be lost: "
					 "no manifest says a gateway",
					 hc_address_text(call->arena, &route->via, false), link);
	}
	return NULL;
}

const char *former_bridge(const struct hc_call *call, const struct hc_resource *port)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(&call->live->found, &hc_port, &n);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(child_key(v[i]->name), child_key(port->name)) &&
		    strcmp(v[i]->name, port->name) != 0)
			return parent_name(call->arena, v[i]->name);
	return NULL;
}

/* The link is a port of a bridge already, which may be somebody's. */
static const char *taken_from(const struct hc_plan *plan, const struct hc_call *call,
			      const char *link, const char *bridge)
{
	const struct hc_resource *have =
		hc_find(&call->live->found, &hc_bridge, call->node, bridge);
	const char *trouble;

	if (hc_find(call->desired, &hc_bridge, call->node, bridge))
		return NULL;
	if (!have || !goes(plan, have))
		return hc_printf(plan->arena,
				 "%s is in %s, where hcstate did not put it: take it out, or write "
				 "a document for %s",
				 link, bridge, bridge);
	trouble = bridge_stays(plan, call, bridge);
	return trouble ? trouble : lost_default(call, bridge);
}

const char *port_trouble(const struct hc_plan *plan, struct hc_call *call,
			 const struct hc_resource *port)
{
	const char *link = child_key(port->name), *former, *trouble, *names;

	if (hc_find(&call->live->found, &hc_port, call->node, port->name))
		return NULL;
	former = former_bridge(call, port);
	trouble = former ? taken_from(plan, call, link, former) : lost_default(call, link);
	if (trouble)
		return trouble;
	names = foreign_on(plan, call, link, true);
	if (!names)
		return NULL;
	return hc_printf(plan->arena,
			 "%s on %s would be lost, and no manifest asks for it: write it in the "
			 "document of %s, or remove it",
			 names, link, parent_name(plan->arena, port->name));
}

/* --- an address that goes --- */

/* Whether the link has another IPv4 address when all is done. */
static bool keeps_one(const struct hc_plan *plan, const struct hc_call *call, const char *link,
		      uint8_t family)
{
	size_t n;
	struct hc_resource *const *v = hc_children_of(call->desired, &hc_net_address, link, &n);

	for (size_t i = 0; i < n; i++)
		if (((const struct hc_net_address *)v[i]->spec)->address.family == family)
			return true;
	v = hc_children_of(&call->live->found, &hc_net_address, link, &n);
	for (size_t i = 0; i < n; i++)
		if (((const struct hc_net_address *)v[i]->spec)->address.family == family &&
		    !goes(plan, v[i]))
			return true;
	return false;
}

/* IPv4 takes a route along with the address that it sends from, and all of a link with its last. */
const char *lost_routes(const struct hc_plan *plan, const struct hc_call *call,
			const struct hc_resource *going)
{
	const struct hc_address *address = &((const struct hc_net_address *)going->spec)->address;
	const char *link = parent_name(plan->arena, going->name), *names = NULL;
	bool last, moves = asks_for_address(call, address);
	struct hc_resource *const *v;
	size_t n;

	if (address->family != AF_INET)
		return NULL;
	last = !keeps_one(plan, call, link, AF_INET);
	v = hc_children_of(&call->live->found, &hc_route, link, &n);
	for (size_t i = 0; i < n; i++) {
		const struct hc_route *route = v[i]->spec;

		if (route->to.family == AF_INET &&
		    (last || (!moves && same_host(&route->source, address))) &&
		    is_foreign_route(plan, call, v[i]))
			names = also(plan->arena, names, child_key(v[i]->name));
	}
	if (!names)
		return NULL;
	return hc_printf(plan->arena,
			 "the route %s over %s would be lost with it, and no manifest asks for it",
			 names, link);
}
