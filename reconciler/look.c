/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A look: every provider reads its part at the same time, each in a thread of its own; then one
 * comparison and one plan. A provider that cannot read, is stuck or is too late makes its own kinds
 * unknown and nobody else's. A look that may not wait long leaves a slow read to go on; what comes
 * of it is the next look's, which waits for all: nothing is noticed but that it came, so else two
 * slow providers would have each other read for ever.
 *
 * What an earlier run has left and still goes on is part of what is planned: its object is not as
 * it should be, however it looks, and what comes after it waits.
 */

#include "engine.h"

enum {
	FOLLOW_US = 3 * 1000 * 1000, /* a look for what came of a slow read: for the rest */
	MOST_RENEWED = 8,            /* reads that one look begins anew: it may be a storm */
};

static struct hc_cycle *cycle_new(void)
{
	struct hc_arena *arena = hc_arena_new();
	struct hc_cycle *cycle = hc_new(arena, struct hc_cycle);

	cycle->arena = arena;
	cycle->live.found.arena = arena;
	cycle->diff.arena = arena;
	return cycle;
}

/* Behind a kind that cannot be read may be what we made and nobody asks for any more; on a machine
 * that the manifests do not name, what makes it a member. */
static void find_hidden(const struct hc_engine *engine, struct hc_state *live)
{
	for (size_t i = 0; i < live->nunknown; i++) {
		const struct hc_type *type = live->unknown[i].type;
		size_t wanted;

		(void)hc_of_type(&engine->desired, type, &wanted);
		live->unknown[i].matters =
			engine->aim.member
				? !wanted && hc_inventory_has_kind(&engine->inventory, type)
				: type->membership;
	}
}

/* It points into another look now, which is to stay as long as it does. */
static void lend(struct hc_cycle *cycle, struct hc_cycle *other)
{
	for (size_t i = 0; i < cycle->nlent; i++)
		if (cycle->lent[i] == other)
			return;
	cycle->lent = hc_grow(cycle->arena, cycle->lent, cycle->nlent, &cycle->lentroom,
			      sizeof(*cycle->lent));
	cycle->lent[cycle->nlent++] = other;
	other->late++;
}

static void find_going(const struct hc_engine *engine, struct hc_cycle *cycle)
{
	const struct hc_step **going = NULL;
	size_t room = 0;

	for (const struct hc_work *work = engine->late; work; work = work->next) {
		if (!work->step)
			continue;
		going = hc_grow(cycle->arena, going, cycle->diff.ngoing, &room, sizeof(*going));
		going[cycle->diff.ngoing++] = work->step;
		if (work->cycle)
			lend(cycle, work->cycle);
	}
	cycle->diff.going = going;
}

static void compare_and_plan(struct hc_engine *engine, struct hc_cycle *cycle)
{
	hc_set_sort(&cycle->live.found);
	find_going(engine, cycle);
	find_hidden(engine, &cycle->live);
	cycle->diff.node = engine->aim.node;
	cycle->diff.nodes = &engine->generation->nodes;
	hc_diff(&cycle->diff, &engine->desired, &cycle->live, engine->registry, &engine->inventory);
	hc_plan(&engine->aim, engine->registry, &cycle->live, &cycle->diff, cycle->arena,
		&cycle->plan);
}

static struct hc_cycle *sight(struct hc_engine *engine)
{
	struct hc_cycle *cycle = cycle_new();

	for (size_t i = 0; i < engine->nslot; i++)
		hc_read_show(cycle, &engine->slots[i]);
	compare_and_plan(engine, cycle);
	return cycle;
}

/* Whether something may be done at once that nothing came of before. */
static bool is_urgent(const struct hc_engine *engine, const struct hc_cycle *cycle)
{
	for (size_t i = 0; !cycle->plan->refused && i < cycle->plan->n; i++) {
		const struct hc_change *change = cycle->plan->change[i];

		if (change->nstep && !change->refused && !change->going && change->hold == HC_GO &&
		    !hc_trouble_find(&engine->troubles, hc_change_text(cycle->arena, change)))
			return true;
	}
	return false;
}

