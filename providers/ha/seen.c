/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a decision goes by, put together from what was read: corosync's membership, the beats, the
 * nodes' answers, and the claims, which say where a VM really is and whether a lost node is shut
 * out.
 *
 * Whoever only looks has no clock of its own on the others: to it each node is as it was when it
 * was decided last, so that a plan shows what the manifests change and nothing else.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <hcstate/cluster.h>
#include <hcstate/vm.h>

#include "self.h"

enum {
	SLACK_MS = 2000,
};
#define LAST_ORDER (UINT64_C(1) << 53) /* none of ours is that large */

uint64_t ha_wall(const struct sight *sight, uint64_t at)
{
	uint64_t passed = at < sight->began ? (sight->began - at) / 1000 : 0;

	return passed < sight->now ? sight->now - passed : 1;
}

static void see_beat(const struct hc_call *call, const struct sight *sight,
		     struct ha_seen_node *node)
{
	const struct beat_entry *entry = beats_find(&sight->beats, node->name);

	/* It never took part, or its hcstate was ended by a person: it goes on, as far as corosync
	 * can tell. */
	node->storage = true;
	node->stopped =
		entry && entry->word.says == BEAT_STOPPED && strcmp(node->name, call->node) != 0;
	if (!entry || entry->word.says == BEAT_STOPPED)
		return;
	/* This node's own could be read just now, so it reaches the storage. */
	node->storage = !strcmp(node->name, call->node) || !beat_is_stale(&sight->beats, entry);
	if (!node->storage)
		node->lost = ha_wall(sight, sight->began - beat_silence(&sight->beats, entry));
	node->apart = node->storage && entry->word.apart && entry->word.says == BEAT_STAYS;
	node->leaving = entry->word.says == BEAT_REBOOTS      ? HA_REBOOTS
			: entry->word.says == BEAT_POWERS_OFF ? HA_POWERS_OFF
							      : HA_STAYS;
}

/* Of a node without a number of corosync's: it is heard of by its beat, and hears of its orders. */
static bool is_heard(const struct hc_call *call, const struct sight *sight, const char *node)
{
	const struct beat_entry *entry = beats_find(&sight->beats, node);
	bool joined = false;

	for (size_t i = 0; i < call->peers->n; i++)
		joined |= !strcmp(call->peers->v[i].node, node);
	return joined && entry && entry->word.says != BEAT_STOPPED &&
	       !beat_is_stale(&sight->beats, entry);
}

/* Nobody can tell by corosync whether a node without a number of it runs. By its beat it does, or
 * its hcstate was ended by a person and it goes on: only the agent may be away, and not for long.
 */
static bool may_be_well(const struct sight *sight, const struct ha_seen_node *node)
{
	return beats_find(&sight->beats, node->name) && node->storage && node->leaving == HA_STAYS;
}

static void see_member(const struct hc_call *call, const struct sight *sight,
		       struct ha_seen_node *node)
{
	const struct hc_resource *r = hc_find(call->whole, &hc_node, NULL, node->name);
	uint64_t gone, lost;

	if (!r) {
		node->member = is_heard(call, sight, node->name);
		node->apart = !node->member && may_be_well(sight, node);
		return;
	}
	gone = view_gone(&sight->view, ((const struct hc_node *)r->spec)->id);
	node->member = !gone;
	node->apart &= gone != 0;
	lost = gone ? ha_wall(sight, gone) : 0;
	if (lost && (!node->lost || lost < node->lost))
		node->lost = lost;
}

/* The moment is reckoned anew each time, and not always to the same millisecond; what is kept is
 * near enough, and need not be written again for that. */
static void steady(const struct ha_memory *memory, struct ha_seen_node *node)
{
	const struct ha_node *was = ha_find_node(memory, node->name);

	if (was && node->lost < was->lost && was->lost - node->lost < SLACK_MS)
		node->lost = node->lost ? was->lost : 0;
}

static void remember(const struct ha_memory *memory, struct ha_seen_node *node)
{
	const struct ha_node *was = ha_find_node(memory, node->name);

	node->lost = was ? was->lost : 0;
	node->member = node->storage = !was || (!node->lost && was->is != HA_FENCE);
}

static const struct hc_vm_claim *claim_of(const struct hc_state *claims, const char *vm)
{
	const struct hc_resource *r =
		claims ? hc_find(&claims->found, &hc_vm_claim, NULL, vm) : NULL;

	return r ? r->spec : NULL;
}

/* A VM that another has, that nobody has, or that never was: nothing of it runs on the node and
 * can write. */
static bool is_out(const struct hc_state *claims, const struct ha_vm *vm)
{
	const struct hc_vm_claim *claim = claim_of(claims, vm->vm);

	if (!claim || claim->state == HC_CLAIM_FREE)
		return true;
	if (claim->state == HC_CLAIM_FENCING || !claim->node || !strcmp(claim->node, vm->node))
		return false;
	return !claim->target || strcmp(claim->target, vm->node) != 0;
}

