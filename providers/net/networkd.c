/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of our files for systemd-networkd (systemd.netdev(5), systemd.network(5)).
 *
 * networkd sets up at boot exactly what hcstate sets while the machine runs. It may also be started
 * or restarted while everything is right, and then must not touch it: KeepConfiguration=static
 * keeps addresses and routes that are not in the file, ConfigureWithoutCarrier and
 * IgnoreCarrierLoss make nothing depend on a plugged cable. Its own ideas (link-local addresses on
 * ports, router advertisements, LLDP) are off: what no manifest says is not set up.
 *
 * A bridge counts as online once it is configured, with or without a cable, so that
 * network-online.target means that the addresses are there and never waits for a switch. Ports do
 * not count.
 */

#include "boot.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define KIND "Kind=bridge\n"

struct text {
	FILE *out;
	char *bytes;
	size_t size;
};

static void begin(struct text *text, const struct hc_resource *about)
{
	text->out = open_memstream(&text->bytes, &text->size);
	if (!text->out)
		abort();
	(void)fprintf(text->out, "# Made by hcstate for %s/%s: changes here are undone.\n",
		      about->type->name, about->name);
}

static const char *end(struct text *text, struct hc_arena *arena)
{
	const char *copy;

	if (fclose(text->out))
		abort();
	copy = hc_strndup(arena, text->bytes, text->size);
	free(text->bytes);
	return copy;
}

static const char *yes(bool value)
{
	return value ? "yes" : "no";
}

/* FNV-1a: it only has to give the same address each time, and others for other names. */
static struct hc_mac made_up_mac(const char *node, const char *name)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	struct hc_mac mac;

	for (; *node; node++)
		hash = (hash ^ (uint8_t)*node) * UINT64_C(0x100000001b3);
	hash = (hash ^ '/') * UINT64_C(0x100000001b3);
	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
	for (size_t i = 0; i < sizeof(mac.bytes); i++)
		mac.bytes[i] = (uint8_t)(hash >> 8 * i);
	mac.bytes[0] = (uint8_t)((mac.bytes[0] & 0xfc) | 0x02); /* local, of one machine */
	return mac;
}

/*
 * What is written; what the bridge has; what its first port has, so that the machine stays the same
 * for its neighbours; or, without any, one made of the names. The same before and after it is made.
 */
struct hc_mac bridge_mac(const struct hc_call *call, const struct hc_resource *bridge)
{
	const struct hc_bridge *want = bridge->spec;
	const struct hc_set *live = call->live ? &call->live->found : NULL;
	const struct hc_resource *have;
	struct hc_resource *const *ports;
	size_t n;

	if (hc_has_field(bridge, struct hc_bridge, mac))
		return want->mac;
	have = live ? hc_find(live, &hc_bridge, bridge->node, bridge->name) : NULL;
	if (have && hc_has_field(have, struct hc_bridge, mac))
		return ((const struct hc_bridge *)have->spec)->mac;
	ports = hc_children_of(call->desired, &hc_port, bridge->name, &n);
	for (size_t i = 0; live && i < n; i++) {
		const struct hc_port *port = ports[i]->spec;

		have = hc_find(live, &hc_ethernet, bridge->node, port->link);
		if (have && hc_has_field(have, struct hc_ethernet, mac))
			return ((const struct hc_ethernet *)have->spec)->mac;
	}
	return made_up_mac(bridge->node, bridge->name);
}

static char *mac_line(struct hc_arena *arena, const struct hc_mac *mac)
{
	const uint8_t *b = mac->bytes;

	return hc_printf(arena, "MACAddress=%02x:%02x:%02x:%02x:%02x:%02x\n", b[0], b[1], b[2],
			 b[3], b[4], b[5]);
}

/*
 * The hardware address of a bridge is known only when it is there, so it is not in the text that
 * follows from the manifests: it is added when the file is written, and left out when it is read
 * and is the right one.
 */
const char *networkd_with_mac(struct hc_arena *arena, const char *netdev, const struct hc_mac *mac)
{
	const char *kind = strstr(netdev, KIND);
	int before = kind ? (int)(kind - netdev + (ptrdiff_t)strlen(KIND)) : 0;

	if (!kind || strstr(netdev, "\nMACAddress="))
		return netdev;
	return hc_printf(arena, "%.*s%s%s", before, netdev, mac_line(arena, mac), netdev + before);
}

const char *networkd_without_mac(struct hc_arena *arena, const char *netdev,
				 const struct hc_mac *mac)
{
	const char *line = mac_line(arena, mac), *found = strstr(netdev, line);

	if (!found)
		return netdev;
	return hc_printf(arena, "%.*s%s", (int)(found - netdev), netdev, found + strlen(line));
}

#define MARK ", which was there before"

const char *networkd_with_mark(struct hc_arena *arena, const char *netdev)
{
	int before = (int)strcspn(netdev, ":\n");

	return hc_printf(arena, "%.*s" MARK "%s", before, netdev, netdev + before);
}

const char *networkd_without_mark(struct hc_arena *arena, const char *netdev, bool *marked)
{
	size_t line = strcspn(netdev, "\n");
	const char *mark = memmem(netdev, line, MARK, strlen(MARK));

	*marked = mark;
	if (!mark)
		return netdev;
	return hc_printf(arena, "%.*s%s", (int)(mark - netdev), netdev, mark + strlen(MARK));
}

