/* SPDX-License-Identifier: Apache-2.0 */
/* Who does what is done once for the cluster: the lease's holder; before there is one, whoever
 * leads corosync's group. Not knowing who holds it is not leading. */

#include "ceph.h"

#include "lease.h"

static bool leads(struct hc_call *call, struct ceph *self, const char **whose)
{
	const struct hc_peers *peers = call->peers;
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
		*whose = peers->v[0].node;
	return hc_leads(call);
}

bool ceph_leads(struct hc_call *call, struct ceph *self)
{
	const char *whose;

	return leads(call, self, &whose);
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
