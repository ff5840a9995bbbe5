/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a scenario, over manifests that do not change: it may be refused, with a place, but
 * never crash, hang or cost much memory. What is taken for one is lived through for a while.
 */

#include <stdlib.h>
#include <string.h>

#include <reconciler/simulate/world.h>

enum {
	MOST_STEPS = 2000,
};

static const char manifests[] = "\
apiVersion: hcstate/v1\n\
kind: Node\n\
metadata: {name: pve1}\n\
spec: {id: 1, links: {link0: 10.0.0.1}}\n\
---\n\
apiVersion: hcstate/v1\n\
kind: Node\n\
metadata: {name: pve2}\n\
spec: {id: 2, links: {link0: 10.0.0.2}}\n\
---\n\
apiVersion: hcstate/v1\n\
kind: Node\n\
metadata: {name: pve3}\n\
spec: {id: 3, links: {link0: 10.0.0.3}}\n\
---\n\
apiVersion: hcstate/v1\n\
kind: VirtualMachine\n\
metadata: {name: web1}\n\
spec: {id: 101, node: pve1, memory: 1G}\n\
---\n\
apiVersion: hcstate/v1\n\
kind: HaResource\n\
metadata: {name: web1}\n\
spec: {vm: web1}\n\
";

static struct hc_source *source_of(struct hc_arena *arena, const char *path, const void *data,
				   size_t size)
{
	struct hc_source *source = hc_new(arena, struct hc_source);

	*source = (struct hc_source){.path = path,
				     .text = hc_strndup(arena, data, size),
				     .size = strnlen(data, size)};
	return source;
}

static void check(void *arg, const struct sim_event *event)
{
	const struct world *world = arg;

	if (event->what == SIM_START &&
	    !world_in_contact(world, (size_t)world_find_node(world, event->node)))
		abort();
}

static void live(struct hc_arena *arena, const struct scenario *scenario)
{
	struct world *world = world_new(arena, scenario, check, NULL);

	world->arg = world;
	for (int i = 0; i < MOST_STEPS && world_step(world); i++)
		;
	world_free(world);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new(), *texts = hc_arena_new();
	_cleanup_(hc_registry_freep) struct hc_registry *registry = hc_registry_new();
	_cleanup_(hc_generation_freep) struct hc_generation *generation = NULL;
	struct hc_source **sources = hc_alloc(texts, sizeof(*sources));
	struct hc_diags diags = {.arena = arena};
	const struct scenario *scenario;

	sources[0] = source_of(texts, "manifests", manifests, sizeof(manifests) - 1);
	generation = hc_load_texts(registry, &texts, ".", sources, 1, NULL, NULL);
	if (generation->diags.errors)
		abort();
	scenario = scenario_read(arena,
				 source_of(arena, "scenario", size ? (const void *)data : "", size),
				 NULL, &generation->desired, &diags);
	if (!scenario != (diags.errors > 0))
		abort();
	if (scenario)
		live(arena, scenario);
	return 0;
}
