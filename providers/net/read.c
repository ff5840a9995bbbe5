/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the network: one dump each of links, addresses and routes, and our boot files. The dumps
 * become resources as they stream in; only the links are kept beside, since everything else is
 * named after them.
 *
 * Shown are bridges, what is in them, NICs and veths, and any other link that a manifest names as
 * an Ethernet or as a port, with their addresses and routes; and whatever else leads to a network
 * to which a manifest asks for a route. That keeps the hundreds of taps of
 * a busy host out of the way, except as ports.
 *
 * A boot file of ours whose link is gone and not wanted either becomes a resource too: only what is
 * seen can be removed.
 */

#include "reading.h"

#include <linux/rtnetlink.h>
#include <stdlib.h>

#include "ifupdown.h"

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void find_ports(struct reading *reading)
{
	struct hc_call *call = reading->call;
	size_t n = 0;
	struct hc_resource *const *v =
		call->desired ? hc_of_type(call->desired, &hc_port, &n) : NULL;

	reading->nport = n;
	reading->ports = hc_alloc(call->arena, (n + 1) * sizeof(*reading->ports));
	for (size_t i = 0; i < n; i++)
		reading->ports[i] = ((const struct hc_port *)v[i]->spec)->link;
	qsort(reading->ports, n, sizeof(*reading->ports), by_text);
}

/* What is in the way of a route that a manifest asks for is shown, whatever it is. */
static void find_routes(struct reading *reading)
{
	struct hc_call *call = reading->call;
	size_t n = 0;
	struct hc_resource *const *v =
		call->desired ? hc_of_type(call->desired, &hc_route, &n) : NULL;

	reading->nroute = n;
	reading->routes = hc_alloc(call->arena, (n + 1) * sizeof(*reading->routes));
	for (size_t i = 0; i < n; i++)
		reading->routes[i] = &((const struct hc_route *)v[i]->spec)->to;
	qsort(reading->routes, n, sizeof(*reading->routes), by_network);
}

static bool is_named(const struct reading *reading, const char *link)
{
	const struct hc_call *call = reading->call;

	return (call->desired && hc_find(call->desired, &hc_ethernet, call->node, link)) ||
	       bsearch(&link, reading->ports, reading->nport, sizeof(*reading->ports), by_text);
}

bool is_wanted(const struct reading *reading, const struct hc_type *type, const char *name)
{
	const struct hc_call *call = reading->call;

	return call->desired && hc_find(call->desired, type, call->node, name);
}

/* Whether it is an Ethernet of ours to show. A NIC under another name than the manifests' is too.
 */
static bool is_ethernet(const struct reading *reading, const struct link *link)
{
	if (!link->ethernet || link->kind == LINK_BRIDGE)
		return false;
	return link->kind <= LINK_VETH || is_named(reading, link->name);
}

struct hc_resource *make(struct reading *reading, const struct hc_type *type, const char *name)
{
	return hc_resource_new(&reading->live->found, type, reading->call->node, name);
}

void set_all(struct hc_resource *resource)
{
	for (size_t i = 0; i < resource->type->nfield; i++)
		if (resource->type->fields[i].type != HC_CHILDREN)
			resource->set |= UINT64_C(1) << i;
}

static const char *file_of(const struct reading *reading, const char *name, const char *suffix)
{
	return boot_text(&reading->files, boot_name(reading->call->arena, name, suffix));
}

static const char *place_of(const struct reading *reading, const char *link)
{
	const char *place = hc_map_get(&reading->ifupdown, link);

	return place ? place : "";
}

/* The alias is gone after a boot, where nothing sets it; the boot file still says it. */
static const char *comment_of(struct reading *reading, const struct link *link, const char *file)
{
	const char *said = strstr(file, "\nDescription=");

	if (*link->alias || !said)
		return link->alias;
	said = strchr(said, '=') + 1;
	return hc_strndup(reading->call->arena, said, strcspn(said, "\n"));
}

static void add_ethernet(struct reading *reading, const struct link *link)
{
	struct hc_resource *r = make(reading, &hc_ethernet, link->name);
	struct hc_ethernet *e = r->spec;

	*e = (struct hc_ethernet){
		.mac = link->permanent,
		.up = link->up,
		.mtu = link->mtu,
		.ifupdown = place_of(reading, link->real),
		.network_file = file_of(reading, link->name, "network"),
	};
	e->comment = comment_of(reading, link, e->network_file);
	e->autostart = *e->network_file;
	e->adopt = !*e->ifupdown;
	r->made = *e->network_file;
	set_all(r);
}

static bool says_mac(const struct reading *reading, const char *bridge)
{
	const struct hc_call *call = reading->call;
	const struct hc_resource *want =
		call->desired ? hc_find(call->desired, &hc_bridge, call->node, bridge) : NULL;

	return want && hc_has_field(want, struct hc_bridge, mac);
}

