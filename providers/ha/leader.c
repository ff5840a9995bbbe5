/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who decides. One is enough, and two do no harm: what is written compares. So it is whoever holds
 * Ceph's lease, as all else that is done once for the cluster; and when he is gone or silent, the
 * first of the group at once: nobody waits for a lease to run out. Not a node whose libvirtd is
 * dead, while there is another: what it cannot see proves nothing, and no VM would be recovered.
 */

#include <string.h>

#include <hcstate/cluster.h>

#include "self.h"

#include <ceph/lease.h>

/* Whether its hcstate is heard of; one that has just come has not had the time to say anything. */
static bool is_awake(const struct hc_call *call, const struct beats *beats, const char *node)
{
	const struct beat_entry *entry = beats_find(beats, node);

	return !strcmp(node, call->node) || !entry || entry->word.says == BEAT_STOPPED ||
	       !beat_is_stale(beats, entry);
}

/* Its libvirtd does not answer: it can neither see claims nor take them over. */
static bool is_blind(const struct hc_peer *peer)
{
	const char *room = hc_map_get(&peer->facts, ROOM);

	return room && !strcmp(room, "0");
}

static bool has_lease(const struct hc_peer *peer)
{
	const char *held = hc_map_get(&peer->facts, FACT_LEASE);

	return held && !strcmp(held, LEASE_HELD);
}

bool ha_is_alone(const struct hc_call *call)
{
	size_t n;

	(void)hc_of_type(call->whole, &hc_cluster, &n);
	return !n;
}

const char *ha_leader(const struct hc_call *call, const struct beats *beats)
{
	const struct hc_peers *peers = call->peers;
	const char *first = NULL, *blind = NULL;

	if (ha_is_alone(call))
		return call->node;
	if (!peers->joined || !peers->quorate)
		return NULL;
	for (size_t i = 0; i < peers->n; i++) {
		const struct hc_peer *peer = &peers->v[i];

		if (!hc_find(call->whole, &hc_node, NULL, peer->node) ||
		    !is_awake(call, beats, peer->node))
			continue;
		if (is_blind(peer)) {
			blind = blind && !has_lease(peer) ? blind : peer->node;
			continue;
		}
		if (has_lease(peer))
			return peer->node;
		if (!first)
			first = peer->node;
	}
	return first ? first : blind;
}
