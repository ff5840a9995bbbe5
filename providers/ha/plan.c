/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decision as a plan: a change of each HaResource and HaNode that becomes something else, and
 * where only what nobody sees changes, of the HaPolicy. All of them have the same step, which
 * writes the whole decision; whoever comes first does it for all. It costs nobody anything: what is
 * moved or stopped then is a change of the VM, with an impact of its own. A recovery has none, as
 * what died is off already and can only get better.
 */

#include <string.h>

#include "self.h"

static bool is_seen(const struct ha_vm *was, const struct ha_vm *now)
{
	return !was || was->is != now->is || was->order != now->order ||
	       !hc_same(was->node, now->node) || !hc_same(was->target, now->target);
}

/* Whether a HaResource or a HaNode shows that something changes. */
static bool is_shown(const struct sight *sight, const struct ha_memory *now)
{
	for (size_t i = 0; i < now->nvm; i++)
		if (is_seen(ha_find_vm(&sight->memory, now->vms[i].vm), &now->vms[i]))
			return true;
	for (size_t i = 0; i < now->nnode; i++) {
		const struct ha_node *was = ha_find_node(&sight->memory, now->nodes[i].name);

		if ((!was || was->is != now->nodes[i].is) &&
		    hc_strings_have(&(struct hc_strings){.n = sight->wants.nnode,
							 .v = sight->wants.nodes},
				    now->nodes[i].name))
			return true;
	}
	return false;
}

/* What its node said when it could not do as ordered; ": WHY" or "". */
static const char *said(struct hc_arena *arena, const struct sight *sight, const struct ha_vm *vm)
{
	for (size_t i = 0; i < sight->wants.n; i++) {
		const struct ha_seen_vm *answer = &sight->answers[i];

		if (!strcmp(answer->vm, vm->vm) && answer->answer == HA_FAILED && answer->why)
			return hc_printf(arena, ": %s", answer->why);
	}
	return "";
}

static const char *why_moves(struct hc_arena *arena, const struct sight *sight,
			     const struct ha_memory *memory, const struct ha_vm *vm)
{
	const struct ha_want *want = ha_find_want(&sight->wants, vm->vm);
	const struct ha_node *node = ha_find_node(memory, vm->node);

	for (size_t i = 0; i < sight->said.nasked; i++)
		if (!strcmp(sight->said.asked[i].vm, vm->vm) &&
		    hc_same(sight->said.asked[i].node, vm->target))
			return "a person asked for it";
	if (node && node->is == HA_MAINTENANCE)
		return hc_printf(arena, "%s is in maintenance", vm->node);
	for (size_t i = 0; i < vm->failed.n; i++)
		if (!strcmp(vm->failed.v[i], vm->node))
			return hc_printf(arena, "it could not be started on %s%s", vm->node,
					 said(arena, sight, vm));
	if (want && want->group)
		return hc_printf(arena, "%s is preferred in HaGroup/%s", vm->target,
				 want->group->name);
	return hc_printf(arena, "%s is the right node for it", vm->target);
}

static const char *why_started(struct hc_arena *arena, const struct sight *sight,
			       const struct ha_vm *was, const struct ha_vm *now)
{
	const char *why = said(arena, sight, was);

	switch (was->is) {
	case HA_IS_STARTED:
		return hc_same(was->node, now->node)
			       ? hc_printf(arena, "it could not be started on %s%s", now->node, why)
			       : hc_printf(arena, "it is on %s", now->node);
	case HA_IS_FENCE:
	case HA_IS_RECOVERY:
		return hc_printf(arena, "%s is lost, and shut out", was->node);
	case HA_IS_MIGRATE:
	case HA_IS_RELOCATE:
		return hc_same(was->node, now->node)
			       ? hc_printf(arena, "it did not get to %s%s", was->target, why)
			       : "it has moved";
	case HA_IS_FREEZE:
		return hc_printf(arena, "%s is back", now->node);
	case HA_IS_STOPPED:
	case HA_IS_REQUEST_STOP:
	case HA_IS_ERROR:
		break;
	}
	return "it is asked to be started";
}

