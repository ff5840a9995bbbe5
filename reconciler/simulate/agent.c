/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node's agent: in each round it carries out the orders of its VMs and answers them. A model of
 * the cycle, not the cycle: what takes minutes there ends within the round here, and fails when the
 * scenario says so. What it keeps of the real one are the rules that make it safe: nothing is begun
 * without contact, a VM is started only by who can have its claim, and who was shut out ends what
 * he still has.
 */

#include "world.h"

#include <string.h>

/* A VM at its node's turn. */
struct turn {
	struct world *world;
	size_t node;
	struct world_vm *vm;
	const struct ha_vm *order;
};

static const char *name_of(const struct turn *turn)
{
	return turn->world->nodes[turn->node].name;
}

static void answer(const struct turn *turn, enum ha_answer what, const char *why)
{
	turn->vm->answer.order = turn->order->order;
	turn->vm->answer.answer = what;
	turn->vm->answer.why = why;
}

static bool answered(const struct turn *turn)
{
	return turn->vm->answer.order == turn->order->order &&
	       turn->vm->answer.answer != HA_NO_ANSWER;
}

static bool is_elsewhere(const struct turn *turn)
{
	return turn->vm->claim != WORLD_NOBODY && turn->vm->claim != (int)turn->node;
}

static bool start_fails(const struct turn *turn)
{
	struct world_vm *vm = turn->vm;

	if (hc_strings_have(&vm->manner->fails_on, name_of(turn)))
		return true;
	if (vm->starts_failed >= vm->manner->start_fails)
		return false;
	vm->starts_failed++;
	return true;
}

static void start(const struct turn *turn)
{
	struct world_vm *vm = turn->vm;
	bool ok;

	if (answered(turn) && turn->vm->answer.answer == HA_FAILED)
		return;
	if (vm->guests[turn->node].there) {
		answer(turn, HA_DONE, NULL);
		return;
	}
	if (turn->world->nodes[turn->node].leaving != HA_STAYS)
		return;
	if (is_elsewhere(turn)) {
		answer(turn, HA_NOT_HERE, NULL);
		return;
	}
	ok = !start_fails(turn);
	world_tell(turn->world, (struct sim_event){.what = SIM_START,
						   .vm = vm->name,
						   .node = name_of(turn),
						   .ok = ok});
	if (ok) {
		vm->guests[turn->node].there = true;
		vm->claim = (int)turn->node;
	}
	answer(turn, ok ? HA_DONE : HA_FAILED, ok ? NULL : "its start failed");
}

static void let_go(const struct turn *turn)
{
	turn->vm->guests[turn->node] = (struct world_guest){0};
	if (turn->vm->claim == (int)turn->node)
		turn->vm->claim = WORLD_NOBODY;
}

static void stop(const struct turn *turn)
{
	bool runs = turn->vm->guests[turn->node].there, ok = !turn->vm->manner->stop_fails;

	if (answered(turn))
		return;
	if (runs)
		world_tell(turn->world, (struct sim_event){.what = SIM_STOP,
							   .vm = turn->vm->name,
							   .node = name_of(turn),
							   .ok = ok});
	if (runs && !ok) {
		answer(turn, HA_FAILED, "it cannot be stopped");
		return;
	}
	let_go(turn);
	answer(turn, HA_DONE, NULL);
}

/* What is to be off and runs all the same is stopped without an order, as drift is. */
static void stop_late(const struct turn *turn)
{
	if (!turn->vm->guests[turn->node].there || turn->vm->manner->stop_fails)
		return;
	world_tell(turn->world, (struct sim_event){.what = SIM_STOP,
						   .vm = turn->vm->name,
						   .node = name_of(turn),
						   .ok = true});
	let_go(turn);
}

/* NULL, or why it cannot go there. */
static const char *refusal(const struct turn *turn, int target, bool live)
{
	const struct world *world = turn->world;
	struct world_vm *vm = turn->vm;

	if (target == WORLD_NOBODY || !world->nodes[target].in_contact ||
	    world->nodes[target].leaving != HA_STAYS)
		return "the other node is not there";
	if (!vm->guests[turn->node].there)
		return NULL;
	if (!live)
		return vm->manner->stop_fails ? "it cannot be stopped" : NULL;
	if (vm->migrations_failed >= vm->manner->migrate_fails)
		return NULL;
	vm->migrations_failed++;
	return "its migration failed";
}