const char *networkd_netdev(struct hc_call *call, const struct hc_resource *bridge)
{
	const struct hc_bridge *b = bridge->spec;
	struct text text;

	begin(&text, bridge);
	(void)fprintf(text.out, "[NetDev]\nName=%s\n" KIND "MTUBytes=%u\n", bridge->name, b->mtu);
	if (hc_has_field(bridge, struct hc_bridge, mac))
		(void)fputs(mac_line(call->arena, &b->mac), text.out);
	(void)fprintf(text.out, "\n[Bridge]\nSTP=%s\n", yes(b->stp));
	if (hc_has_field(bridge, struct hc_bridge, forward_delay))
		(void)fprintf(text.out, "ForwardDelaySec=%u\n", b->forward_delay);
	if (hc_has_field(bridge, struct hc_bridge, ageing))
		(void)fprintf(text.out, "AgeingTimeSec=%u\n", b->ageing);
	return end(&text, call->arena);
}

static void put_route(struct hc_arena *arena, FILE *out, const struct hc_resource *r)
{
	const struct hc_route *route = r->spec;

	(void)fprintf(out, "\n[Route]\nDestination=%s\n", hc_address_text(arena, &route->to, true));
	if (hc_has_field(r, struct hc_route, via))
		(void)fprintf(out, "Gateway=%s\n", hc_address_text(arena, &route->via, false));
	if (hc_has_field(r, struct hc_route, metric))
		(void)fprintf(out, "Metric=%u\n", route->metric);
}

/* Without duplicate address detection, which never ends while no cable is plugged. */
static void put_ipv6_address(FILE *out, const char *address)
{
	(void)fprintf(out, "\n[Address]\nAddress=%s\nDuplicateAddressDetection=none\n", address);
}

static void put_addresses(struct hc_call *call, FILE *out, const char *link, uint8_t family)
{
	size_t n;
	struct hc_resource *const *v = hc_children_of(call->desired, &hc_net_address, link, &n);

	for (size_t i = 0; i < n; i++) {
		const struct hc_address *a = &((struct hc_net_address *)v[i]->spec)->address;
		const char *address = hc_address_text(call->arena, a, true);

		if (a->family != family)
			continue;
		if (family == AF_INET6)
			put_ipv6_address(out, address);
		else
			(void)fprintf(out, "Address=%s\n", address);
	}
}

/* The first addresses stand in [Network], where the caller has just been; sections follow. */
static void put_children(struct hc_call *call, FILE *out, const char *link)
{
	size_t n;
	struct hc_resource *const *v = hc_children_of(call->desired, &hc_route, link, &n);

	put_addresses(call, out, link, AF_INET);
	put_addresses(call, out, link, AF_INET6);
	for (size_t i = 0; i < n; i++)
		put_route(call->arena, out, v[i]);
}

static void put_network(FILE *out, const char *comment, const char *bridge)
{
	(void)fputs("\n[Network]\n", out);
	if (comment && *comment)
		(void)fprintf(out, "Description=%s\n", comment);
	if (bridge)
		(void)fprintf(out, "Bridge=%s\n", bridge);
	(void)fprintf(out,
		      "ConfigureWithoutCarrier=yes\nIgnoreCarrierLoss=yes\n"
		      "KeepConfiguration=static\nLinkLocalAddressing=%s\nIPv6AcceptRA=no\n"
		      "LLDP=no\nEmitLLDP=no\n",
		      bridge ? "no" : "ipv6");
}

static void put_link(FILE *out, bool up, bool online)
{
	(void)fprintf(out, "\n[Link]\nRequiredForOnline=%s\n", online ? "no-carrier" : "no");
	if (!up)
		(void)fputs("ActivationPolicy=down\n", out);
}

const char *networkd_bridge(struct hc_call *call, const struct hc_resource *bridge)
{
	const struct hc_bridge *b = bridge->spec;
	struct text text;

	begin(&text, bridge);
	(void)fprintf(text.out, "[Match]\nName=%s\n", bridge->name);
	put_link(text.out, b->up, b->up);
	(void)fprintf(text.out, "MTUBytes=%u\n", b->mtu);
	put_network(text.out, b->comment, NULL);
	put_children(call, text.out, bridge->name);
	return end(&text, call->arena);
}

const char *networkd_ethernet(struct hc_call *call, const struct hc_resource *ethernet,
			      const char *bridge)
{
	const struct hc_ethernet *e = ethernet->spec;
	struct text text;

	begin(&text, ethernet);
	(void)fputs("[Match]\n", text.out);
	if (hc_has_field(ethernet, struct hc_ethernet, mac))
		(void)fprintf(text.out, "Permanent%s", mac_line(call->arena, &e->mac));
	else
		(void)fprintf(text.out, "Name=%s\n", ethernet->name);
	put_link(text.out, e->up, e->up && !bridge);
	if (hc_has_field(ethernet, struct hc_ethernet, mtu))
		(void)fprintf(text.out, "MTUBytes=%u\n", e->mtu);
	put_network(text.out, e->comment, bridge);
	put_children(call, text.out, ethernet->name);
	return end(&text, call->arena);
}

const char *networkd_port(struct hc_call *call, const struct hc_resource *port)
{
	const struct hc_port *p = port->spec;
	struct text text;

	begin(&text, port);
	(void)fprintf(text.out, "[Match]\nName=%s\n", p->link);
	put_link(text.out, true, false);
	put_network(text.out, NULL, hc_strndup(call->arena, port->name, strcspn(port->name, "/")));
	return end(&text, call->arena);
}
