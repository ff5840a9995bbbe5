/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan: a change for each difference, adjusted and cut into steps by its provider, then ordered
 * and guarded. Providers are asked only through their pure functions, so the same manifests and the
 * same live state give the same plan everywhere, byte for byte.
 */

#include "planner.h"

#include <assert.h>
#include <string.h>

static const struct hc_peers nobody;

static struct hc_call pure_call(const struct hc_aim *aim, const struct hc_state *live,
				struct hc_arena *arena)
{
	return (struct hc_call){
		.arena = arena,
		.node = aim->node,
		.member = aim->member,
		.dry = true,
		.deadline = UINT64_MAX,
		.diags = {.arena = arena},
		.desired = aim->desired,
		.whole = aim->whole,
		.live = live,
		.approved = &aim->approved,
		.peers = &nobody,
		.secrets = aim->secrets,
	};
}

static bool costs_anew(const struct hc_type *type, uint64_t differs)
{
	for (size_t i = 0; i < type->nfield; i++)
		if (differs >> i & 1 && type->fields[i].cost == HC_ANEW)
			return true;
	return false;
}

static enum hc_action action_of(const struct hc_finding *f)
{
	if (!f->have)
		return HC_CREATE;
	if (!f->want)
		return HC_REMOVE;
	return costs_anew(f->want->type, f->differs) ? HC_REPLACE : HC_UPDATE;
}

static int first_field(uint64_t differs)
{
	return differs ? __builtin_ctzll(differs) : -1;
}

static const char *reason_of(struct hc_arena *arena, const struct hc_change *change)
{
	struct hc_place place;

	if (!change->want)
		return "no manifest asks for it any more";
	place = hc_field_place(change->want, change->have ? first_field(change->differs) : -1);
	if (!place.source)
		return change->have ? "not as the manifests ask for" : "missing";
	return hc_printf(arena, "%s %s", change->have ? "not as in" : "missing; asked for in",
			 hc_place_text(arena, place));
}

static void refuse_never(struct hc_plan *plan, struct hc_change *change)
{
	for (size_t i = 0; i < change->type->nfield && !change->refused; i++)
		if (change->differs >> i & 1 && change->type->fields[i].cost == HC_NEVER)
			change->refused = hc_printf(plan->arena, "its %s cannot be changed",
						    change->type->fields[i].name);
}

static void add(struct hc_plan *plan, struct hc_change *change)
{
	plan->change =
		hc_grow(plan->arena, plan->change, plan->n, &plan->room, sizeof(*plan->change));
	plan->change[plan->n++] = change;
}

static struct hc_change *add_change(struct hc_plan *plan, struct hc_finding *f)
{
	const struct hc_resource *one = f->want ? f->want : f->have;
	struct hc_change *change = hc_new(plan->arena, struct hc_change);

	*change = (struct hc_change){
		.action = action_of(f),
		.type = one->type,
		.name = one->name,
		.node = one->node,
		.want = f->want,
		.have = f->have,
		.differs = f->differs,
	};
	add(plan, change);
	return change;
}

/* What went wrong in a provider becomes the reason why the change is refused. */
static void refuse_as_said(struct hc_change *change, const struct hc_call *call)
{
	if (!change->refused)
		change->refused =
			call->diags.n ? call->diags.v[0].text : "its provider cannot plan it";
}

/* What was said of one change says nothing of the next, and may be said again. */
static void begin_saying(struct hc_call *call)
{
	call->diags = (struct hc_diags){.arena = call->arena};
}

static void adjust(struct hc_call *call, const struct hc_registry *registry,
		   struct hc_change *change)
{
	const struct hc_provider *provider = hc_registry_provider(registry, change->type);
	enum hc_action before = change->action;

	begin_saying(call);
	if (provider->adjust && provider->adjust(call, change))
		refuse_as_said(change, call);
	/* The field for which it was to be made anew may agree after all. */
	if (before == HC_REPLACE && !costs_anew(change->type, change->differs))
		change->action = HC_UPDATE;
}

/* A difference of which nothing is left is none; nor is one that its provider says may stay. Gives
 * whether the finding is that. */
