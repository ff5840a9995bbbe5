/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stands in for the provider of kind Node, so that the example can be shown on a machine without a
 * cluster: every node of the manifests is there, and as they say.
 */

#include <errno.h>

#include <hcstate/cluster.h>
#include <hcstate/provider.h>

static int nodes_open(struct hc_call *call, void **self, int *watch)
{
	(void)call, (void)self, (void)watch;
	return 0;
}

static void nodes_close(void *self)
{
	(void)self;
}

static int nodes_read(struct hc_call *call, void *self, struct hc_state *live)
{
	struct hc_resource *const *wanted;
	size_t n;

	(void)self;
	wanted = hc_of_type(call->desired, &hc_node, &n);
	for (size_t i = 0; i < n; i++) {
		struct hc_resource *r =
			hc_resource_new(&live->found, &hc_node, NULL, wanted[i]->name);

		r->spec = wanted[i]->spec;
		r->set = wanted[i]->set;
	}
	return 0;
}

static int nodes_plan(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	(void)change, (void)plan;
	return hc_fail(call, ENOTSUP, NULL, "there is never anything to do");
}

static const struct hc_type *const types[] = {&hc_node, NULL};

extern const struct hc_provider hcstate_provider;

const struct hc_provider hcstate_provider = {
	.abi = HC_ABI,
	.name = "nodes",
	.doc = "Nodes as the manifests have them.",
	.types = types,
	.open = nodes_open,
	.close = nodes_close,
	.read = nodes_read,
	.plan = nodes_plan,
};