static const char *why_vm(struct hc_arena *arena, const struct sight *sight,
			  const struct ha_memory *memory, const struct ha_vm *was,
			  const struct ha_vm *now)
{
	if (!was)
		return hc_printf(arena, "it is newly under HA, on %s", now->node);
	switch (now->is) {
	case HA_IS_STARTED:
		return why_started(arena, sight, was, now);
	case HA_IS_MIGRATE:
	case HA_IS_RELOCATE:
		return why_moves(arena, sight, memory, now);
	case HA_IS_FENCE:
		return hc_printf(arena, "%s is lost", now->node);
	case HA_IS_RECOVERY:
		return hc_printf(arena, "%s is lost, and shut out; no other node can have it now",
				 now->node);
	case HA_IS_FREEZE:
		return hc_printf(arena, "%s goes down and will be back", now->node);
	case HA_IS_REQUEST_STOP:
		return "it is asked to be off";
	case HA_IS_STOPPED:
		return was->is == HA_IS_REQUEST_STOP ? "it is off" : "it is asked to be off";
	case HA_IS_ERROR:
		return hc_printf(arena, "what was tried has failed too often%s",
				 said(arena, sight, now));
	}
	return "it was decided anew";
}

static const char *verb_of(struct hc_arena *arena, const struct ha_vm *was, const struct ha_vm *now)
{
	switch (now->is) {
	case HA_IS_STARTED:
		return was && (was->is == HA_IS_FENCE || was->is == HA_IS_RECOVERY)
			       ? hc_printf(arena, "order its recovery on %s", now->node)
			       : hc_printf(arena, "order it to run on %s", now->node);
	case HA_IS_MIGRATE:
		return hc_printf(arena, "order its migration to %s", now->target);
	case HA_IS_RELOCATE:
		return hc_printf(arena, "order its relocation to %s", now->target);
	case HA_IS_REQUEST_STOP:
		return hc_printf(arena, "order its stop on %s", now->node);
	case HA_IS_FENCE:
		return hc_printf(arena, "order that %s is shut out of it", now->node);
	case HA_IS_RECOVERY:
	case HA_IS_FREEZE:
		return "let it wait";
	case HA_IS_STOPPED:
		return "note that it is off";
	case HA_IS_ERROR:
		break;
	}
	return "give it up";
}

static void differ(struct hc_change *change, struct hc_resource *want, size_t member)
{
	hc_mark(want, member);
	change->differs |= hc_field_bit(change->type, member);
}

/* What is wanted of the change is what is there, with what is decided in it. */
static struct hc_resource *next(struct hc_arena *arena, const struct hc_change *change)
{
	struct hc_resource *want = hc_new(arena, struct hc_resource);
	void *spec = hc_alloc(arena, change->type->size);

	*want = *change->want;
	memcpy(spec, change->have->spec, change->type->size);
	want->spec = spec;
	want->set = change->have->set;
	return want;
}

static void show_vm(struct hc_call *call, struct hc_change *change, const struct sight *sight,
		    const struct ha_memory *memory, const struct ha_vm *now)
{
	const struct ha_vm *was = ha_find_vm(&sight->memory, now->vm);
	struct hc_resource *want = next(call->arena, change);
	struct hc_ha_resource *spec = want->spec;

	spec->is = ha_words[now->is];
	spec->place = now->node;
	spec->target = now->target;
	spec->order = now->order;
	if (!was || was->is != now->is)
		differ(change, want, offsetof(struct hc_ha_resource, is));
	if (!was || !hc_same(was->node, now->node))
		differ(change, want, offsetof(struct hc_ha_resource, place));
	if (now->target && !(was && hc_same(was->target, now->target)))
		differ(change, want, offsetof(struct hc_ha_resource, target));
	if (!change->differs)
		differ(change, want, offsetof(struct hc_ha_resource, order));
	change->want = want;
	change->reason = why_vm(call->arena, sight, memory, was, now);
}

static void adjust_vm(struct hc_call *call, struct hc_change *change, const struct sight *sight,
		      const struct ha_memory *memory)
{
	const struct hc_ha_resource *want = change->want->spec;
	const struct ha_vm *now = want->vm ? ha_find_vm(memory, want->vm) : NULL;

	hc_agree(change, struct hc_ha_resource, settled);
	if (now && !change->differs && is_seen(ha_find_vm(&sight->memory, now->vm), now))
		show_vm(call, change, sight, memory, now);
}

