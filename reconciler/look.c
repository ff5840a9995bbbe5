/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A look: every provider reads its part at the same time, each in a thread of its own; then one
 * comparison and one plan. A provider that cannot read, is stuck or is too late makes its own kinds
 * unknown and nobody else's. A look that may not wait long leaves a slow read to go on; what comes
 * of it is the next look's, which waits for all: nothing is noticed but that it came, so else two
 * slow providers would have each other read for ever. A read is of the time when it began: a step
 * that ended since makes it void, and what was noticed since is worth another look.
 */

#include <string.h>
#include <sys/socket.h>

#include "engine.h"

enum {
	FOLLOW_US = 3 * 1000 * 1000, /* a look for what came of a slow read: for the rest */
};

/* In a worker. */
static int open_and_read(void *arg)
{
	struct hc_work *work = arg;
	struct hc_slot *slot = work->slot;
	int r = 0;

	work->call.deadline = hc_now() + work->patience;
	work->self = slot->self;
	if (!slot->opened) {
		work->watch = -1;
		r = slot->provider->open(&work->call, &work->self, &work->watch);
		work->opened = !r;
	}
	return r ? r : slot->provider->read(&work->call, work->self, &work->state);
}

static void notice(struct hc_slot *slot)
{
	slot->noticed++;
	slot->engine->look_again = slot->engine->news = true;
}

void hc_engine_noticed(struct hc_engine *engine)
{
	for (size_t i = 0; i < engine->nslot; i++)
		notice(&engine->slots[i]);
}

