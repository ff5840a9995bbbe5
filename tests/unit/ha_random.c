/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Thousands of rounds of things that happen at random, and some that cannot: whatever is seen and
 * answered, orders only rise, no VM leaves a node without that node's word or the proof that it is
 * shut out, and once all is quiet everything comes to rest where the rules want it.
 *
 * SEED=N runs that one only, SEEDS=N so many, each of ROUNDS=N rounds.
 */

#include "ha_world.h"

#include <inttypes.h>
#include <stdio.h>

enum {
	SEEDS = 400,
	LENGTH = 120,
	QUIET = 60, /* rounds that all take to come to rest: the longest is a pause and a move */
};

#define must(condition)                                                                            \
	do {                                                                                       \
		if (!(condition))                                                                  \
			return #condition;                                                         \
	} while (0)

static const struct ha_seen_node *seen_node(const struct world *w, const char *name)
{
	for (size_t i = 0; i < NODES; i++)
		if (!strcmp(w->nodes[i].name, name))
			return &w->nodes[i];
	return NULL;
}

/* How a VM came from what it was to what it is; NULL: as it may. */
static const char *wrong_step(const struct world *w, const struct ha_vm *was,
			      const struct ha_vm *is)
{
	const struct ha_seen_vm *seen = &w->vms[is->vm[0] - 'a'];
	bool answered = seen->order == was->order && seen->answer != HA_NO_ANSWER;
	bool moved = strcmp(was->node, is->node) != 0;
	bool goes = is->is == HA_IS_MIGRATE || is->is == HA_IS_RELOCATE;
	bool proven = seen_node(w, was->node)->shut_out;

	must(is->order >= was->order);
	if (moved && was->is == HA_IS_FENCE)
		must(proven);
	else if (moved && was->is != HA_IS_RECOVERY)
		must(answered);
	if (was->is == HA_IS_FENCE && is->is != HA_IS_FENCE)
		must(proven);
	if (was->is != HA_IS_FENCE && was->is != HA_IS_RECOVERY)
		must(is->is != HA_IS_RECOVERY);
	if (was->is == HA_IS_ERROR)
		must(is->is == HA_IS_ERROR || is->is == HA_IS_STOPPED);
	if (w->seen.disarmed) {
		must(is->is == was->is || (is->is != HA_IS_FENCE && !goes));
		must(!moved || answered || (seen->on && !strcmp(seen->on, is->node)));
	}
	if (goes)
		must(is->target && strcmp(is->target, is->node) != 0);
	else
		must(!is->target);
	return NULL;
}

static const char *wrong_memory(const struct world *w)
{
	const struct ha_memory *now = &w->d.memory;

	for (size_t i = 0; i + 1 < now->nnode; i++)
		must(strcmp(now->nodes[i].name, now->nodes[i + 1].name) < 0);
	for (size_t i = 0; i < now->nvm; i++) {
		const struct ha_vm *vm = &now->vms[i];
		const struct ha_vm *was = ha_find_vm(&w->memory, vm->vm);
		const char *wrong = was ? wrong_step(w, was, vm) : NULL;

		must(!i || strcmp(now->vms[i - 1].vm, vm->vm) < 0);
		must(ha_find_want(&w->wants, vm->vm));
		must(ha_find_node(now, vm->node));
		must(!vm->target || ha_find_node(now, vm->target));
		must(vm->is != HA_IS_FENCE || w->seen.disarmed ||
		     ha_find_node(now, vm->node)->is == HA_FENCE);
		if (wrong)
			return wrong;
	}
	return NULL;
}

static bool same(const struct ha_memory *a, const struct ha_memory *b)
{
	bool alike = a->nvm == b->nvm && a->nnode == b->nnode;

	for (size_t i = 0; alike && i < a->nvm; i++)
		alike = a->vms[i].is == b->vms[i].is && a->vms[i].order == b->vms[i].order &&
			!strcmp(a->vms[i].node, b->vms[i].node) &&
			(!a->vms[i].target ||
			 (b->vms[i].target && !strcmp(a->vms[i].target, b->vms[i].target)));
	return alike;
}

/* Again, with groups that lie elsewhere: where things lie must not matter. */
static const char *not_the_same_again(const struct world *w)
{
	struct ha_group groups[GROUPS];
	struct ha_want wants[VMS];
	struct ha_wants other = w->wants;
	struct ha_decision d;

	other.v = wants;
	for (size_t i = 0; i < GROUPS; i++)
		groups[GROUPS - 1 - i] = w->groups[i];
	for (size_t i = 0; i < w->wants.n; i++) {
		wants[i] = w->wants.v[i];
		if (wants[i].group)
			wants[i].group = &groups[GROUPS - 1 - (wants[i].group - w->groups)];
	}
	ha_decide(w->arena, &other, &w->seen, &w->memory, &d);
	must(same(&d.memory, &w->d.memory));
	must(d.nwarning == w->d.nwarning);
	return NULL;
}

