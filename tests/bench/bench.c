/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The provider of tools/bench: finds $BENCH_COUNT items that are just as its manifests ask for, so
 * that what a plan over them costs is hcstate's own. It also finds the nodes of the manifests, for
 * a machine is a member only by its Node document.
 */

#include <errno.h>
#include <stdio.h>

#include <hcstate/cluster.h>
#include <hcstate/provider.h>

struct item {
	const char *comment;
	uint32_t number, size;
	bool up;
	struct hc_strings tags;
};

static const struct hc_field item_fields[] = {
	hc_u32(struct item, number, .doc = "Which one it is.", .absent = HC_REQUIRED),
	hc_u32(struct item, size, .doc = "How large.", .absent = HC_RESET, .unset = "1500"),
	hc_bool(struct item, up, .doc = "Whether it works.", .absent = HC_RESET, .unset = "true"),
	hc_string(struct item, comment, .doc = "About it."),
	hc_strings(struct item, tags, .doc = "What it belongs to."),
};

static const struct hc_type item_type = {
	.name = "BenchItem",
	.doc = "One of many.",
	HC_FIELDS(item_fields),
	.size = sizeof(struct item),
};

static int bench_open(struct hc_call *call, void **self, int *watch)
{
	(void)call, (void)self, (void)watch;
	return 0;
}

static void bench_close(void *self)
{
	(void)self;
}

static void find_nodes(struct hc_call *call, struct hc_state *live)
{
	size_t n;
	struct hc_resource *const *wanted = hc_of_type(call->desired, &hc_node, &n);

	for (size_t i = 0; i < n; i++) {
		struct hc_resource *r =
			hc_resource_new(&live->found, &hc_node, NULL, wanted[i]->name);

		r->spec = wanted[i]->spec;
		r->set = wanted[i]->set;
	}
}

static int bench_read(struct hc_call *call, void *self, struct hc_state *live)
{
	const char *count = getenv("BENCH_COUNT");
	uint32_t n = count ? (uint32_t)strtoul(count, NULL, 10) : 0;

	(void)self;
	find_nodes(call, live);
	for (uint32_t i = 0; i < n; i++) {
		char name[16];
		struct hc_resource *r;
		struct item *item;

		(void)snprintf(name, sizeof(name), "item%06u", (unsigned)i);
		r = hc_resource_new(&live->found, &item_type, call->node, name);
		item = r->spec;
		*item = (struct item){.number = i, .size = 1500, .up = true};
		item->comment = hc_printf(call->arena, "number %u", (unsigned)i);
		hc_strings_add(call->arena, &item->tags, "some");
		hc_strings_add(call->arena, &item->tags, "tags");
		r->set = (UINT64_C(1) << item_type.nfield) - 1;
	}
	return 0;
}

static int bench_plan(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	(void)change, (void)plan;
	return hc_fail(call, ENOTSUP, NULL, "there is never anything to do");
}

static const struct hc_type *const types[] = {&item_type, &hc_node, NULL};

extern const struct hc_provider hcstate_provider;

const struct hc_provider hcstate_provider = {
	.abi = HC_ABI,
	.name = "bench",
	.doc = "Many things that are as they should be.",
	.types = types,
	.open = bench_open,
	.close = bench_close,
	.read = bench_read,
	.plan = bench_plan,
};
