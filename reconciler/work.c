/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls to providers. A call gets an arena of its own, so that a worker never allocates where the
 * loop does; what it leaves behind is adopted by who asked. One that is late is kept in a list,
 * with the look that it may still look at, until it comes back. What calls tell the other processes
 * is told here.
 */

#include <string.h>

#include "engine.h"

static const struct hc_peers nobody;

static const struct hc_peers *hear(const struct hc_engine *engine, struct hc_call *call)
{
	struct hc_peers *peers = hc_new(call->arena, struct hc_peers);

	for (size_t i = 0; i < engine->nslot; i++) {
		struct hc_slot *slot = &engine->slots[i];

		if (slot->opened && slot->provider->hear &&
		    !slot->provider->hear(call, slot->self, peers))
			return peers;
	}
	return peers;
}

const struct hc_peers *hc_engine_hear(struct hc_engine *engine, struct hc_arena *arena)
{
	struct hc_call call = {.arena = arena, .diags = {.arena = arena}};

	return hear(engine, &call);
}

/* Its own: the engine's goes with its turn, and a call that is not waited for with none. */
static const struct hc_strings *keep_approved(const struct hc_engine *engine,
					      struct hc_arena *arena)
{
	struct hc_strings *kept = hc_new(arena, struct hc_strings);

	for (size_t i = 0; i < engine->aim.approved.n; i++)
		hc_strings_add(arena, kept, engine->aim.approved.v[i]);
	return kept;
}

struct hc_work *hc_work_new(struct hc_slot *slot, const struct hc_state *live, uint64_t patience)
{
	struct hc_engine *engine = slot->engine;
	struct hc_arena *arena = hc_arena_new();
	struct hc_work *work = hc_new(arena, struct hc_work);

	work->engine = engine;
	work->slot = slot;
	work->arena = arena;
	work->patience = patience;
	work->state.found.arena = arena;
	work->call = (struct hc_call){
		.arena = arena,
		.node = engine->aim.node,
		.member = engine->aim.member,
		.dry = engine->dry,
		.deadline = hc_now() + patience, /* counted anew when it begins */
		.diags = {.arena = arena},
		.desired = &engine->desired,
		.whole = &engine->generation->desired,
		.live = live,
		.approved = keep_approved(engine, arena),
		.peers = &nobody,
		.secrets = engine->secrets,
		.pulse = engine->pulse,
	};
	work->call.peers = hear(engine, &work->call);
	return work;
}

void hc_work_late(struct hc_work *work, struct hc_cycle *cycle)
{
	work->cycle = cycle;
	work->next = work->engine->late;
	work->engine->late = work;
	if (cycle)
		cycle->late++;
}

static void forget_late(struct hc_work *work)
{
	struct hc_work **at = &work->engine->late;

	while (*at && *at != work)
		at = &(*at)->next;
	if (!*at)
		return; /* it was in time */
	*at = work->next;
	if (work->cycle)
		hc_cycle_release(work->cycle);
}

/* A step that was given up: what it did is to be seen now. */
static void came_at_last(struct hc_work *work)
{
	hc_read_acted(work->slot);
	work->engine->look_again = work->engine->news = true;
}

static void drop(void *arg)
{
	struct hc_work *work = arg;

	if (atomic_load(&work->opened) && !work->taken) /* it is nobody's */
		work->slot->provider->close(work->self);
	if (work->step && work->overdue)
		came_at_last(work);
	else if (work->overdue) /* its kinds can be read again, perhaps */
		work->engine->look_again = true;
	forget_late(work);
	(void)hc_arena_free(work->arena);
}

void hc_work_begin(struct hc_work *work, int (*run)(void *), void (*done)(void *, int))
{
	const struct hc_job job = {
		.run = run,
		.done = done,
		.drop = drop,
		.arg = work,
		.patience = work->patience,
	};

	work->since = hc_now();
	work->engine->pending++;
	hc_lane_run(work->slot->lane, &job);
}

/* Facts come and go for as long as the process runs: they are always written anew. */
static bool take_facts(struct hc_engine *engine, const struct hc_map *told)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = NULL;
	struct hc_map facts = {0};
	bool news = false;

	for (size_t i = 0; i < told->n; i++) {
		const char *known = hc_map_get(&engine->facts, told->v[i].key);

		news |= !known || strcmp(known, told->v[i].value) != 0;
	}
	if (!news)
		return false;
	arena = hc_arena_new();
	for (size_t i = 0; i < engine->facts.n; i++)
		hc_map_put(arena, &facts, hc_strdup(arena, engine->facts.v[i].key),
			   hc_strdup(arena, engine->facts.v[i].value));
	for (size_t i = 0; i < told->n; i++)
		hc_map_put(arena, &facts, hc_strdup(arena, told->v[i].key),
			   hc_strdup(arena, told->v[i].value));
	(void)hc_arena_free(engine->facts_arena);
	engine->facts_arena = hc_steal(&arena);
	engine->facts = facts;
	return true;
}

static void tell_all(struct hc_engine *engine, struct hc_call *call)
{
	for (size_t i = 0; !engine->dry && i < engine->nslot; i++) {
		struct hc_slot *slot = &engine->slots[i];

		if (slot->opened && slot->provider->tell)
			(void)slot->provider->tell(call, slot->self,
						   &engine->facts); /* again with the next news */
	}
}

void hc_work_told(struct hc_work *work)
{
	if (take_facts(work->engine, &work->call.told))
		tell_all(work->engine, &work->call);
}

void hc_engine_tell(struct hc_engine *engine, const char *key, const char *value)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct hc_call call = {.arena = arena, .diags = {.arena = arena}};
	struct hc_map told = {0};

	hc_map_put(arena, &told, key, value);
	if (take_facts(engine, &told))
		tell_all(engine, &call);
}

const char *hc_work_said(const struct hc_work *work, struct hc_arena *arena, const char *otherwise)
{
	const struct hc_diags *diags = &work->call.diags;

	return hc_strdup(arena, diags->n ? diags->v[diags->n - 1].text : otherwise);
}
