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
	set_all(r);
	return 0;
}

/* --- routes --- */

struct route {
	struct hc_address to, via;
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

static bool is_ours_to_show(const struct rtmsg *info, const struct route *route)
{
	if (info->rtm_table != RT_TABLE_MAIN || info->rtm_type != RTN_UNICAST ||
	    info->rtm_flags & RTM_F_CLONED || info->rtm_protocol == RTPROT_KERNEL)
		return false;
	if (info->rtm_family != AF_INET && info->rtm_family != AF_INET6)
		return false;
	return !route->multipath && !(route->to.bytes[0] == 0xff && info->rtm_family == AF_INET6);
}

int take_route(const struct nlmsghdr *message, void *data)
{
	struct reading *reading = data;
	struct hc_resource *r;
	const struct link *link;
	struct route route;

	parse_route(message, &route);
	link = links_at(&reading->links, route.index);
	if (!is_ours_to_show(mnl_nlmsg_get_payload(message), &route) || !is_shown(reading, link))
		return 0;
	r = make(reading, &hc_route,
		 hc_printf(reading->call->arena, "%s/%s", link->name,
			   hc_address_text(reading->call->arena, &route.to, true)));
	*(struct hc_route *)r->spec =
		(struct hc_route){.to = route.to, .via = route.via, .metric = route.metric};
	hc_set_field(r, struct hc_route, to);
	hc_set_field(r, struct hc_route, metric);
	if (route.via.family)
		hc_set_field(r, struct hc_route, via);
	return 0;
}

/* Over one link there can be several routes to a network, of which a manifest can name one: that of
 * the metric it says, else the one that is used. The first of each name stays. */
static int by_name_and_use(const void *a, const void *b)
{
	const struct hc_resource *const *x = a, *const *y = b;
	const struct hc_route *p = (*x)->spec, *q = (*y)->spec;
	int order = strcmp((*x)->name, (*y)->name);

	return order ? order : (p->metric > q->metric) - (p->metric < q->metric);
}

static bool is_the_one(const struct reading *reading, const struct hc_resource *r)
{
	const struct hc_call *call = reading->call;
	const struct hc_resource *want =
		call->desired ? hc_find(call->desired, &hc_route, call->node, r->name) : NULL;

	return want && hc_has_field(want, struct hc_route, metric) &&
	       ((const struct hc_route *)want->spec)->metric ==
		       ((const struct hc_route *)r->spec)->metric;
}

void keep_one_of_each(struct reading *reading)
{
	struct hc_set *set = &reading->live->found;
	struct hc_resource **v = set->v + reading->undo;
	size_t n = set->n - reading->undo, kept = 0;

	if (n)
		qsort(v, n, sizeof(struct hc_resource *), by_name_and_use);
	for (size_t i = 0; i < n; i++) {
		if (!kept || strcmp(v[kept - 1]->name, v[i]->name) != 0)
			v[kept++] = v[i];
		else if (is_the_one(reading, v[i]))
			v[kept - 1] = v[i];
	}
	set->n = reading->undo + kept;
}