/* Of those that wait for it: nobody takes away what is given up or frozen there, and the others
 * must not wait for that. */
static void see_shut_out(const struct hc_state *claims, const struct ha_memory *memory,
			 struct ha_seen *seen)
{
	for (size_t i = 0; i < seen->nnode; i++)
		seen->nodes[i].shut_out = claims;
	for (size_t i = 0; claims && i < memory->nvm; i++)
		for (size_t k = 0; k < seen->nnode; k++)
			if (memory->vms[i].is == HA_IS_FENCE &&
			    !strcmp(seen->nodes[k].name, memory->vms[i].node) &&
			    !is_out(claims, &memory->vms[i]))
				seen->nodes[k].shut_out = false;
}

static uint64_t room_of(const struct sight *sight, const char *node)
{
	const char *mib = hc_map_get(&sight->room, node);

	return mib ? strtoull(mib, NULL, 10) << 20 : 0;
}

static struct hc_strings names_of(struct hc_arena *arena, const struct sight *sight,
				  const struct ha_memory *memory)
{
	struct hc_strings names = {0};

	for (size_t i = 0; i < sight->wants.nnode; i++)
		hc_strings_add(arena, &names, sight->wants.nodes[i]);
	for (size_t i = 0; i < memory->nnode; i++)
		hc_strings_add(arena, &names, memory->nodes[i].name);
	for (size_t i = 0; i < memory->nvm; i++)
		if (!ha_find_node(memory, memory->vms[i].node))
			hc_strings_add(arena, &names, memory->vms[i].node);
	return names;
}

/* What is on another node is not here. In the memory it may be on its way, or not be yet; until
 * there is one it may be any. */
bool ha_may_be_here(const struct hc_call *call, const struct ha_memory *memory, const char *name)
{
	const struct ha_vm *vm = memory ? ha_find_vm(memory, name) : NULL;

	return !vm || !strcmp(vm->node, call->node) ||
	       (vm->target && !strcmp(vm->target, call->node));
}

bool ha_is_to_be_guarded(const struct hc_call *call, const struct ha_memory *memory,
			 const char *name)
{
	const struct ha_vm *vm = memory ? ha_find_vm(memory, name) : NULL;
	bool nowhere = vm && (vm->is == HA_IS_FENCE || vm->is == HA_IS_RECOVERY);

	return nowhere || ha_may_be_here(call, memory, name);
}

static struct ha_seen_node see_node(const struct hc_call *call, const struct sight *sight,
				    const char *name)
{
	struct ha_seen_node node = {.name = name};

	see_beat(call, sight, &node);
	see_member(call, sight, &node);
	return node;
}

bool ha_is_there(const struct hc_call *call, const struct sight *sight, const char *name)
{
	const struct ha_seen_node node = see_node(call, sight, name);

	return node.member && node.storage && !node.stopped && node.leaving == HA_STAYS;
}

/* What decides whether it may be taken for lost. */
static bool is_alike(const struct ha_seen_node *a, const struct ha_seen_node *b)
{
	return (a->member && a->storage) == (b->member && b->storage) && a->apart == b->apart;
}

const char *ha_changed(const struct hc_call *call, const struct sight *was, const struct sight *now,
		       const struct ha_memory *memory)
{
	for (size_t i = 0; i < memory->nnode; i++) {
		const char *name = memory->nodes[i].name;
		const struct ha_seen_node a = see_node(call, was, name);
		const struct ha_seen_node b = see_node(call, now, name);

		if (!is_alike(&a, &b))
			return name;
	}
	return NULL;
}

static void see_nodes(struct hc_arena *arena, const struct hc_call *call, const struct sight *sight,
		      const struct ha_memory *memory, struct ha_seen *seen)
{
	const struct hc_strings names = names_of(arena, sight, memory);

	seen->nodes = hc_alloc(arena, (names.n + 1) * sizeof(*seen->nodes));
	for (size_t i = 0; i < names.n; i++) {
		struct ha_seen_node *node = &seen->nodes[seen->nnode++];

		*node = (struct ha_seen_node){.name = names.v[i]};
		if (!sight->dry)
			*node = see_node(call, sight, node->name);
		node->room = room_of(sight, node->name);
		if (sight->dry) {
			remember(memory, node);
			continue;
		}
		steady(memory, node);
	}
}

/* Of one that was not decided about yet: where it is, or has its definition. */
static void see_place(struct hc_arena *arena, const struct hc_state *claims,
		      const struct ha_memory *memory, struct ha_seen_vm *vm)
{
	const struct hc_vm_claim *claim = claim_of(claims, vm->vm);

	if (claim && claim->node && (claim->state != HC_CLAIM_FREE || !ha_find_vm(memory, vm->vm)))
		vm->on = hc_strdup(arena, claim->node);
}

