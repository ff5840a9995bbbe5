/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Links: reading all or one, and changing one thing of one. Every change is a message of its own,
 * so that an error names what it was about.
 *
 * A link's name in the manifests is the system's, unless an Ethernet document says by `mac` which
 * NIC it means: then the name is that document's. Nothing behind this file knows the difference.
 */

#include "link.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>

/* Kernel clock ticks to whole seconds: the table's unit. */
static uint32_t seconds(const struct nlattr *attr)
{
	return (mnl_attr_get_u32(attr) + 50) / 100;
}

static void parse_bridge(const struct nlattr *data, struct link *link)
{
	struct nlattr *attr;

	mnl_attr_for_each_nested(attr, data)
	{
		switch (mnl_attr_get_type(attr)) {
		case IFLA_BR_FORWARD_DELAY:
			link->forward_delay = seconds(attr);
			break;
		case IFLA_BR_AGEING_TIME:
			link->ageing = seconds(attr);
			break;
		case IFLA_BR_STP_STATE:
			link->stp = mnl_attr_get_u32(attr);
			break;
		default:
			break;
		}
	}
}

static enum link_kind kind_of(const char *kind)
{
	if (!strcmp(kind, "bridge"))
		return LINK_BRIDGE;
	return strcmp(kind, "veth") == 0 ? LINK_VETH : LINK_OTHER;
}

static void parse_kind(const struct nlattr *info, struct link *link)
{
	struct nlattr *attr;

	mnl_attr_for_each_nested(attr, info)
	{
		if (mnl_attr_get_type(attr) == IFLA_INFO_KIND) {
			link->kind = kind_of(mnl_attr_get_str(attr));
			link->tap = !strcmp(mnl_attr_get_str(attr), "tun");
		}
		if (mnl_attr_get_type(attr) == IFLA_INFO_DATA && link->kind == LINK_BRIDGE)
			parse_bridge(attr, link);
	}
}

static void parse_mac(const struct nlattr *attr, struct hc_mac *mac)
{
	if (mnl_attr_get_payload_len(attr) == sizeof(mac->bytes))
		memcpy(mac->bytes, mnl_attr_get_payload(attr), sizeof(mac->bytes));
}

static void parse_attr(struct hc_arena *arena, const struct nlattr *attr, struct link *link)
{
	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFNAME:
		link->name = link->real = hc_strdup(arena, mnl_attr_get_str(attr));
		break;
	case IFLA_MASTER:
		link->master = (int)mnl_attr_get_u32(attr);
		break;
	case IFLA_MTU:
		link->mtu = mnl_attr_get_u32(attr);
		break;
	case IFLA_ADDRESS:
		parse_mac(attr, &link->mac);
		break;
	case IFLA_PERM_ADDRESS:
		parse_mac(attr, &link->permanent);
		break;
	case IFLA_IFALIAS:
		link->alias = hc_strdup(arena, mnl_attr_get_str(attr));
		break;
	case IFLA_LINKINFO:
		parse_kind(attr, link);
		break;
	default:
		break;
	}
}

static void parse(struct hc_arena *arena, const struct nlmsghdr *message, struct link *link)
{
	static const struct hc_mac none;
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	struct nlattr *attr;

	*link = (struct link){
		.index = info->ifi_index,
		.up = info->ifi_flags & IFF_UP,
		.carrier = info->ifi_flags & IFF_RUNNING,
		.ethernet = info->ifi_type == ARPHRD_ETHER,
		.name = "",
		.real = "",
		.alias = "",
	};
	mnl_attr_for_each(attr, message, sizeof(*info))
	{
		parse_attr(arena, attr, link);
	}
	if (!memcmp(&link->permanent, &none, sizeof(none)))
		link->permanent = link->mac;
}

struct reading {
	struct hc_arena *arena;
	struct links *links;
};

static int add(const struct nlmsghdr *message, void *data)
{
	struct reading *reading = data;
	struct links *links = reading->links;

	if (message->nlmsg_type != RTM_NEWLINK)
		return 0;
	links->v = hc_grow(reading->arena, links->v, links->n, &links->room, sizeof(*links->v));
	parse(reading->arena, message, &links->v[links->n++]);
	return 0;
}

static int by_index(const void *a, const void *b)
{
	const struct link *x = a, *y = b;

	return (x->index > y->index) - (x->index < y->index);
}

/* Gives NICs that an Ethernet document means by their mac that document's name. */
static void name_by_mac(const struct hc_set *desired, struct links *links)
{
	struct hc_resource *const *v;
	size_t n;

	if (!desired)
		return;
	v = hc_of_type(desired, &hc_ethernet, &n);
	for (size_t i = 0; i < n; i++) {
		const struct hc_ethernet *ethernet = v[i]->spec;

		if (!hc_has_field(v[i], struct hc_ethernet, mac))
			continue;
		for (size_t k = 0; k < links->n; k++)
			if (links->v[k].kind <= LINK_VETH && links->v[k].ethernet &&
			    !memcmp(&links->v[k].permanent, &ethernet->mac, sizeof(struct hc_mac)))
				links->v[k].name = v[i]->name;
	}
}

