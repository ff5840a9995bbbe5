/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes. Each is a coroutine on a stack of its own, so that it can be left, for good too,
 * wherever the protocol does something. What it allocated is in its arena.
 */

#include "world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void enter(unsigned high, unsigned low)
{
	struct world *world = (struct world *)((uintptr_t)high << 32 | low);
	struct process *process = world->current;

	if (process->number == NODES)
		process_operator(world, process);
	else
		process_node(world, process);
	process->runs = false;
	(void)swapcontext(&process->context, &world->schedule);
}

void process_begin(struct world *world, unsigned number)
{
	struct process *process = &world->process[number];
	uintptr_t address = (uintptr_t)world;

	process_end(world, number);
	process->number = number;
	process->stalled = 0;
	process->stack = malloc(STACK);
	process->arena = hc_arena_new();
	process->call = (struct hc_call){.arena = process->arena,
					 .node = node_words[number],
					 .diags = {.arena = process->arena}};
	process->protocol = (struct protocol){
		.call = &process->call,
		.ops = &world_ops,
		.arg = world,
		.node = node_words[number],
		.vm = "web",
		.uuid = "00000000-0000-4000-8000-000000000000",
	};
	if (!process->stack || getcontext(&process->context))
		abort();
	process->context.uc_stack.ss_sp = process->stack;
	process->context.uc_stack.ss_size = STACK;
	process->context.uc_link = NULL;
	/* makecontext() hands on ints only */
	makecontext(&process->context, (void (*)(void))enter, 2, (unsigned)(address >> 32),
		    (unsigned)address);
	process->runs = true;
}

void process_end(struct world *world, unsigned number)
{
	struct process *process = &world->process[number];

	process->runs = false;
	free(process->stack);
	process->stack = NULL;
	process->arena = hc_arena_free(process->arena);
}

void process_go(struct world *world, unsigned number)
{
	struct process *process = &world->process[number];

	world->current = process;
	(void)swapcontext(&world->schedule, &process->context);
	world->current = NULL;
}

void process_step(struct world *world)
{
	struct process *process = world->current;

	world_check(world);
	(void)swapcontext(&process->context, &world->schedule);
}

/* What HA's leader does of a node that it holds to be lost, which it may not be. */
static void take_over(struct world *world, struct process *process)
{
	const char *lost = node_words[process->goal];

	world_say(world, "takes it from %s", lost);
	while (protocol_take_over(&process->protocol, lost) && world->process[NODES].runs)
		process_step(world);
	world_say(world, "it is not %s's any more", lost);
}

void process_operator(struct world *world, struct process *process)
{
	if (world->ha) {
		take_over(world, process);
		return;
	}
	world_say(world, "takes it for %s", node_words[process->goal]);
	while (protocol_break(&process->protocol, node_words[process->goal]))
		process_step(world);
	world_say(world, "has taken it");
}

/* libvirt's own part of a migration goes on by itself; this watches it until it may switch. */
static void watch(struct world *world, struct process *process)
{
	struct protocol *p = &process->protocol;
	struct migration *migration = &world->migration[process->number];
	int r;

	do {
		process_step(world);
		r = protocol_may_switch(p);
	} while (r == -EAGAIN && migration->phase != IDLE);
	process_step(world);
	if (r)
		guest_migration_ends(world, process->number);
	else
		migration->may_switch = true;
	while (migration->phase != IDLE)
		process_step(world);
}

static void migrate(struct world *world, struct process *process, unsigned target)
{
	struct migration *migration = &world->migration[process->number];
	int r = protocol_migrate(&process->protocol, node_words[target]);

	process_step(world);
	if (r || migration->phase != IDLE || world->guest[process->number].state != GUEST_RUNS)
		return;
	*migration = (struct migration){.phase = PREPARING, .target = target};
	world_say(world, "begins to migrate to %s", node_words[target]);
	watch(world, process);
}

static bool is_home(const struct world *world, unsigned node)
{
	const struct claim *claim = &world->claim;
	bool placed = world->ha && claim->state == HC_CLAIM_FREE;
	const char *home = world->exists && claim->node && !placed ? claim->node
								   : node_words[world->wanted_node];

	return !strcmp(home, node_words[node]);
}

/* What is wanted of the node whose VM it is. */
static void want(struct world *world, struct process *process)
{
	struct protocol *p = &process->protocol;
	enum protocol_guest guest = world->guest[process->number].state;
	unsigned target = world->wanted_node;

	if (!world->wanted && guest != GUEST_GONE)
		(void)p->ops->destroy(p);
	else if (!world->wanted && (protocol_stopped(p) || target == process->number))
		return;
	else if (!world->wanted)
		(void)protocol_move(p, node_words[target]);
	else if (guest == GUEST_RUNS && target != process->number)
		migrate(world, process, target);
	else if (guest != GUEST_RUNS && (!world->ha || !protocol_take(p)))
		(void)protocol_start(p);
}

/* One cycle after the other, for ever. */
void process_node(struct world *world, struct process *process)
{
	struct protocol *p = &process->protocol;
	const char *name = node_words[process->number];

	for (;;) {
		struct claim none = {0};

		process_step(world);
		p->asked_node = node_words[world->wanted_node];
		if (world->migration[process->number].phase != IDLE) /* another one began it */
			watch(world, process);
		if (!protocol_agrees(world->exists ? &world->claim : &none, name,
				     world->guest[process->number].state) &&
		    protocol_settle(p))
			continue;
		if (is_home(world, process->number))
			want(world, process);
	}
}
