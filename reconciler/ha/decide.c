/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One round. Each VM takes one step from what it was to what follows from what is seen, one after
 * the other by name; what one of them takes is gone for the next. A round in which nothing changes
 * gives back the very memory that it was given, so it is cheap to see that there is nothing to
 * write.
 */

#include "decision.h"

#include <string.h>

/* Wants, memory and what is seen are sorted alike, so one walk brings them together. */
void ha_turns(struct ha_round *round, const struct ha_memory *was)
{
	const struct ha_wants *wants = round->wants;
	const struct ha_seen *seen = round->seen;
	size_t k = 0, m = 0;

	round->turns = hc_alloc(round->arena, wants->n * sizeof(*round->turns) + 1);
	for (size_t i = 0; i < wants->n; i++) {
		struct ha_turn *turn = &round->turns[i];
		const char *vm = wants->v[i].vm;

		turn->want = &wants->v[i];
		while (k < was->nvm && strcmp(was->vms[k].vm, vm) < 0)
			k++;
		if (k < was->nvm && !strcmp(was->vms[k].vm, vm))
			turn->was = &was->vms[k];
		while (m < seen->nvm && strcmp(seen->vms[m].vm, vm) < 0)
			m++;
		if (m < seen->nvm && !strcmp(seen->vms[m].vm, vm))
			turn->seen = &seen->vms[m];
	}
}

/* Counted before anybody's turn, so that the first knows of the last. */
static void count_all(struct ha_round *round)
{
	struct ha_memory *memory = &round->decision->memory;

	memory->vms = hc_alloc(round->arena, round->wants->n * sizeof(*memory->vms) + 1);
	for (size_t i = 0; i < round->wants->n; i++) {
		struct ha_turn *turn = &round->turns[i];

		if (!turn->was)
			continue;
		turn->vm = &memory->vms[i];
		*turn->vm = *turn->was;
		turn->at = ha_spot(round, turn->was->node);
		ha_count(round, turn, 1);
	}
}

/* A home that died or left is none. */
static void check_home(const struct ha_round *round, struct ha_vm *vm)
{
	const struct ha_spot *home = ha_spot(round, vm->home);

	if (!home || home->now.is == HA_FENCE || home->now.is == HA_GONE)
		vm->home = NULL;
}

static void step(struct ha_round *round, struct ha_turn *turn)
{
	if (turn->vm->home)
		check_home(round, turn->vm);
	switch (turn->vm->is) {
	case HA_IS_STOPPED:
		ha_stopped(round, turn);
		break;
	case HA_IS_REQUEST_STOP:
		ha_request_stop(round, turn);
		break;
	case HA_IS_STARTED:
		ha_started(round, turn);
		break;
	case HA_IS_MIGRATE:
	case HA_IS_RELOCATE:
		ha_moving(round, turn);
		break;
	case HA_IS_FENCE:
		ha_fenced(round, turn);
		break;
	case HA_IS_RECOVERY:
		ha_recovery(round, turn);
		break;
	case HA_IS_FREEZE:
		ha_frozen(round, turn);
		break;
	case HA_IS_ERROR:
		ha_error(round, turn);
		break;
	}
}

/* Into the first free place: those before it have had their turn, some were not taken in. */
static void keep(struct ha_round *round, const struct ha_turn *turn)
{
	struct ha_memory *memory = &round->decision->memory;
	struct ha_spot *target = ha_spot(round, turn->vm->target);

	turn->at->used = true;
	if (target)
		target->used = true;
	memory->vms[memory->nvm++] = *turn->vm;
}

static void turns(struct ha_round *round)
{
	for (size_t i = 0; i < round->wants->n; i++) {
		struct ha_turn *turn = &round->turns[i];

		if (turn->was) {
			ha_count(round, turn, -1);
			step(round, turn);
			ha_count(round, turn, 1);
		} else {
			ha_enter(round, turn);
		}
		if (turn->vm)
			keep(round, turn);
	}
}

void ha_decide(struct hc_arena *arena, const struct ha_wants *wants, const struct ha_seen *seen,
	       const struct ha_memory *was, struct ha_decision *decision)
{
	struct ha_round round = {.arena = arena,
				 .wants = wants,
				 .seen = seen,
				 .decision = decision};

	*decision = (struct ha_decision){0};
	ha_turns(&round, was);
	ha_look_at_nodes(&round, was);
	ha_classes(&round);
	count_all(&round);
	if (seen->disarmed)
		ha_warn(&round, NULL, NULL, "HA is disarmed");
	ha_hear_words(&round);
	turns(&round);
	ha_warn_of_nodes(&round);
	ha_keep_nodes(&round);
	ha_admission(arena, wants, seen, &decision->memory, decision);
	if (ha_same_memory(&decision->memory, was))
		decision->memory = *was;
}