void ha_see(struct hc_arena *arena, const struct hc_call *call, const struct sight *sight,
	    const struct ha_memory *memory, const struct ha_said *said, uint64_t now,
	    const struct hc_state *claims, struct ha_seen *seen)
{
	*seen = (struct ha_seen){
		.now = now,
		.vms = hc_alloc(arena, (sight->wants.n + 1) * sizeof(*seen->vms)),
		.nvm = sight->wants.n,
		.asked = said->asked,
		.nasked = said->nasked,
		.maintenance = said->maintenance,
		.disarmed = said->disarmed,
	};
	see_nodes(arena, call, sight, memory, seen);
	see_shut_out(claims, memory, seen);
	for (size_t i = 0; i < seen->nvm; i++) {
		seen->vms[i] = sight->answers[i];
		see_place(arena, claims, memory, &seen->vms[i]);
	}
}

/* "17 failed no such image" */
static bool take_answer(struct hc_arena *arena, const char *fact, struct ha_seen_vm *vm)
{
	char *rest = NULL;
	uint64_t order = strtoull(fact, &rest, 10);
	static const struct {
		const char *word;
		enum ha_answer answer;
	} words[] = {{" done", HA_DONE}, {" failed", HA_FAILED}, {" elsewhere", HA_NOT_HERE}};

	for (size_t i = 0; order && rest && i < HC_COUNT(words); i++) {
		size_t size = strlen(words[i].word);
		const char *behind = rest + size;

		if (strncmp(rest, words[i].word, size) != 0 || (*behind && *behind != ' '))
			continue;
		vm->order = order;
		vm->answer = words[i].answer;
		if (words[i].answer == HA_FAILED && *behind)
			vm->why = hc_strdup(arena, behind + 1);
		if (words[i].answer == HA_NOT_HERE && *behind)
			vm->on = hc_strdup(arena, behind + 1);
		return true;
	}
	return false;
}

/* Of one that is new: orders of its earlier lives under HA. The next must not have such a number,
 * or what was answered to that one would be taken for an answer to it. */
static void hear_last(const struct hc_call *call, struct hc_arena *arena, struct ha_seen_vm *vm)
{
	const char *key = hc_printf(arena, FACT_ANSWER "%s", vm->vm);

	for (size_t i = 0; i < call->peers->n; i++) {
		const char *fact = hc_map_get(&call->peers->v[i].facts, key);
		struct ha_seen_vm one = {0};

		if (fact && take_answer(arena, fact, &one) && one.order > vm->order &&
		    one.order < LAST_ORDER)
			vm->order = one.order;
	}
}

void ha_hear_answers(struct hc_call *call, struct sight *sight)
{
	struct hc_arena *arena = sight->arena;

	sight->answers = hc_alloc(arena, (sight->wants.n + 1) * sizeof(*sight->answers));
	for (size_t i = 0; i < sight->wants.n; i++) {
		struct ha_seen_vm *answer = &sight->answers[i];
		const struct ha_vm *vm = ha_find_vm(&sight->memory, sight->wants.v[i].vm);
		const char *nodes[] = {vm ? vm->target : NULL, vm ? vm->node : NULL};

		answer->vm = sight->wants.v[i].vm;
		if (!vm)
			hear_last(call, arena, answer);
		/* the node whose order it is comes last, and so before the other */
		for (size_t k = 0; k < HC_COUNT(nodes); k++) {
			const char *key = hc_printf(arena, FACT_ANSWER "%s", answer->vm);
			const char *fact = nodes[k] ? hc_heard(call, nodes[k], key) : NULL;
			struct ha_seen_vm one = {.vm = answer->vm};

			if (fact && take_answer(arena, fact, &one) && one.order == vm->order)
				*answer = one;
		}
	}
}

/* 0: it runs no more. */
static uint64_t rest_of(uint64_t delay, uint64_t since, uint64_t now)
{
	return since && since + delay > now ? since + delay - now : 0;
}

static void sooner(uint64_t *due, uint64_t rest)
{
	if (rest && (!*due || rest < *due))
		*due = rest;
}

uint64_t ha_due(const struct sight *sight)
{
	const struct ha_times *times = &sight->wants.policy.times;
	const struct ha_memory *memory = &sight->memory;
	uint64_t due = 0;

	for (size_t i = 0; i < memory->nnode; i++) {
		sooner(&due, rest_of(times->fence_delay, memory->nodes[i].lost, sight->now));
		sooner(&due, rest_of(times->storage_delay, memory->nodes[i].lost, sight->now));
	}
	for (size_t i = 0; i < sight->wants.n; i++)
		sooner(&due, rest_of(HA_PATIENCE * times->interval, sight->answers[i].unanswered,
				     sight->now));
	for (size_t i = 0; i < memory->nvm; i++) {
		const struct ha_vm *vm = &memory->vms[i];

		sooner(&due, rest_of(0, vm->stays, sight->now));
		if (vm->is == HA_IS_FENCE || vm->is == HA_IS_MIGRATE || vm->is == HA_IS_RELOCATE)
			sooner(&due, 10 * times->interval);
	}
	return due;
}