static bool is_void(struct hc_finding *f, const struct hc_change *change)
{
	if (change->kept) {
		assert(change->action == HC_REMOVE);
		f->verdict = HC_KEPT;
		f->why = change->kept;
		return true;
	}
	if (!change->want || !change->have || change->differs)
		return false;
	f->verdict = HC_SAME;
	f->why = change->unsure;
	return true;
}

/* What the policy says is nobody's matter stays as it is and is in no plan; whether it is that does
 * not depend on what a change of it would cost. */
static bool is_ignored(const struct hc_aim *aim, struct hc_arena *arena, struct hc_finding *f,
		       const struct hc_change *change)
{
	const char *why = NULL;

	if (!aim->hold || aim->hold(aim->hold_arg, arena, change, &why) != HC_HOLD_IGNORE)
		return false;
	f->verdict = HC_KEPT;
	f->why = why;
	return true;
}

/* The change that goes on, with a step that nobody takes: what comes after it has to wait for it.
 */
static struct hc_change *go_on(struct hc_plan *plan, const struct hc_step *going)
{
	const struct hc_change *began = going->change;
	const struct hc_resource *one = began->want ? began->want : began->have;
	struct hc_change *change = hc_new(plan->arena, struct hc_change);

	*change = (struct hc_change){
		.action = began->action,
		.type = one->type,
		.name = one->name,
		.node = one->node,
		.want = began->want,
		.have = began->have,
		.differs = began->differs,
		.decided = began->decided,
		.decision = began->decision,
		.decided_away = began->decided_away,
		.reason = hc_printf(plan->arena, "\"%s\" has begun and has not come to its end",
				    going->verb),
		.going = true,
	};
	add(plan, change);
	/* for providers that look for such steps in the plan */
	hc_step(plan, change, going->op, HC_NONE, going->arg, "%s", going->verb)->node =
		going->node;
	return change;
}

static void add_changes(struct hc_call *call, const struct hc_aim *aim,
			const struct hc_registry *registry, struct hc_diff *diff,
			struct hc_plan *plan)
{
	for (size_t i = 0; i < diff->n; i++) {
		struct hc_finding *f = &diff->v[i];

		if (f->going) {
			f->change = go_on(plan, f->going);
			continue;
		}
		if (f->verdict != HC_DIFFERENT)
			continue;
		if (!aim->member && (f->want || !f->have->type->membership))
			continue;
		f->change = add_change(plan, f);
		adjust(call, registry, f->change);
		if (is_void(f, f->change) || is_ignored(aim, plan->arena, f, f->change)) {
			f->change = NULL;
			plan->n--;
			continue;
		}
		if (!f->change->reason)
			f->change->reason = reason_of(plan->arena, f->change);
		refuse_never(plan, f->change);
	}
}

/* What is made because it was decided is made with all that is nested in it. */
static void decide_children(const struct hc_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		struct hc_change *change = plan->change[i];
		const struct hc_resource *parent = change->want ? change->want->parent : NULL;
		const struct hc_change *made =
			parent ? hc_plan_find(plan, parent->type, parent->node, parent->name)
			       : NULL;

		if (made && made->decided && made->action == HC_CREATE)
			change->decided = true;
	}
}

static void add_steps(struct hc_call *call, const struct hc_registry *registry,
		      struct hc_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct hc_provider *provider =
			hc_registry_provider(registry, plan->change[i]->type);

		if (plan->change[i]->going)
			continue;
		begin_saying(call);
		if (provider->plan(call, plan->change[i], plan))
			refuse_as_said(plan->change[i], call);
	}
}

void hc_plan(const struct hc_aim *aim, const struct hc_registry *registry,
	     const struct hc_state *live, struct hc_diff *diff, struct hc_arena *arena,
	     struct hc_plan **plan)
{
	struct hc_call call = pure_call(aim, live, arena);

	*plan = hc_new(arena, struct hc_plan);
	(*plan)->arena = arena;
	(*plan)->node = aim->node;
	(*plan)->member = aim->member;
	add_changes(&call, aim, registry, diff, *plan);
	decide_children(*plan);
	hc_order_changes(*plan, registry);
	add_steps(&call, registry, *plan);
	hc_order_steps(*plan);
	hc_guard(*plan, aim, diff, registry);
}