/* An eventfd or a socket: reading it empty is enough, what it says is "look again". */
static int noticed(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	struct hc_slot *slot = arg;
	char buffer[8192];
	ssize_t n;

	(void)revents;
	do
		n = read(fd, buffer, sizeof(buffer));
	while (n > 0 && (size_t)n == sizeof(buffer));
	/* Its other end is gone: looking every now and then has to be enough. */
	if (!n || (n < 0 && errno != EAGAIN && errno != ENOBUFS && errno != EINTR))
		(void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
	notice(slot);
	return 0;
}

static void unknown_all(struct hc_state *live, const struct hc_provider *provider, const char *why)
{
	for (const struct hc_type *const *t = provider->types; *t; t++)
		hc_unknown(live, *t, "%s", why);
}

static void was_opened(struct hc_slot *slot, const struct hc_work *work)
{
	slot->opened = true;
	slot->self = work->self;
	slot->watch = work->watch;
	if (slot->watch >= 0 && sd_event_add_io(slot->engine->event, &slot->source, slot->watch,
						EPOLLIN, noticed, slot) < 0)
		slot->source = NULL; /* looking every now and then finds it too */
}

/* Keeps what was read, or why nothing was, for the look that takes it. */
static void keep_read(struct hc_work *work, int result)
{
	struct hc_slot *slot = work->slot;

	slot->read_arena = work->arena;
	slot->read = work->state;
	slot->read_why = NULL;
	if (result)
		slot->read_why =
			hc_work_said(work, work->arena,
				     result == -EBUSY ? "earlier calls to its provider are stuck"
						      : strerror(-result));
	/* What was found stays where it is, also the work itself; drop() frees an empty one. */
	work->arena = hc_arena_new();
}

static void begin_read(struct hc_slot *slot);

/* Before a step's end it saw what is so no more. */
static bool is_void(const struct hc_slot *slot)
{
	return slot->read_acted != slot->acted;
}

static void was_read(void *arg, int result)
{
	struct hc_work *work = arg;
	struct hc_slot *slot = work->slot;

	if (work->left)
		slot->engine->look_again = slot->engine->came = true;
	else
		slot->engine->pending--;
	slot->reading = NULL;
	if (result == -ETIMEDOUT) {
		hc_work_late(work, NULL);
		slot->read_arena = hc_arena_new();
		slot->read_why = "reading it did not come to an end in time";
		return;
	}
	if (work->opened)
		was_opened(slot, work);
	work->opened = false;
	hc_work_told(work);
	if (!is_void(slot))
		keep_read(work, result);
	else if (!work->left)
		begin_read(slot);
}

static void begin_read(struct hc_slot *slot)
{
	slot->read_noticed = slot->noticed;
	slot->read_acted = slot->acted;
	slot->reading = hc_work_new(slot, NULL, slot->engine->pace.read);
	hc_work_begin(slot->reading, open_and_read, was_read);
}

/* Nobody waits for it any more: the next look has it. */
static void leave_read(struct hc_slot *slot)
{
	slot->reading->left = true;
	slot->engine->pending--;
}

/* One that the look before left is waited for again, if it has not come to its end yet. */
static void begin_or_join(struct hc_slot *slot)
{
	if (slot->read_arena && is_void(slot))
		slot->read_arena = hc_arena_free(slot->read_arena);
	if (slot->read_arena)
		return;
	if (!slot->reading) {
		begin_read(slot);
		return;
	}
	slot->reading->left = false;
	slot->engine->pending++;
}

static void take_state(struct hc_cycle *cycle, const struct hc_state *state)
{
	struct hc_set *all = &cycle->live.found;

	for (size_t i = 0; i < state->found.n; i++) {
		all->v = hc_grow(all->arena, all->v, all->n, &all->room, sizeof(*all->v));
		all->v[all->n++] = state->found.v[i];
	}
	for (size_t i = 0; i < state->nunknown; i++)
		hc_unknown(&cycle->live, state->unknown[i].type, "%s", state->unknown[i].why);
}

/* What came of it so far; the slot keeps it. */
static void show_read(struct hc_cycle *cycle, const struct hc_slot *slot)
{
	if (!slot->read_arena) {
		cycle->partial = true;
		unknown_all(&cycle->live, slot->provider, "it is still being read");
	} else if (slot->read_why) {
		unknown_all(&cycle->live, slot->provider, slot->read_why);
	} else {
		take_state(cycle, &slot->read);
	}
}

/* The cycle gets what it shows. */
static void take_read(struct hc_cycle *cycle, struct hc_slot *slot)
{
	if (!slot->read_arena) {
		leave_read(slot);
		return;
	}
	if (slot->read_noticed != slot->noticed)
		slot->engine->look_again = slot->engine->news = true;
	hc_arena_adopt(cycle->arena, &slot->read_arena);
	slot->read_arena = NULL;
}

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

static void compare_and_plan(struct hc_engine *engine, struct hc_cycle *cycle)
{
	hc_set_sort(&cycle->live.found);
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
		show_read(cycle, &engine->slots[i]);
	compare_and_plan(engine, cycle);
	return cycle;
}

/* Whether something may be done at once that nothing came of before. */
static bool is_urgent(const struct hc_engine *engine, const struct hc_cycle *cycle)
{
	for (size_t i = 0; !cycle->plan->refused && i < cycle->plan->n; i++) {
		const struct hc_change *change = cycle->plan->change[i];

		if (change->nstep && !change->refused && change->hold == HC_GO &&
		    !hc_trouble_find(&engine->troubles, hc_change_text(cycle->arena, change)))
			return true;
	}
	return false;
}

/* Something was noticed: what was read first may say already what to do. *cycle: it does. */
static int wait_for_urgent(struct hc_engine *engine, uint64_t until, struct hc_cycle **cycle)
{
	size_t pending = engine->pending;
	uint64_t now;

	while (engine->pending && (now = hc_now()) < until) {
		int r = sd_event_run(engine->event, until - now);

		if (r < 0)
			return r;
		if (engine->pending >= pending || !engine->pending)
			continue;
		pending = engine->pending;
		*cycle = sight(engine);
		if (is_urgent(engine, *cycle))
			return 0;
		*cycle = hc_cycle_free(*cycle);
	}
	return 0;
}

/* Nothing was noticed: all can be waited for until something is. */
static int wait_for_news(struct hc_engine *engine, uint64_t until)
{
	uint64_t now;
	int r = 0;

	while (r >= 0 && engine->pending && !engine->news && (now = hc_now()) < until)
		r = sd_event_run(engine->event, until - now);
	return r;
}

static int wait_for_reads(struct hc_engine *engine, bool news, struct hc_cycle **cycle)
{
	uint64_t glance = engine->pace.glance;
	int r;

	if (!glance)
		return hc_engine_wait(engine, 0);
	if (news)
		return wait_for_urgent(engine, hc_now() + glance, cycle);
	if (!engine->came)
		return hc_engine_wait(engine, hc_now() + glance);
	r = wait_for_news(engine, hc_now() + FOLLOW_US);
	return r < 0 ? r : hc_engine_wait(engine, hc_now() + glance);
}

struct hc_cycle *hc_look(struct hc_engine *engine)
{
	struct hc_cycle *cycle = NULL;
	bool news = engine->news;
	int r;

	engine->look_again = engine->news = false;
	for (size_t i = 0; i < engine->nslot; i++)
		begin_or_join(&engine->slots[i]);
	r = wait_for_reads(engine, news, &cycle);
	engine->came = false;
	if (r < 0)
		return hc_cycle_free(cycle);
	if (!cycle)
		cycle = sight(engine);
	for (size_t i = 0; i < engine->nslot; i++)
		take_read(cycle, &engine->slots[i]);
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

struct hc_cycle *hc_cycle_free(struct hc_cycle *cycle)
{
	if (cycle && cycle->late)
		cycle->gone = true;
	else if (cycle)
		(void)hc_arena_free(cycle->arena);
	return NULL;
}

void hc_cycle_freep(struct hc_cycle **cycle)
{
	*cycle = hc_cycle_free(*cycle);
}