int links_read(struct rtnl *rtnl, struct links *links)
{
	struct reading reading = {.arena = rtnl->call->arena, .links = links};
	struct rtnl_request request;
	int r = -EINTR;

	for (int tries = 0; r == -EINTR && tries < 5; tries++) {
		(void)rtnl_begin(&request, RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg));
		mnl_attr_put_u32(&request.header, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
		links->n = 0;
		r = rtnl_run(rtnl, &request, add, &reading);
	}
	if (r < 0)
		return rtnl_fail(rtnl, r, NULL, "read the links");
	if (links->n)
		qsort(links->v, links->n, sizeof(*links->v), by_index);
	name_by_mac(rtnl->call->desired, links);
	return 0;
}

const struct link *links_at(const struct links *links, int index)
{
	const struct link key = {.index = index};

	if (!links->n)
		return NULL;
	return bsearch(&key, links->v, links->n, sizeof(*links->v), by_index);
}

static bool meant_by_mac(const struct hc_call *call, const char *name)
{
	const struct hc_resource *r = hc_find(call->desired, &hc_ethernet, call->node, name);

	return r && hc_has_field(r, struct hc_ethernet, mac);
}

static int get_by_mac(struct rtnl *rtnl, const char *name, struct link *link)
{
	struct links links = {0};
	int r = links_read(rtnl, &links);

	if (r < 0)
		return r;
	for (size_t i = 0; i < links.n; i++)
		if (links.v[i].name != links.v[i].real && !strcmp(links.v[i].name, name)) {
			*link = links.v[i];
			return 0;
		}
	return -ENODEV;
}

static int take_one(const struct nlmsghdr *message, void *data)
{
	struct reading *reading = data;

	if (message->nlmsg_type == RTM_NEWLINK)
		parse(reading->arena, message, reading->links->v);
	return 0;
}

int link_get(struct rtnl *rtnl, const char *name, struct link *link)
{
	struct links one = {.v = link};
	struct reading reading = {.arena = rtnl->call->arena, .links = &one};
	struct rtnl_request request;
	int r;

	if (rtnl->call->desired && meant_by_mac(rtnl->call, name))
		return get_by_mac(rtnl, name, link);
	(void)rtnl_begin(&request, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(&request.header, IFLA_IFNAME, name);
	mnl_attr_put_u32(&request.header, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	r = rtnl_run(rtnl, &request, take_one, &reading);
	return r < 0 && r != -ENODEV ? rtnl_fail(rtnl, r, NULL, "read the link %s", name) : r;
}

static struct ifinfomsg *begin_set(struct rtnl_request *request, const struct link *link)
{
	struct ifinfomsg *info = rtnl_begin(request, RTM_SETLINK, 0, sizeof(*info));

	info->ifi_index = link->index;
	return info;
}

static int finish_set(struct rtnl *rtnl, struct rtnl_request *request, const struct link *link,
		      const char *what)
{
	int r = rtnl_run(rtnl, request, NULL, NULL);

	return r < 0 ? rtnl_fail(rtnl, r, NULL, "%s of %s", what, link->real) : 0;
}

int link_set_up(struct rtnl *rtnl, const struct link *link, bool up)
{
	struct rtnl_request request;
	struct ifinfomsg *info = begin_set(&request, link);

	info->ifi_change = IFF_UP;
	info->ifi_flags = up ? IFF_UP : 0;
	return finish_set(rtnl, &request, link, up ? "set the state up" : "set the state down");
}

int link_set_mtu(struct rtnl *rtnl, const struct link *link, uint32_t mtu)
{
	struct rtnl_request request;

	(void)begin_set(&request, link);
	mnl_attr_put_u32(&request.header, IFLA_MTU, mtu);
	return finish_set(rtnl, &request, link,
			  hc_printf(rtnl->call->arena, "set the mtu %u", mtu));
}

int link_set_mac(struct rtnl *rtnl, const struct link *link, const struct hc_mac *mac)
{
	struct rtnl_request request;

	(void)begin_set(&request, link);
	mnl_attr_put(&request.header, IFLA_ADDRESS, sizeof(mac->bytes), mac->bytes);
	return finish_set(rtnl, &request, link, "set the mac");
}

int link_set_alias(struct rtnl *rtnl, const struct link *link, const char *alias)
{
	struct rtnl_request request;

	(void)begin_set(&request, link);
	mnl_attr_put_str(&request.header, IFLA_IFALIAS, alias);
	return finish_set(rtnl, &request, link, "set the alias");
}

int link_set_master(struct rtnl *rtnl, const struct link *link, int master)
{
	struct rtnl_request request;

	(void)begin_set(&request, link);
	mnl_attr_put_u32(&request.header, IFLA_MASTER, (uint32_t)master);
	return finish_set(rtnl, &request, link, master ? "set the bridge" : "end the bridge");
}