/* Those that something was noticed of since they were read: while others are slow, so that what is
 * to be done at once is seen before they are through. */
static size_t renew_reads(struct hc_engine *engine, size_t most)
{
	size_t n = 0;

	for (size_t i = 0; i < engine->nslot && n < most; i++)
		n += hc_read_renew(&engine->slots[i]);
	return n;
}

/* Something was noticed: what was read first may say already what to do. *cycle: it does. */
static int wait_for_urgent(struct hc_engine *engine, uint64_t until, struct hc_cycle **cycle)
{
	size_t renewed = 0;
	uint64_t now;

	while (engine->pending && (now = hc_now()) < until) {
		size_t pending;
		int r;

		renewed += renew_reads(engine, MOST_RENEWED - renewed);
		pending = engine->pending;
		r = sd_event_run(engine->event, until - now);
		if (r < 0)
			return r;
		if (engine->pending >= pending || !engine->pending)
			continue;
		*cycle = sight(engine);
		if (is_urgent(engine, *cycle))
			return 0;
		*cycle = hc_cycle_free(*cycle);
	}
	return 0;
}

static int wait_for_news(struct hc_engine *engine, uint64_t until)
{
	uint64_t now;
	int r = 0;

	while (r >= 0 && engine->pending && !engine->news && (now = hc_now()) < until)
		r = sd_event_run(engine->event, until - now);
	return r;
}

/* As long as nothing is noticed all can be waited for. */
static int wait_for_reads(struct hc_engine *engine, bool news, struct hc_cycle **cycle)
{
	uint64_t glance = engine->pace.glance;
	int r = 0;

	if (!glance)
		return hc_engine_wait(engine, 0);
	if (!news)
		r = wait_for_news(engine, hc_now() + (engine->came ? FOLLOW_US : glance));
	if (r < 0 || !(news || engine->news))
		return r;
	return wait_for_urgent(engine, hc_now() + glance, cycle);
}

struct hc_cycle *hc_look(struct hc_engine *engine)
{
	struct hc_cycle *cycle = NULL;
	bool news = engine->news;
	int r;

	engine->look_again = engine->news = false;
	for (size_t i = 0; i < engine->nslot; i++)
		hc_read_begin(&engine->slots[i]);
	engine->looking = true;
	r = wait_for_reads(engine, news, &cycle);
	engine->came = engine->looking = false;
	if (r < 0)
		return hc_cycle_free(cycle);
	if (!cycle)
		cycle = sight(engine);
	for (size_t i = 0; i < engine->nslot; i++)
		hc_read_take(cycle, &engine->slots[i]);
	return cycle;
}

struct hc_cycle *hc_look_at(struct hc_engine *engine, struct hc_state *live)
{
	struct hc_cycle *cycle = cycle_new();
	struct hc_arena *arena = live->found.arena;

	cycle->live = *live;
	hc_arena_adopt(cycle->arena, &arena);
	cycle->live.found.arena = cycle->arena;
	compare_and_plan(engine, cycle);
	return cycle;
}

static void end(struct hc_cycle *cycle)
{
	for (size_t i = 0; i < cycle->nlent; i++)
		hc_cycle_release(cycle->lent[i]);
	(void)hc_arena_free(cycle->arena);
}

void hc_cycle_release(struct hc_cycle *cycle)
{
	if (!--cycle->late && cycle->gone)
		end(cycle);
}

struct hc_cycle *hc_cycle_free(struct hc_cycle *cycle)
{
	if (cycle && cycle->late)
		cycle->gone = true;
	else if (cycle)
		end(cycle);
	return NULL;
}

void hc_cycle_freep(struct hc_cycle **cycle)
{
	*cycle = hc_cycle_free(*cycle);
}
