/* SPDX-License-Identifier: Apache-2.0 */
/*
 * If one node failed now: a scenario of one event, over what is. First a few rounds pass, so that
 * what is under way ends, and what would come of it anyhow is not taken for the failure's doing.
 */

#include "fail.h"

#include <string.h>

#include "world.h"

enum {
	SETTLE_ROUNDS = 20,
};

/* What is noted while the world goes on. */
struct notes {
	struct hc_arena *arena;
	struct fail *fail;
	uint64_t failed; /* when */
};

static int word_index(const char *word, const char *const *words)
{
	for (int i = 0; word && words[i]; i++)
		if (!strcmp(words[i], word))
			return i;
	return -1;
}

static void take_node(struct scenario *scenario, const struct hc_resource *r)
{
	const struct hc_ha_node *live = r->spec;
	struct scenario_node *node = scenario_node(scenario, r->name);
	int is = word_index(live->is, ha_node_words);

	if (!node || is < 0)
		return;
	node->off = is == HA_UNKNOWN || is == HA_FENCE || is == HA_GONE;
	node->is = is == HA_MAINTENANCE ? is : -1;
}

static void take_vm(struct scenario *scenario, const struct hc_resource *r)
{
	const struct hc_ha_resource *live = r->spec;
	struct scenario_vm *vm = live->vm ? scenario_vm(scenario, live->vm) : NULL;
	struct scenario_node *node = live->place ? scenario_node(scenario, live->place) : NULL;
	int is = word_index(live->is, ha_words);

	if (!vm || !node || is < 0)
		return;
	vm->placed = node->name;
	vm->is = is == HA_IS_MIGRATE || is == HA_IS_RELOCATE ? HA_IS_STARTED : is;
}

static void take_live(struct scenario *scenario, const struct hc_set *live)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(live, &hc_ha_node, &n);

	for (size_t i = 0; i < n; i++)
		take_node(scenario, v[i]);
	v = hc_of_type(live, &hc_ha_resource, &n);
	for (size_t i = 0; i < n; i++)
		take_vm(scenario, v[i]);
}

static void take_names(struct hc_arena *arena, const struct hc_set *whole,
		       struct scenario *scenario)
{
	struct hc_strings vms = {0}, nodes = {0};

	asks_names(arena, whole, &vms, &nodes);
	scenario->nodes = hc_alloc(arena, nodes.n * sizeof(*scenario->nodes));
	scenario->vms = hc_alloc(arena, vms.n * sizeof(*scenario->vms));
	for (; scenario->nnode < nodes.n; scenario->nnode++)
		scenario->nodes[scenario->nnode] =
			(struct scenario_node){.name = nodes.v[scenario->nnode], .is = -1};
	for (; scenario->nvm < vms.n; scenario->nvm++)
		scenario->vms[scenario->nvm] =
			(struct scenario_vm){.name = vms.v[scenario->nvm], .is = -1};
}

static struct scenario *make(struct hc_arena *arena, const struct hc_set *whole,
			     const struct hc_set *live, const char *node)
{
	const struct asks_profile none = {-1,          ASKS_UNSAID, ASKS_UNSAID,
					  ASKS_UNSAID, ASKS_UNSAID, ASKS_UNSAID};
	struct scenario *scenario = hc_new(arena, struct scenario);
	const struct ha_times *times;
	struct asks *asks;

	take_names(arena, whole, scenario);
	asks = asks_new(arena, whole, &none);
	asks_begin_by_rules(asks);
	scenario->asks = asks;
	times = &scenario->asks->wants.policy.times;
	if (live)
		take_live(scenario, live);
	scenario->events = hc_new(arena, struct scenario_event);
	scenario->nevent = 1;
	scenario->events[0] = (struct scenario_event){.at = SETTLE_ROUNDS * times->interval,
						      .what = SCENARIO_POWER,
						      .node = node};
	/* a leader is followed, the fence, its proof, and what comes after */
	scenario->until = scenario->events[0].at + times->fence_delay + 3 * times->lease +
			  SETTLE_ROUNDS * times->interval;
	return scenario;
}

static struct fail_vm *find(struct fail *fail, const char *vm)
{
	for (size_t i = 0; i < fail->nvm; i++)
		if (!strcmp(fail->vms[i].vm, vm))
			return &fail->vms[i];
	return NULL;
}

static void note(void *arg, const struct sim_event *event)
{
	struct notes *notes = arg;
	struct fail_vm *vm = event->vm && notes->failed ? find(notes->fail, event->vm) : NULL;

	if (vm && event->what == SIM_START && event->ok)
		vm->after = event->at - notes->failed;
	if (event->what == SIM_WARNING && notes->failed)
		hc_strings_add(notes->arena, &notes->fail->warnings,
			       hc_printf(notes->arena, "%s%s%s",
					 event->vm     ? event->vm
					 : event->node ? event->node
						       : "",
					 event->vm || event->node ? ": " : "", event->text));
}

static void note_before(struct notes *notes, const struct world *world, const char *node)
{
	struct fail *fail = notes->fail;

	notes->failed = world->now - WORLD_BEGIN;
	fail->vms = hc_alloc(notes->arena, world->memory.nvm * sizeof(*fail->vms));
	for (size_t i = 0; i < world->memory.nvm; i++)
		if (!strcmp(world->memory.vms[i].node, node))
			fail->vms[fail->nvm++] = (struct fail_vm){
				.vm = world->memory.vms[i].vm,
				.was = ha_words[world->memory.vms[i].is],
			};
}

static void note_after(struct notes *notes, const struct world *world, const char *node)
{
	struct fail *fail = notes->fail;

	for (size_t i = 0; i < fail->nvm; i++) {
		const struct ha_vm *vm = ha_find_vm(&world->memory, fail->vms[i].vm);

		if (!vm)
			continue;
		fail->vms[i].is = ha_words[vm->is];
		fail->vms[i].to = strcmp(vm->node, node) != 0 ? vm->node : NULL;
	}
}

static void count_votes(struct fail *fail, const struct world *world)
{
	for (size_t i = 0; i < world->asks->wants.nnode; i++) {
		int node = world_find_node(world, world->asks->wants.nodes[i]);

		fail->votes += world->asks->votes[i];
		if (node != WORLD_NOBODY && world->nodes[node].on)
			fail->left += world->asks->votes[i];
	}
	fail->quorate = world_quorate(world);
}

void simulate_fail(struct hc_arena *arena, const struct hc_set *whole, const struct hc_set *live,
		   const char *node, struct fail *fail)
{
	const struct scenario *scenario = make(arena, whole, live, node);
	struct notes notes = {.arena = arena, .fail = fail};
	struct world *world;

	*fail = (struct fail){0};
	world = world_new(arena, scenario, note, &notes);
	while (world_step(world))
		if (!notes.failed && world->happened)
			note_before(&notes, world, node);
	note_after(&notes, world, node);
	count_votes(fail, world);
	world_free(world);
	fail_pools(arena, whole, node, fail);
}
