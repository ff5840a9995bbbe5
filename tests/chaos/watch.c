/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold at any moment: a VM is written to by one node at most, nothing starts without
 * quorum, nobody is recovered from a node that may still write, and nobody moves without a reason.
 * All of it is looked up in the world, not in what the decision says of it.
 */

#include "chaos.h"

#include <string.h>

void chaos_wrong(struct chaos_watch *watch, const char *format, ...)
{
	va_list args;
	char *text;

	if (watch->wrong)
		return;
	va_start(args, format);
	text = hc_vprintf(watch->arena, format, args);
	va_end(args);
	watch->wrong = hc_printf(watch->arena, "at %g s: %s",
				 (double)(watch->world->now - WORLD_BEGIN) / 1000, text);
}

int64_t chaos_priority(const struct ha_want *want, const char *node)
{
	if (!want->group)
		return 0;
	for (size_t i = 0; i < want->group->n; i++)
		if (!strcmp(want->group->v[i].node, node))
			return want->group->v[i].priority;
	return want->group->restricted ? -2 : -1;
}

static struct chaos_vm *note_of(struct chaos_watch *watch, const char *vm)
{
	return &watch->vms[world_find_vm(watch->world, vm) - watch->world->vms];
}

static void began(struct chaos_watch *watch, const char *vm, const char *node)
{
	note_of(watch, vm)->began[world_find_node(watch->world, node)] = watch->number;
}

static void check_start(struct chaos_watch *watch, const struct sim_event *event)
{
	size_t node = (size_t)world_find_node(watch->world, event->node);

	if (!world_quorate(watch->world) || !watch->world->nodes[node].on ||
	    !watch->world->nodes[node].network)
		chaos_wrong(watch, "%s starts on %s, which is not in the quorum", event->vm,
			    event->node);
	if (event->ok)
		began(watch, event->vm, event->node);
}

static void check_recovery(struct chaos_watch *watch, const struct sim_event *event)
{
	const struct world_vm *vm = world_find_vm(watch->world, event->vm);
	int from = world_find_node(watch->world, event->from);
	const struct world_guest *guest = &vm->guests[from];

	if (guest->there && !guest->blocked)
		chaos_wrong(watch, "%s is recovered while %s may write", event->vm, event->from);
	if (watch->fenced[from] <= note_of(watch, event->vm)->began[from])
		chaos_wrong(watch, "%s is recovered before the fence of %s", event->vm,
			    event->from);
}

static bool is_asked(const struct world *world, const char *vm)
{
	for (size_t i = 0; i < world->nasked; i++)
		if (!strcmp(world->asked[i].vm, vm))
			return true;
	return false;
}

/* When it is decided: what would be a reason to go, and where to. The world has still what was
 * decided before. */
static void note_reason(struct chaos_watch *watch, const struct sim_event *event)
{
	const struct world *world = watch->world;
	const struct ha_vm *was = ha_find_vm(&world->memory, event->vm);
	const struct world_vm *vm = world_find_vm(world, event->vm);
	struct chaos_vm *note = note_of(watch, event->vm);
	int node = was ? world_find_node(world, was->node) : WORLD_NOBODY;

	note->may_go = was ? was->home : NULL;
	note->may_move = false;
	if (node == WORLD_NOBODY)
		return;
	note->may_move = is_asked(world, event->vm) ||
			 hc_strings_have(&world->maintenance, was->node) ||
			 world->nodes[node].leaving != HA_STAYS || was->failed.n || was->restarts ||
			 vm->answer.answer == HA_FAILED;
}

static void check_move(struct chaos_watch *watch, const struct sim_event *event)
{
	const struct ha_want *want = ha_find_want(&watch->world->wants, event->vm);
	const struct chaos_vm *note = note_of(watch, event->vm);

	if (want && !note->may_move && !(note->may_go && !strcmp(note->may_go, event->to)) &&
	    chaos_priority(want, event->to) <= chaos_priority(want, event->from))
		chaos_wrong(watch, "%s goes from %s to %s without a reason", event->vm, event->from,
			    event->to);
	if (event->ok && event->what == SIM_MIGRATE)
		began(watch, event->vm, event->to);
}

static void check_state(struct chaos_watch *watch, const struct sim_event *event)
{
	if (!strcmp(event->to, "migrate") || !strcmp(event->to, "relocate"))
		note_reason(watch, event);
}

void chaos_event(void *arg, const struct sim_event *event)
{
	struct chaos_watch *watch = arg;

	watch->number++;
	switch (event->what) {
	case SIM_FENCE:
		watch->fenced[world_find_node(watch->world, event->node)] = watch->number;
		break;
	case SIM_STATE:
		check_state(watch, event);
		break;
	case SIM_START:
		check_start(watch, event);
		break;
	case SIM_MIGRATE:
	case SIM_RELOCATE:
		check_move(watch, event);
		break;
	case SIM_RECOVER:
		check_recovery(watch, event);
		break;
	case SIM_LEADER:
	case SIM_NODE:
	case SIM_STOP:
	case SIM_WARNING:
		break;
	}
}

void chaos_look(struct chaos_watch *watch)
{
	const struct world *world = watch->world;

	for (size_t i = 0; i < world->nvm; i++) {
		const struct world_vm *vm = &world->vms[i];
		size_t writers = 0;

		for (size_t k = 0; k < world->nnode; k++)
			writers += world_runs(world, vm, k) && !vm->guests[k].blocked;
		if (writers > 1)
			chaos_wrong(watch, "%zu nodes can write to %s", writers, vm->name);
	}
	chaos_look_for_lost(watch);
}