static void add_bridge(struct reading *reading, const struct link *link)
{
	struct hc_resource *r = make(reading, &hc_bridge, link->name);
	struct hc_bridge *b = r->spec;

	*b = (struct hc_bridge){
		.mac = link->mac,
		.up = link->up,
		.mtu = link->mtu,
		.stp = link->stp,
		.forward_delay = link->forward_delay,
		.ageing = link->ageing,
		.ifupdown = place_of(reading, link->real),
		.netdev_file = file_of(reading, link->name, "netdev"),
		.network_file = file_of(reading, link->name, "network"),
	};
	b->netdev_file = networkd_without_mark(reading->call->arena, b->netdev_file, &b->was_there);
	if (!says_mac(reading, link->name))
		b->netdev_file =
			networkd_without_mac(reading->call->arena, b->netdev_file, &link->mac);
	b->comment = comment_of(reading, link, b->network_file);
	b->autostart = *b->netdev_file;
	b->adopt = !*b->ifupdown;
	r->made = *b->netdev_file;
	set_all(r);
}

static void add_port(struct reading *reading, struct link *link, const struct link *bridge)
{
	const char *name = hc_printf(reading->call->arena, "%s/%s", bridge->name, link->name);
	struct hc_resource *r = make(reading, &hc_port, name);
	struct hc_port *port = r->spec;

	*port = (struct hc_port){
		.link = link->name,
		.up = link->up,
		.ifupdown = place_of(reading, link->real),
		.network_file = file_of(reading, name, "network"),
	};
	r->made = *port->network_file;
	r->passing = link->tap;
	link->port = r;
	set_all(r);
}

static void add_links(struct reading *reading)
{
	for (size_t i = 0; i < reading->links.n; i++) {
		struct link *link = &reading->links.v[i];
		const struct link *master = links_at(&reading->links, link->master);

		if (link->kind == LINK_BRIDGE)
			add_bridge(reading, link);
		else if (is_ethernet(reading, link))
			add_ethernet(reading, link);
		if (master && master->kind == LINK_BRIDGE)
			add_port(reading, link, master);
	}
}

bool is_shown(const struct reading *reading, const struct link *link)
{
	return link && (link->kind == LINK_BRIDGE || is_ethernet(reading, link));
}

/* --- dumps --- */

static int dump(struct rtnl *rtnl, struct reading *reading, uint16_t type, size_t header,
		rtnl_fn each)
{
	struct rtnl_request request;
	int r = -EINTR;

	reading->undo = reading->live->found.n;
	for (int tries = 0; r == -EINTR && tries < 5; tries++) {
		struct rtmsg *info = rtnl_begin(&request, type, NLM_F_DUMP, header);

		if (type == RTM_GETROUTE)
			info->rtm_table = RT_TABLE_MAIN;
		reading->live->found.n = reading->undo;
		r = rtnl_run(rtnl, &request, each, reading);
	}
	return r;
}

static int read_kernel(struct rtnl *rtnl, struct reading *reading)
{
	int r = links_read(rtnl, &reading->links);

	if (r < 0)
		return r;
	add_links(reading);
	r = dump(rtnl, reading, RTM_GETADDR, sizeof(struct ifaddrmsg), take_address);
	if (r < 0)
		return rtnl_fail(rtnl, r, NULL, "read the addresses");
	r = dump(rtnl, reading, RTM_GETROUTE, sizeof(struct rtmsg), take_route);
	if (r < 0)
		return rtnl_fail(rtnl, r, NULL, "read the routes");
	tell_apart(reading);
	return 0;
}

/* --- the boot --- */

static bool is_there(const struct reading *reading, const struct hc_type *type, const char *name)
{
	for (size_t i = 0; i < reading->live->found.n; i++) {
		const struct hc_resource *r = reading->live->found.v[i];

		if (r->type == type && !strcmp(r->name, name))
			return true;
	}
	return false;
}

static void add_left(struct reading *reading, const struct hc_type *type, const char *name)
{
	if (!is_wanted(reading, type, name) && !is_there(reading, type, name))
		make(reading, type, name)->made = true;
}

/* Links that are gone, whose files are still here. */
static void add_left_files(struct reading *reading)
{
	struct hc_arena *arena = reading->call->arena;

	for (size_t i = 0; i < reading->files.n; i++) {
		const char *name = boot_resource(arena, reading->files.v[i].name, "netdev");

		if (name) {
			add_left(reading, &hc_bridge, name);
			continue;
		}
		name = boot_resource(arena, reading->files.v[i].name, "network");
		if (strchr(name, '/'))
			add_left(reading, &hc_port, name);
		else if (!is_there(reading, &hc_bridge, name) &&
			 !is_wanted(reading, &hc_bridge, name))
			add_left(reading, &hc_ethernet, name);
	}
}

int net_read(struct hc_call *call, struct hc_state *live)
{
	struct reading reading = {.call = call, .live = live};
	_cleanup_(rtnl_close) struct rtnl rtnl = {0};
	int r = rtnl_open(call, &rtnl);

	if (r >= 0)
		r = boot_read(call, BOOT_DIRECTORY, &reading.files);
	if (r >= 0)
		r = ifupdown_read(call, IFUPDOWN_FILE, &reading.ifupdown);
	if (r < 0)
		return r;
	find_ports(&reading);
	find_routes(&reading);
	r = read_kernel(&rtnl, &reading);
	if (r < 0)
		return r;
	add_left_files(&reading);
	add_networkd(&reading);
	return 0;
}
