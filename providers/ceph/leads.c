/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who does what is done once for the cluster: the lease's holder; before there is one, whoever
 * leads corosync's group. Not knowing who holds it is not leading.
 *
 * A node that cannot reach the pool, while others do, sees no lease: so who holds it tells the
 * group, and there the group's first does not lead.
 */

#include "ceph.h"

#include <string.h>

#include "lease.h"

/* The node of another process that told that it holds the lease, or NULL. */
static const char *holder(const struct hc_call *call)
{
	for (size_t i = 0; i < call->peers->n; i++) {
		const struct hc_peer *peer = &call->peers->v[i];
		const char *fact = hc_map_get(&peer->facts, FACT_LEASE);

		if (fact && !strcmp(fact, LEASE_HELD) && strcmp(peer->node, call->node) != 0)
			return peer->node;
	}
	return NULL;
}

static bool leads(struct hc_call *call, struct ceph *self, const char **whose)
{
	const struct hc_peers *peers = call->peers;
	const char *other = holder(call);
	uint64_t epoch;

	*whose = "";
	switch (self->lease ? lease_state(self->lease, call->arena, whose, &epoch) : LEASE_NONE) {
	case LEASE_OURS:
		return true;
	case LEASE_OTHERS:
		return false;
	case LEASE_NONE:
		break;
	}
	if (peers->joined && peers->quorate && peers->n)
		*whose = other ? other : peers->v[0].node;
	return !other && hc_leads(call);
}

int ceph_must_lead(struct hc_call *call, struct ceph *self)
{
	const char *whose;

	if (leads(call, self, &whose))
		return 0;
	if (*whose)
		return hc_wait(call, "%s's hcstate does it", whose);
	return hc_wait(call, "one node's hcstate does it, and which is not decided yet");
}
