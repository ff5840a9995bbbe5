/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses and routes as they stream in. Of addresses those of more than the link's scope are
 * shown, of routes the unicast ones of the main table that are not the kernel's own; a link-local
 * address only where a manifest asks for it.
 */

#include "reading.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>

static void parse_address(const struct nlattr *attr, uint8_t family, struct hc_address *address)
{
	size_t size = mnl_attr_get_payload_len(attr);

	if (size > sizeof(address->bytes))
		return;
	address->family = family;
	memcpy(address->bytes, mnl_attr_get_payload(attr), size);
}

/* A link that is in a bridge and has an address that the bridge should have: somebody was
 * interrupted while moving it. */
static void note_stranded(struct reading *reading, const struct link *link,
			  const struct hc_address *local)
{
	struct hc_call *call = reading->call;
	struct hc_resource *const *v;
	struct hc_port *port;
	size_t n;

	if (!link->port || !call->desired)
		return;
	port = link->port->spec;
	v = hc_children_of(call->desired, &hc_net_address,
			   parent_name(call->arena, link->port->name), &n);
	for (size_t i = 0; i < n; i++) {
		const struct hc_address *wanted = &((struct hc_net_address *)v[i]->spec)->address;

		if (wanted->family == local->family &&
		    !memcmp(wanted->bytes, local->bytes, sizeof(local->bytes)))
			hc_strings_add(call->arena, &port->stranded,
				       hc_address_text(call->arena, local, true));
	}
}

int take_address(const struct nlmsghdr *message, void *data)
{
	struct reading *reading = data;
	const struct ifaddrmsg *info = mnl_nlmsg_get_payload(message);
	const struct link *link = links_at(&reading->links, (int)info->ifa_index);
	struct hc_address local = {0};
	uint32_t flags = info->ifa_flags;
	struct hc_net_address *address;
	struct hc_resource *r;
	struct nlattr *attr;
	const char *name;

	if (!is_shown(reading, link))
		return 0;
	mnl_attr_for_each(attr, message, sizeof(*info))
	{
		uint16_t type = mnl_attr_get_type(attr);

		/* IFA_LOCAL is ours; IFA_ADDRESS the other end's, where there is one. */
		if (type == IFA_LOCAL || (type == IFA_ADDRESS && !local.family))
			parse_address(attr, info->ifa_family, &local);
		if (type == IFA_FLAGS)
			flags = mnl_attr_get_u32(attr);
	}
	local.prefix = info->ifa_prefixlen;
	name = hc_printf(reading->call->arena, "%s/%s", link->name,
			 hc_address_text(reading->call->arena, &local, true));
	note_stranded(reading, link, &local);
	if (info->ifa_scope >= RT_SCOPE_LINK && !is_wanted(reading, &hc_net_address, name))
		return 0;
	r = make(reading, &hc_net_address, name);
	address = r->spec;
	address->address = local;
	address->permanent = flags & IFA_F_PERMANENT;
	address->advertised =
		flags & (IFA_F_MANAGETEMPADDR | IFA_F_TEMPORARY) && local.family == AF_INET6;
	address->duplicate = flags & IFA_F_DADFAILED;
	/* Without a cable the search does not begin, and never ends. */
	address->tentative = flags & IFA_F_TENTATIVE && !address->duplicate && link->carrier;
	set_all(r);
	return 0;
}

/* --- routes --- */

struct route {
	struct hc_address to, via;
	struct hc_address source;
	uint32_t metric;
	int index;
	bool multipath;
};

static void parse_route(const struct nlmsghdr *message, struct route *route)
{
	const struct rtmsg *info = mnl_nlmsg_get_payload(message);
	struct nlattr *attr;

	*route = (struct route){.to.family = info->rtm_family, .to.prefix = info->rtm_dst_len};
	mnl_attr_for_each(attr, message, sizeof(*info))
	{
		switch (mnl_attr_get_type(attr)) {
		case RTA_DST:
			parse_address(attr, info->rtm_family, &route->to);
			break;
		case RTA_GATEWAY:
			parse_address(attr, info->rtm_family, &route->via);
			route->via.prefix = info->rtm_family == AF_INET ? 32 : 128;
			break;
		case RTA_PREFSRC:
			parse_address(attr, info->rtm_family, &route->source);
			route->source.prefix = info->rtm_family == AF_INET ? 32 : 128;
			break;
		case RTA_OIF:
			route->index = (int)mnl_attr_get_u32(attr);
			break;
		case RTA_PRIORITY:
			route->metric = mnl_attr_get_u32(attr);
			break;
		case RTA_MULTIPATH:
			route->multipath = true;
			break;
		default:
			break;
		}
	}
}

int by_network(const void *a, const void *b)
{
	const struct hc_address *const *x = a, *const *y = b;
	int order = (int)(*x)->family - (int)(*y)->family;

	if (!order)
		order = (int)(*x)->prefix - (int)(*y)->prefix;
	return order ? order : memcmp((*x)->bytes, (*y)->bytes, sizeof((*x)->bytes));
}

/* Whether a manifest asks for a route to the same network. */
static bool is_in_the_way(const struct reading *reading, const struct route *route)
{
	const struct hc_address *to = &route->to;

	return reading->nroute &&
	       bsearch(&to, reading->routes, reading->nroute, sizeof(*reading->routes), by_network);
}