static void move(const struct turn *turn, bool live)
{
	int target = world_find_node(turn->world, turn->order->target);
	bool ran = turn->vm->guests[turn->node].there;
	const char *why;

	if (answered(turn))
		return;
	if (is_elsewhere(turn)) {
		answer(turn, HA_NOT_HERE, NULL);
		return;
	}
	why = refusal(turn, target, live);
	world_tell(turn->world, (struct sim_event){.what = live ? SIM_MIGRATE : SIM_RELOCATE,
						   .vm = turn->vm->name,
						   .from = name_of(turn),
						   .to = turn->order->target,
						   .ok = !why});
	answer(turn, why ? HA_FAILED : HA_DONE, why);
	if (why)
		return;
	let_go(turn);
	if (ran && live) {
		turn->vm->guests[target] = (struct world_guest){.there = true};
		turn->vm->claim = target;
	}
}

static void carry_out(const struct turn *turn)
{
	switch (turn->order->is) {
	case HA_IS_STARTED:
		start(turn);
		break;
	case HA_IS_REQUEST_STOP:
		stop(turn);
		break;
	case HA_IS_MIGRATE:
		move(turn, true);
		break;
	case HA_IS_RELOCATE:
		move(turn, false);
		break;
	case HA_IS_STOPPED:
		stop_late(turn);
		break;
	case HA_IS_FENCE:
	case HA_IS_RECOVERY:
	case HA_IS_FREEZE:
	case HA_IS_ERROR:
		break;
	}
}

/* What it still has and is no longer its own: somebody took it away meanwhile. */
static void end_lost(struct world *world, size_t node)
{
	for (size_t i = 0; i < world->nvm; i++)
		if (world->vms[i].claim != (int)node)
			world->vms[i].guests[node] = (struct world_guest){0};
}

/* Whether there is anything that may run here. */
static bool has_orders(const struct world *world, const char *name)
{
	for (size_t i = 0; i < world->memory.nvm; i++)
		if (!strcmp(world->memory.vms[i].node, name))
			return true;
	return false;
}

static void carry_out_all(struct world *world, size_t node)
{
	for (size_t i = 0; i < world->memory.nvm; i++) {
		const struct ha_vm *order = &world->memory.vms[i];
		struct turn turn = {world, node, NULL, order};

		if (strcmp(order->node, world->nodes[node].name) != 0)
			continue;
		turn.vm = world_find_vm(world, order->vm);
		carry_out(&turn);
	}
}

/* Its VMs are being brought elsewhere, and it is there to see it: sooner than any proof by time. */
static void let_all_go(struct world *world, size_t node)
{
	for (size_t i = 0; i < world->nvm; i++) {
		struct turn turn = {world, node, &world->vms[i], NULL};

		if (ha_find_vm(&world->memory, world->vms[i].name))
			let_go(&turn);
	}
	world->nodes[node].holds = false;
}

static void say_suspended(struct world *world, size_t node)
{
	for (size_t i = 0; i < world->nvm; i++)
		if (world->vms[i].guests[node].there && !world_runs(world, &world->vms[i], node)) {
			world_warn(world, world->vms[i].name, world->nodes[node].name,
				   "it is suspended: its node has no contact");
			world->nodes[node].told_suspended = true;
		}
}

void world_agent(struct world *world, size_t i)
{
	struct world_node *node = &world->nodes[i];

	if (node->leaving != HA_STAYS && !node->in_contact && world_leaves(world, i))
		return;
	if (!node->in_contact) {
		if (!node->told_suspended)
			say_suspended(world, i);
		return;
	}
	node->contact = world->now;
	node->told_suspended = false;
	end_lost(world, i);
	if (world_is_shut(world, i)) {
		let_all_go(world, i);
		return;
	}
	node->holds = has_orders(world, node->name);
	carry_out_all(world, i);
	if (node->leaving == HA_STAYS)
		return;
	node->said = true;
	(void)world_leaves(world, i);
}