static const char *why_node(struct hc_arena *arena, const struct ha_node *now)
{
	switch (now->is) {
	case HA_ONLINE:
		return "it is there";
	case HA_UNKNOWN:
		return "it is not heard of";
	case HA_FENCE:
		return "it is lost, and its VMs are to come back elsewhere";
	case HA_MAINTENANCE:
		return "a person asked for it, or it goes down";
	case HA_GONE:
		break;
	}
	return hc_printf(arena, "the manifests do not name %s", now->name);
}

static void adjust_node(struct hc_call *call, struct hc_change *change, const struct sight *sight,
			const struct ha_memory *memory)
{
	const struct ha_node *was = ha_find_node(&sight->memory, change->want->name);
	const struct ha_node *now = ha_find_node(memory, change->want->name);
	struct hc_resource *want;

	hc_agree(change, struct hc_ha_node, settled);
	if (!now || (was && was->is == now->is))
		return;
	want = next(call->arena, change);
	((struct hc_ha_node *)want->spec)->is = ha_node_words[now->is];
	differ(change, want, offsetof(struct hc_ha_node, is));
	change->want = want;
	change->reason = why_node(call->arena, now);
}

static void adjust_policy(struct hc_change *change, const struct sight *sight,
			  const struct verdict *verdict)
{
	if (!verdict->changes || is_shown(sight, &verdict->decision.memory))
		hc_agree(change, struct hc_ha_policy, settled);
	else
		change->reason = "something is to be noted";
}

/* Nothing is decided now: nothing differs, and nobody can tell whether it would. Where nothing is
 * under HA there is nothing to be seen of it either. */
static void leave(struct hc_change *change, size_t settled, const struct sight *sight)
{
	hc_change_agree(change, settled);
	if (!change->have)
		change->have = change->want;
	change->unsure = sight ? sight->waits : NULL;
}

/* Each node decides for itself and only one of them writes it: what the others would decide, by
 * what they see, need not be so. */
static bool is_led_elsewhere(const struct hc_call *call, const struct sight *sight)
{
	return sight && sight->leader && strcmp(sight->leader, call->node) != 0;
}

int ha_adjust(struct hc_call *call, struct hc_change *change)
{
	struct sight *sight = sight_of(call->live);
	const struct verdict *verdict = sight ? ha_verdict(call, sight) : NULL;
	const struct hc_type *type = change->type;

	if (!change->want)
		return 0;
	change->decided = true;
	change->decided_away = is_led_elsewhere(call, sight);
	if (!verdict || !change->have)
		leave(change,
		      type == &hc_ha_policy ? offsetof(struct hc_ha_policy, settled)
		      : type == &hc_ha_node ? offsetof(struct hc_ha_node, settled)
					    : offsetof(struct hc_ha_resource, settled),
		      sight);
	else if (type == &hc_ha_policy)
		adjust_policy(change, sight, verdict);
	else if (type == &hc_ha_node)
		adjust_node(call, change, sight, &verdict->decision.memory);
	else
		adjust_vm(call, change, sight, &verdict->decision.memory);
	return 0;
}

static const char *verb(struct hc_call *call, const struct hc_change *change)
{
	struct sight *sight = sight_of(call->live);
	const struct verdict *verdict = sight ? ha_verdict(call, sight) : NULL;
	const struct hc_ha_resource *want = change->want ? change->want->spec : NULL;
	const struct ha_vm *now = NULL;

	if (verdict && want && change->type == &hc_ha_resource && want->vm)
		now = ha_find_vm(&verdict->decision.memory, want->vm);
	if (now)
		return verb_of(call->arena, ha_find_vm(&sight->memory, now->vm), now);
	return "write the decision";
}

int ha_plan(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	struct hc_step *step;

	if (!change->want || !change->have)
		return 0;
	/* A decision about a VM needs nothing of the VM, and a VM is not made before it. */
	change->nafter = 0;
	step = hc_step(plan, change, 0, HC_NONE, NULL, "%s", verb(call, change));
	step->node = NULL; /* whichever node decides then */
	return 0;
}
