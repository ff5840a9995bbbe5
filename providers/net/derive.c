/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What follows from the manifests: the boot files of each link, that nothing else configures it,
 * and that systemd-networkd runs at boot when one of them is to be set up then.
 *
 * A port whose link has a document of its own is said in that document's file, since networkd takes
 * one file per link. A field that is empty here says that there shall be no such file.
 */

#include "nouns.h"

#include <stdlib.h>
#include <string.h>

/* Ports by their link, to find the bridge of a link. */
static int by_link(const void *a, const void *b)
{
	const struct hc_resource *const *x = a, *const *y = b;
	const struct hc_port *p = (*x)->spec, *q = (*y)->spec;

	return strcmp(p->link, q->link);
}

struct ports {
	const struct hc_resource **v;
	size_t n;
};

static struct ports find_ports(struct hc_call *call, const struct hc_set *desired)
{
	struct ports ports;
	struct hc_resource *const *v = hc_of_type(desired, &hc_port, &ports.n);

	ports.v = hc_alloc(call->arena, (ports.n + 1) * sizeof(*ports.v));
	for (size_t i = 0; i < ports.n; i++)
		ports.v[i] = v[i];
	qsort(ports.v, ports.n, sizeof(const struct hc_resource *), by_link);
	return ports;
}

static const char *bridge_of(struct hc_call *call, const struct ports *ports, const char *link)
{
	const struct hc_port named = {.link = link};
	const struct hc_resource key = {.spec = (void *)(uintptr_t)&named}, *keyp = &key;
	const struct hc_resource *const *found =
		bsearch(&keyp, ports->v, ports->n, sizeof(const struct hc_resource *), by_link);

	return found ? parent_name(call->arena, (*found)->name) : NULL;
}

/* Gives whether one of them is set up at boot. */
static bool derive_ethernets(struct hc_call *call, struct hc_set *desired)
{
	struct ports ports = find_ports(call, desired);
	bool any = false;
	size_t n;
	struct hc_resource *const *v = hc_of_type(desired, &hc_ethernet, &n);

	for (size_t i = 0; i < n; i++) {
		struct hc_ethernet *e = v[i]->spec;

		e->ifupdown = "";
		e->network_file =
			e->autostart
				? networkd_ethernet(call, v[i], bridge_of(call, &ports, v[i]->name))
				: "";
		hc_set_field(v[i], struct hc_ethernet, ifupdown);
		hc_set_field(v[i], struct hc_ethernet, network_file);
		any |= e->autostart;
	}
	return any;
}

static bool derive_bridges(struct hc_call *call, struct hc_set *desired)
{
	bool any = false;
	size_t n;
	struct hc_resource *const *v = hc_of_type(desired, &hc_bridge, &n);

	for (size_t i = 0; i < n; i++) {
		struct hc_bridge *b = v[i]->spec;

		b->ifupdown = "";
		b->netdev_file = b->autostart ? networkd_netdev(call, v[i]) : "";
		b->network_file = b->autostart ? networkd_bridge(call, v[i]) : "";
		hc_set_field(v[i], struct hc_bridge, ifupdown);
		hc_set_field(v[i], struct hc_bridge, netdev_file);
		hc_set_field(v[i], struct hc_bridge, network_file);
		any |= b->autostart;
	}
	return any;
}

static void derive_ports(struct hc_call *call, struct hc_set *desired)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(desired, &hc_port, &n);

	for (size_t i = 0; i < n; i++) {
		struct hc_port *port = v[i]->spec;
		const struct hc_bridge *bridge = v[i]->parent ? v[i]->parent->spec : NULL;
		bool alone = !hc_find(desired, &hc_ethernet, v[i]->node, port->link);

		port->network_file =
			alone && bridge && bridge->autostart ? networkd_port(call, v[i]) : "";
		hc_set_field(v[i], struct hc_port, network_file);
		hc_set_field(v[i], struct hc_port, stranded); /* none */
		if (!alone)
			continue;
		port->up = true;
		port->ifupdown = "";
		hc_set_field(v[i], struct hc_port, up);
		hc_set_field(v[i], struct hc_port, ifupdown);
	}
}

static void derive_addresses(struct hc_set *desired)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(desired, &hc_net_address, &n);

	for (size_t i = 0; i < n; i++) {
		struct hc_net_address *address = v[i]->spec;

		address->permanent = true;
		hc_set_field(v[i], struct hc_net_address, permanent);
		hc_set_field(v[i], struct hc_net_address, tentative); /* no */
		hc_set_field(v[i], struct hc_net_address, duplicate); /* no */
	}
}

int net_derive(struct hc_call *call, struct hc_set *desired)
{
	bool ethernets, bridges;

	call->desired = desired; /* the texts below look up children in it */
	derive_addresses(desired);
	derive_ports(call, desired);
	ethernets = derive_ethernets(call, desired);
	bridges = derive_bridges(call, desired);
	if (ethernets || bridges) {
		struct hc_resource *r =
			hc_resource_new(desired, &hc_networkd, call->node, NETWORKD);
		struct hc_networkd *networkd = r->spec;

		networkd->enabled = true;
		networkd->knows_files = true;
		networkd->agrees = true;
		hc_set_field(r, struct hc_networkd, enabled);
		hc_set_field(r, struct hc_networkd, knows_files);
		hc_set_field(r, struct hc_networkd, agrees);
	}
	return 0;
}
