/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the manifests of all nodes want of Ceph. It is what everything else starts from, also on a
 * machine that has nothing of Ceph yet: where the monitors are to be, and of which cluster.
 *
 * A monitor's address is what its document says, else what its node has in the public network:
 * among the addresses of its links' documents, else among its corosync links.
 */

#include "wants.h"

#include <arpa/inet.h>
#include <string.h>

#include <hcstate/ceph_daemon.h>
#include <hcstate/cluster.h>
#include <hcstate/net.h>

static struct hc_address host(const struct hc_address *address)
{
	struct hc_address alone = *address;

	alone.prefix = address->family == AF_INET ? 32 : 128;
	return alone;
}

static bool is_in(const struct hc_address *network, const struct hc_address *address)
{
	struct hc_address alone = host(address);

	return network->family && alone.family == network->family &&
	       hc_address_overlap(network, &alone);
}

static bool of_links_documents(const struct hc_set *whole, const struct hc_address *network,
			       const char *node, struct hc_address *found)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(whole, &hc_net_address, &n);

	for (size_t i = 0; i < n; i++) {
		const struct hc_net_address *has = v[i]->spec;

		if (!v[i]->node || strcmp(v[i]->node, node) != 0 || !is_in(network, &has->address))
			continue;
		*found = host(&has->address);
		return true;
	}
	return false;
}

static bool of_node(const struct hc_set *whole, const struct hc_address *network, const char *node,
		    struct hc_address *found)
{
	const struct hc_resource *r = hc_find(whole, &hc_node, NULL, node);
	const struct hc_node *spec = r ? r->spec : NULL;

	for (size_t i = 0; spec && i < spec->links.n; i++) {
		struct hc_address address = {.family = network->family};

		/* A link may also be a name; that says nothing about networks. */
		if (network->family &&
		    inet_pton(network->family, spec->links.v[i].value, address.bytes) == 1 &&
		    is_in(network, &address)) {
			*found = host(&address);
			return true;
		}
	}
	return false;
}

static struct hc_address address_of(const struct hc_set *whole, const struct hc_address *network,
				    const struct hc_resource *monitor)
{
	const struct hc_ceph_monitor *spec = monitor->spec;
	struct hc_address found = {0};

	if (spec->address.family)
		return host(&spec->address);
	if (!of_links_documents(whole, network, monitor->node, &found))
		(void)of_node(whole, network, monitor->node, &found); /* none: family 0 */
	return found;
}

const char *wants_fsid(const struct hc_set *set, const struct hc_resource *cluster)
{
	const struct hc_ceph_cluster *spec = cluster->spec;
	const struct hc_resource *made = hc_find(set, &hc_ceph_fsid, NULL, cluster->name);
	const struct hc_ceph_fsid *fsid = made ? made->spec : NULL;

	if (spec->fsid)
		return spec->fsid;
	return fsid ? fsid->fsid : NULL;
}

static int by_node(const void *a, const void *b)
{
	const struct want_mon *x = a, *y = b;

	return strcmp(x->node, y->node);
}

static void find_mons(struct hc_call *call, struct wants *wants)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(call->whole, &hc_ceph_monitor, &n);

	wants->mons = hc_alloc(call->arena, (n + 1) * sizeof(*wants->mons));
	for (size_t i = 0; i < n; i++) {
		if (!v[i]->node)
			continue;
		wants->mons[wants->nmon++] = (struct want_mon){
			.node = v[i]->node,
			.address = address_of(call->whole, &wants->cluster->public_network, v[i]),
		};
	}
	qsort(wants->mons, wants->nmon, sizeof(*wants->mons), by_node);
}

struct wants wants_of(struct hc_call *call)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(call->whole, &hc_ceph_cluster, &n);
	struct wants wants = {0};

	if (!n)
		return wants;
	wants.resource = v[0];
	wants.cluster = v[0]->spec;
	wants.fsid = wants_fsid(call->whole, v[0]);
	find_mons(call, &wants);
	return wants;
}

/* As it stands before a port or between commas: an IPv6 address in brackets. */
static char *bracketed(struct hc_arena *arena, const struct hc_address *address)
{
	char *text = hc_address_text(arena, address, false);

	return address->family == AF_INET6 ? hc_printf(arena, "[%s]", text) : text;
}

char *mon_addresses(struct hc_arena *arena, const struct hc_address *address)
{
	const char *text = bracketed(arena, address);

	return hc_printf(arena, "[v2:%s:3300,v1:%s:6789]", text, text);
}

char *mon_hosts(struct hc_arena *arena, const struct wants *wants)
{
	char *hosts = hc_strdup(arena, "");

	for (size_t i = 0; i < wants->nmon; i++)
		if (wants->mons[i].address.family)
			hosts = hc_printf(arena, "%s%s%s", hosts, *hosts ? "," : "",
					  bracketed(arena, &wants->mons[i].address));
	return hosts;
}