static const char *round_of(struct world *w)
{
	const char *wrong;
	size_t kept = 0;

	w->seen.now += 1000;
	gather_wants(w);
	ha_decide(w->arena, &w->wants, &w->seen, &w->memory, &w->d);
	wrong = wrong_memory(w);
	if (!wrong)
		wrong = not_the_same_again(w);
	w->memory = w->d.memory;
	for (size_t i = 0; i < w->seen.nasked; i++)
		if (!w->d.taken[i])
			w->asked[kept++] = w->asked[i];
	w->seen.nasked = kept;
	return wrong;
}

static const char *not_where_it_should_be(const struct world *w, const struct ha_vm *vm)
{
	const struct ha_want *want = ha_find_want(&w->wants, vm->vm);
	const struct ha_group *group = want->group;
	uint32_t top = 0, here = 0;
	bool member = !group;

	if (vm->is == HA_IS_ERROR)
		return NULL;
	if (vm->is == HA_IS_RECOVERY && group && group->restricted && !group->n)
		return NULL; /* for ever */
	must(vm->is == (want->wish == HC_HA_STARTED ? HA_IS_STARTED : HA_IS_STOPPED));
	if (vm->is != HA_IS_STARTED || want->pinned || !group || !group->n)
		return NULL;
	for (size_t i = 0; i < group->n; i++) {
		top = group->v[i].priority > top ? group->v[i].priority : top;
		if (strcmp(group->v[i].node, vm->node) != 0)
			continue;
		here = group->v[i].priority;
		member = true;
	}
	must(member || (group->nofailback && !group->restricted));
	must(here == top || group->nofailback);
	return NULL;
}

/* All nodes are there, all that is asked is done: it ends, and where it should. */
static const char *comes_to_rest(struct world *w)
{
	const struct ha_vm *before = NULL;
	const char *wrong = NULL;

	w->seen.disarmed = false;
	w->seen.maintenance = (struct hc_strings){0};
	w->wants.nnode = NODES;
	for (size_t i = 0; i < NODES; i++)
		w->nodes[i] = (struct ha_seen_node){.name = node_names[i],
						    .member = true,
						    .storage = true,
						    .shut_out = true};
	for (int n = 0; n < QUIET && !wrong; n++) {
		before = w->memory.vms;
		for (size_t i = 0; i < VMS; i++)
			answer_well(w, &w->vms[i]);
		wrong = round_of(w);
	}
	if (wrong)
		return wrong;
	must(w->memory.vms == before); /* the very memory that was given */
	must(!w->seen.nasked);
	for (size_t i = 0; i < w->memory.nvm && !wrong; i++)
		wrong = not_where_it_should_be(w, &w->memory.vms[i]);
	return wrong;
}

static const char *one_life(uint64_t seed, int length)
{
	struct world w;
	const char *wrong = NULL;

	begin(&w, seed);
	for (int n = 0; n < length && !wrong; n++) {
		bool well = chance(&w, 2);

		for (uint32_t k = below(&w, 3); k > 0; k--)
			change_something(&w);
		for (size_t i = 0; i < VMS; i++)
			(well ? answer_well : answer_at_random)(&w, &w.vms[i]);
		wrong = round_of(&w);
		if (wrong)
			print_error("SEED=%" PRIu64 " ROUNDS=%d: not so: %s\n", seed, n + 1, wrong);
	}
	if (!wrong) {
		wrong = comes_to_rest(&w);
		if (wrong)
			print_error("SEED=%" PRIu64 " ROUNDS=%d, at rest: not so: %s\n", seed,
				    length, wrong);
	}
	(void)hc_arena_free(w.arena);
	return wrong;
}

static void whatever_happens_nobody_is_there_twice_and_all_comes_to_rest(void **state)
{
	const char *seed = getenv("SEED"), *seeds = getenv("SEEDS"), *length = getenv("ROUNDS");
	uint64_t first = seed ? strtoull(seed, NULL, 10) : 1;
	uint64_t last = seed ? first : seeds ? strtoull(seeds, NULL, 10) : SEEDS;

	(void)state;
	for (uint64_t i = first; i <= last; i++)
		assert_null(one_life(i, length ? (int)strtol(length, NULL, 10) : LENGTH));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_happens_nobody_is_there_twice_and_all_comes_to_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
