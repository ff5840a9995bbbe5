/* SPDX-License-Identifier: Apache-2.0 */
/* What this node does to VMs that are not its own any more takes both: libvirt says what is here,
 * the claims say whose it is. */

#include "claim_store.h"
#include "cluster.h"
#include "host.h"

static int open_store(struct hc_call *call, struct libvirt *self, struct claim_store *store)
{
	const char *why = NULL;
	int r;

	store->rados = NULL;
	if (!cluster_wanted(call))
		return 0;
	r = cluster_take(call, self->cluster, &store->rados, &why);
	return r ? hc_wait(call, "%s", why ? why : "Ceph does not answer") : 0;
}

static void close_store(struct libvirt *self, struct claim_store *store, int r)
{
	if (store->rados)
		cluster_give(self->cluster, store->rados, r == -ETIMEDOUT);
}

int host_with_store(struct hc_call *call, struct libvirt *self, const struct hc_strings *names,
		    int (*act)(struct hc_call *call, const struct claim_store *store,
			       virConnectPtr connect, const struct hc_strings *names))
{
	struct claim_store store;
	virConnectPtr connect;
	const char *why;
	int r = hypervisor_open(call, self->hypervisor, &connect, &why);

	if (r)
		return hc_fail(call, -r, NULL, "%s", why);
	r = open_store(call, self, &store);
	if (!r) {
		r = act(call, &store, connect, names);
		close_store(self, &store, r);
	}
	(void)virConnectClose(connect);
	return r;
}
