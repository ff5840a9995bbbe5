/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words in which a VM's turn is written: it becomes something, it is sent somewhere, it counts.
 * Here, and nowhere else, an order's number rises: an answer to an older one means nothing.
 */

#include "decision.h"

#include <inttypes.h>

const char *const ha_words[] = {
	[HA_IS_STOPPED] = "stopped",   [HA_IS_REQUEST_STOP] = "request_stop",
	[HA_IS_STARTED] = "started",   [HA_IS_MIGRATE] = "migrate",
	[HA_IS_RELOCATE] = "relocate", [HA_IS_FENCE] = "fence",
	[HA_IS_RECOVERY] = "recovery", [HA_IS_FREEZE] = "freeze",
	[HA_IS_ERROR] = "error",       NULL,
};

enum ha_answer ha_answer(const struct ha_turn *turn)
{
	bool ours = turn->seen && turn->seen->order == turn->vm->order;

	return ours ? turn->seen->answer : HA_NO_ANSWER;
}

void ha_forget_failures(const struct ha_turn *turn)
{
	turn->vm->restarts = 0;
	turn->vm->failed = (struct hc_strings){0};
}

void ha_become(const struct ha_round *round, const struct ha_turn *turn, enum ha_is is)
{
	struct ha_vm *vm = turn->vm;

	if (vm->is != is)
		vm->since = round->seen->now;
	vm->is = is;
	vm->target = NULL;
	if (is != HA_IS_STOPPED)
		return;
	ha_forget_failures(turn); /* a person had it stopped; started again it has all its tries */
	if (vm->recovered && !vm->runs)
		vm->runs = round->seen->now; /* nothing more to wait for */
}

void ha_resume(const struct ha_round *round, const struct ha_turn *turn)
{
	bool start = turn->want->wish == HC_HA_STARTED;

	ha_become(round, turn, start ? HA_IS_STARTED : HA_IS_REQUEST_STOP);
	turn->vm->restarts = 0;
	turn->vm->order++;
}

void ha_move(const struct ha_round *round, const struct ha_turn *turn, enum ha_is how,
	     const struct ha_spot *to)
{
	ha_become(round, turn, how);
	turn->vm->target = to->now.name;
	turn->vm->stays = 0;
	turn->vm->restarts = 0;
	turn->vm->order++;
}

void ha_note_home(const struct ha_round *round, const struct ha_turn *turn)
{
	const struct ha_spot *home = ha_spot(round, turn->vm->home);

	if (turn->at->now.is != HA_MAINTENANCE)
		return; /* it is to be gone for good */
	if (!home || home->now.is != HA_MAINTENANCE)
		turn->vm->home = turn->at->now.name;
}

bool ha_is_overdue(const struct ha_times *times, enum ha_is is, uint64_t unanswered, uint64_t now)
{
	uint64_t patience = is == HA_IS_STARTED ? HA_PATIENCE * times->interval : HA_LONG_PATIENCE;

	return unanswered && unanswered <= now && now - unanswered >= patience;
}

void ha_wait(struct ha_round *round, const struct ha_turn *turn)
{
	uint64_t since = turn->seen ? turn->seen->unanswered : 0;
	const char *node = turn->at->now.name;

	if (!ha_is_overdue(&round->wants->policy.times, turn->vm->is, since, round->seen->now))
		return;
	ha_warn(round, turn->want->vm, node,
		"%s is there, but has not answered order %" PRIu64 " (%s) yet", node,
		turn->vm->order, ha_words[turn->vm->is]);
	ha_warned_since(round, since);
}

void ha_put(struct ha_turn *turn, struct ha_spot *spot)
{
	turn->at = spot;
	turn->vm->node = spot->now.name;
}

void ha_adopt(struct ha_round *round, struct ha_turn *turn)
{
	struct ha_spot *on = turn->seen ? ha_spot(round, turn->seen->on) : NULL;

	if (!on && turn->seen && turn->seen->on)
		ha_warn(round, turn->want->vm, turn->seen->on,
			"is on %s, which the manifests do not name", turn->seen->on);
	if (!on || on == turn->at)
		return;
	ha_put(turn, on);
	turn->vm->home = NULL;
	ha_resume(round, turn);
}

/* What is off or given up takes nothing; what moves takes its place on both sides. Memory is only
 * taken off where the node's own figure cannot have it yet. */
void ha_count(const struct ha_round *round, const struct ha_turn *turn, int by)
{
	const struct ha_vm *vm = turn->vm;
	bool moves = vm->is == HA_IS_MIGRATE || vm->is == HA_IS_RELOCATE;
	struct ha_spot *target = moves ? ha_spot(round, vm->target) : NULL;
	struct ha_spot *taken = moves ? target : turn->at;

	if (vm->is == HA_IS_STOPPED || vm->is == HA_IS_ERROR)
		return;
	turn->at->count += (size_t)by;
	if (target)
		target->count += (size_t)by;
	if (taken && (moves || vm->is == HA_IS_STARTED) && ha_answer(turn) != HA_DONE)
		taken->room -= by * ha_bytes(turn->want->memory);
}

void ha_warn(struct ha_round *round, const char *vm, const char *node, const char *format, ...)
{
	struct ha_decision *d = round->decision;
	va_list args;

	d->warnings = hc_grow(round->arena, d->warnings, d->nwarning, &round->warning_room,
			      sizeof(*d->warnings));
	va_start(args, format);
	d->warnings[d->nwarning++] =
		(struct ha_warning){.vm = vm,
				    .node = node,
				    .text = hc_vprintf(round->arena, format, args)};
	va_end(args);
}

void ha_warned_since(struct ha_round *round, uint64_t since)
{
	round->decision->warnings[round->decision->nwarning - 1].since = since;
}
