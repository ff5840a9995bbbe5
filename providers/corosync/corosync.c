/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The provider corosync: who belongs to the cluster, and who is alive. It is also where the hcstate
 * processes of a cluster meet.
 */

#include "corosync.h"

#include <stdlib.h>

static int open_provider(struct hc_call *call, void **self, int *watch)
{
	struct corosync *corosync = calloc(1, sizeof(*corosync));

	if (!corosync)
		abort(); /* memory has run out */
	*watch = -1;
	corosync->asker = asker_new();
	if (!call->dry)
		corosync->group = group_new(call->node, watch);
	*self = corosync;
	return 0;
}

static void close_provider(void *self)
{
	struct corosync *corosync = self;

	if (!corosync)
		return;
	corosync->group = group_free(corosync->group);
	corosync->asker = asker_free(corosync->asker);
	free(corosync);
}

static int tell(struct hc_call *call, void *self, const struct hc_map *facts)
{
	const struct corosync *corosync = self;
	int r = corosync->group ? group_tell(corosync->group, facts) : 0;

	return r ? hc_fail(call, -r, NULL, "more facts than one message can hold") : 0;
}

static int hear(struct hc_call *call, void *self, struct hc_peers *peers)
{
	const struct corosync *corosync = self;

	if (corosync->group)
		group_hear(corosync->group, call->arena, peers);
	return 0;
}

static const struct hc_type *const types[] = {
	&hc_node, &hc_cluster, &hc_cluster_link, &hc_corosync, NULL,
};

static const char *const units[] = {"corosync.service", NULL};

extern const struct hc_provider hcstate_provider;

__attribute__((visibility("default"))) const struct hc_provider hcstate_provider = {
	.abi = HC_ABI,
	.name = "corosync",
	.doc = "Cluster membership and quorum: corosync.conf, its key, its service.",
	.types = types,
	.units = units,
	.derive = corosync_derive,
	.open = open_provider,
	.close = close_provider,
	.read = corosync_read,
	.adjust = corosync_adjust,
	.plan = corosync_plan,
	.apply = corosync_apply,
	.tell = tell,
	.hear = hear,
};