static bool is_of_main_table(const struct rtmsg *info)
{
	return info->rtm_table == RT_TABLE_MAIN && !(info->rtm_flags & RTM_F_CLONED) &&
	       (info->rtm_family == AF_INET || info->rtm_family == AF_INET6);
}

static bool is_usual(const struct reading *reading, const struct rtmsg *info,
		     const struct route *route)
{
	return info->rtm_type == RTN_UNICAST && info->rtm_protocol != RTPROT_KERNEL &&
	       !route->multipath && !(route->to.bytes[0] == 0xff && info->rtm_family == AF_INET6) &&
	       is_shown(reading, links_at(&reading->links, route->index));
}

/* What it leads over: a link, or what is no link's name. */
static const char *over(const struct reading *reading, const struct rtmsg *info,
			const struct route *route)
{
	const struct link *link = links_at(&reading->links, route->index);

	if (route->multipath)
		return "(several)";
	switch (info->rtm_type) {
	case RTN_UNICAST:
		return link ? link->name : "(nothing)";
	case RTN_BLACKHOLE:
		return "(blackhole)";
	case RTN_UNREACHABLE:
		return "(unreachable)";
	case RTN_PROHIBIT:
		return "(prohibit)";
	default:
		return "(other)";
	}
}

int take_route(const struct nlmsghdr *message, void *data)
{
	struct reading *reading = data;
	const struct rtmsg *info = mnl_nlmsg_get_payload(message);
	struct hc_arena *arena = reading->call->arena;
	struct hc_resource *r;
	struct route route;

	parse_route(message, &route);
	if (!is_of_main_table(info) ||
	    (!is_usual(reading, info, &route) && !is_in_the_way(reading, &route)))
		return 0;
	r = make(reading, &hc_route,
		 hc_printf(arena, "%s/%s", over(reading, info, &route),
			   hc_address_text(arena, &route.to, true)));
	*(struct hc_route *)r->spec = (struct hc_route){
		.to = route.to,
		.via = route.via,
		.metric = route.metric,
		.source = route.source,
		.protocol = info->rtm_protocol,
	};
	set_all(r);
	if (!route.via.family)
		r->set &= ~hc_field_bit(&hc_route, offsetof(struct hc_route, via));
	if (!route.source.family)
		r->set &= ~hc_field_bit(&hc_route, offsetof(struct hc_route, source));
	return 0;
}

/*
 * Over one link there can be several routes to a network, of which a manifest names one: that of
 * its metric, else one that was set as hcstate does, else the one that is used. Where no manifest
 * names any more what hcstate made, only the kind of its setting tells it from others, and with two
 * of them nothing does. The others get longer names, which nobody asks for and nothing is removed
 * by.
 */
static int by_name_and_use(const void *a, const void *b)
{
	const struct hc_resource *const *x = a, *const *y = b;
	const struct hc_route *p = (*x)->spec, *q = (*y)->spec;
	int order = strcmp((*x)->name, (*y)->name);

	return order ? order : (p->metric > q->metric) - (p->metric < q->metric);
}

static const struct hc_route *route_of(const struct hc_resource *r)
{
	return r->spec;
}

/* How well it fits what the manifest names; 0: not at all. */
static int fit(const struct hc_resource *want, const struct hc_resource *r)
{
	if (want && route_metric(want) == route_metric(r))
		return 3;
	if (route_of(r)->protocol == RTPROT_STATIC)
		return 2;
	return want ? 1 : 0;
}

/* The one of these with the same name that it stays with, or NULL. */
static struct hc_resource *choose(const struct reading *reading, struct hc_resource **v, size_t n)
{
	const struct hc_call *call = reading->call;
	const struct hc_resource *want =
		call->desired ? hc_find(call->desired, &hc_route, call->node, v[0]->name) : NULL;
	struct hc_resource *best = NULL;
	int most = 0, equals = 0;

	for (size_t i = 0; i < n; i++) {
		int f = fit(want, v[i]);

		equals = f > most ? 1 : equals + (f == most);
		if (f > most) {
			best = v[i];
			most = f;
		}
	}
	return want || equals == 1 ? best : NULL;
}

static void rename_long(struct reading *reading, struct hc_resource *r)
{
	struct hc_arena *arena = reading->call->arena;
	const struct hc_route *route = r->spec;

	if (hc_has_field(r, struct hc_route, via))
		r->name = hc_printf(arena, "%s via %s", r->name,
				    hc_address_text(arena, &route->via, false));
	r->name = hc_printf(arena, "%s metric %u", r->name, route->metric);
}

void tell_apart(struct reading *reading)
{
	struct hc_set *set = &reading->live->found;
	struct hc_resource **v = set->v + reading->undo;
	size_t n = set->n - reading->undo, end;

	if (n)
		qsort(v, n, sizeof(struct hc_resource *), by_name_and_use);
	for (size_t first = 0; first < n; first = end) {
		const struct hc_resource *one;

		for (end = first + 1; end < n && !strcmp(v[end]->name, v[first]->name);)
			end++;
		one = choose(reading, v + first, end - first);
		for (size_t i = first; i < end; i++)
			if (v[i] != one)
				rename_long(reading, v[i]);
	}
}
