/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's own life: what this node has to do with the manifests, providers in slots with
 * threads of their own, and calls to them. A call gets an arena of its own, so that a worker never
 * allocates where the loop does; what it leaves behind is adopted by who asked.
 */

#include "engine.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "secret.h"

const struct hc_pace hc_usual_pace = {
	.read = UINT64_C(10000000),
	.step = UINT64_C(30000000),
	.settle = UINT64_C(600000000),
	.look = UINT64_C(250000),
	.retry = UINT64_C(250000),
	.longest_retry = UINT64_C(30000000),
	.still = UINT64_C(5000000),
	.stop = UINT64_C(15000000),
};

static const struct hc_peers nobody;

/* This node's part of a generation. The resources stay the generation's own. */
static void select_desired(const struct hc_generation *generation, const char *node,
			   struct hc_set *mine)
{
	const struct hc_set *all = &generation->desired;

	for (size_t i = 0; i < all->n; i++) {
		if (all->v[i]->node && strcmp(all->v[i]->node, node) != 0)
			continue;
		mine->v = hc_grow(mine->arena, mine->v, mine->n, &mine->room, sizeof(*mine->v));
		mine->v[mine->n++] = all->v[i];
	}
}

static int derive(const struct hc_engine *engine, const struct hc_generation *generation,
		  struct hc_set *desired, struct hc_diags *diags)
{
	for (size_t i = 0; i < engine->nslot; i++) {
		const struct hc_provider *provider = engine->slots[i].provider;
		const struct hc_set before = *desired;
		struct hc_call call = {
			.arena = desired->arena,
			.node = engine->aim.node,
			.member = hc_strings_have(&generation->nodes, engine->aim.node),
			.dry = true,
			.deadline = UINT64_MAX,
			.diags = {.arena = desired->arena},
			.desired = &before,
			.whole = &generation->desired,
			.approved = &engine->aim.approved,
			.peers = &nobody,
		};
		int r = provider->derive ? provider->derive(&call, desired) : 0;

		hc_diags_add(diags, &call.diags);
		if (r)
			return r;
		hc_set_sort(desired);
	}
	return 0;
}

static void make_slots(struct hc_engine *engine)
{
	const struct hc_registry *registry = engine->registry;

	engine->slots = hc_alloc(engine->arena, registry->nmodule * sizeof(*engine->slots));
	for (size_t i = 0; i < registry->nmodule; i++) {
		const struct hc_provider *provider = registry->modules[i].provider;

		if (!provider)
			continue;
		engine->slots[engine->nslot++] = (struct hc_slot){
			.engine = engine,
			.provider = provider,
			.lane = hc_lane_new(engine->workers, provider->name, provider->parallel),
			.watch = -1,
		};
	}
}

/* A signal's: nothing here takes a lock. */
static void leave(int signal)
{
	static const char said[] = "hcstate: asked to stop: what was under way has not come to an "
				   "end and is left as it is\n";

	(void)signal;
	(void)!write(STDERR_FILENO, said, sizeof(said) - 1); /* it ends with or without a word */
	_exit(1);
}

/*
 * A kill at any moment ends well, so whoever asked is not kept waiting for calls that take long or
 * hang. It is a signal because they may also hold up the end of the process, in a library's
 * destructors, when the loop has ended.
 */
static void leave_in_time(uint64_t patience)
{
	const struct sigaction action = {.sa_handler = leave};
	const struct itimerval timer = {
		.it_value = {.tv_sec = (time_t)(patience / 1000000),
			     .tv_usec = (suseconds_t)(patience % 1000000)},
	};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	/* none of these fails with such arguments */
	(void)sigaction(SIGALRM, &action, NULL);
	(void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	(void)setitimer(ITIMER_REAL, &timer, NULL);
}

static int asked_to_stop(sd_event_source *source, const struct signalfd_siginfo *info, void *arg)
{
	(void)source, (void)info;
	hc_engine_stop(arg);
	return 0;
}

void hc_engine_stop(struct hc_engine *engine)
{
	if (engine->stop)
		_exit(1); /* asked twice: a kill at any moment ends well */
	engine->stop = true;
	leave_in_time(engine->pace.stop);
}

static int own_loop(struct hc_engine *engine)
{
	static const int signals[] = {SIGINT, SIGTERM};
	int r = sd_event_new(&engine->event);

	for (size_t i = 0; r >= 0 && i < HC_COUNT(signals); i++) {
		r = sd_event_add_signal(engine->event, NULL, signals[i], asked_to_stop, engine);
		if (r == -EBUSY)
			r = 0; /* not blocked by this process: a test's */
	}
	return r;
}

static int make_loop(struct hc_engine *engine, sd_event *shared)
{
	int r = 0;

	if (shared)
		engine->event = sd_event_ref(shared);
	else
		r = own_loop(engine);
	if (r < 0)
		return r;
	engine->workers = hc_workers_new(engine->event);
	return engine->workers ? 0 : -EMFILE;
}

static bool is_reading(const struct hc_engine *engine)
{
	for (size_t i = 0; i < engine->nslot; i++)
		if (engine->slots[i].reading)
			return true;
	return false;
}

/* What was read for another generation may be half of what this one wants to know. */
static void drop_reads(struct hc_engine *engine)
{
	for (size_t i = 0; i < engine->nslot; i++) {
		struct hc_slot *slot = &engine->slots[i];

		hc_arena_freep(&slot->read_arena);
	}
}

bool hc_engine_busy(const struct hc_engine *engine)
{
	return engine->late || is_reading(engine);
}

int hc_engine_take(struct hc_engine *engine, const struct hc_generation *generation,
		   struct hc_diags *diags)
{
	_cleanup_(hc_arena_freep) struct hc_arena *part = hc_arena_new();
	struct hc_set desired = {.arena = part};
	int r;

	if (hc_engine_busy(engine))
		return -EBUSY;
	drop_reads(engine);
	select_desired(generation, engine->aim.node, &desired);
	r = derive(engine, generation, &desired, diags);
	if (r)
		return r;
	engine->generation = generation;
	engine->desired = desired;
	(void)hc_arena_free(engine->part);
	engine->part = hc_steal(&part);
	engine->aim.member = hc_strings_have(&generation->nodes, engine->aim.node);
	engine->aim.whole = &generation->desired;
	engine->secrets = hc_secrets_free(engine->secrets);
	engine->secrets = hc_secrets_new(&generation->desired, engine->key_file, engine->aim.node);
	engine->aim.secrets = engine->secrets;
	hc_troubles_clear(&engine->troubles); /* of what is not asked for like that any more */
	return 0;
}

struct hc_engine *hc_engine_new(const struct hc_registry *registry,
				const struct hc_generation *generation,
				const struct hc_engine_options *options, struct hc_diags *diags)
{
	struct hc_arena *arena = hc_arena_new();
	struct hc_engine *engine = hc_new(arena, struct hc_engine);
	int r;

	engine->arena = arena;
	engine->registry = registry;
	engine->key_file = options->key_file;
	engine->dry = options->dry;
	engine->pace = options->pace ? *options->pace : hc_usual_pace;
	engine->state_dir = options->state_dir ? options->state_dir : "/var/lib/hcstate";
	engine->aim = (struct hc_aim){
		.node = options->node,
		.desired = &engine->desired,
		.approved = options->approved,
		.allow_removals = options->allow_removals,
	};
	r = make_loop(engine, options->event);
	if (r < 0) {
		hc_say(diags, HC_ERROR, (struct hc_place){0}, "cannot start the event loop: %s",
		       strerror(-r));
		return hc_engine_free(engine);
	}
	make_slots(engine);
	if (hc_inventory_read(&engine->inventory, arena, engine->state_dir, diags) ||
	    hc_engine_take(engine, generation, diags))
		return hc_engine_free(engine);
	return engine;
}

struct hc_engine *hc_engine_free(struct hc_engine *engine)
{
	if (!engine)
		return NULL;
	for (size_t i = 0; i < engine->nslot; i++)
		sd_event_source_disable_unref(engine->slots[i].source);
	engine->workers = hc_workers_free(engine->workers);
	if (engine->late)
		return NULL;
	drop_reads(engine);
	for (size_t i = 0; i < engine->nslot; i++)
		if (engine->slots[i].opened)
			engine->slots[i].provider->close(engine->slots[i].self);
	engine->secrets = hc_secrets_free(engine->secrets);
	sd_event_unref(engine->event);
	hc_troubles_clear(&engine->troubles);
	(void)hc_arena_free(engine->facts_arena);
	(void)hc_arena_free(engine->part);
	(void)hc_arena_free(engine->arena);
	return NULL;
}

void hc_engine_freep(struct hc_engine **engine)
{
	*engine = hc_engine_free(*engine);
}

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
	if (work->cycle && !--work->cycle->late && work->cycle->gone)
		(void)hc_arena_free(work->cycle->arena);
}

static void drop(void *arg)
{
	struct hc_work *work = arg;

	if (work->opened) /* nobody waited for it, so it is nobody's */
		work->slot->provider->close(work->self);
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

int hc_engine_wait(struct hc_engine *engine, uint64_t until)
{
	while (engine->pending) {
		uint64_t now = until ? hc_now() : 0;
		int r;

		if (until && now >= until)
			return 0;
		r = sd_event_run(engine->event, until ? until - now : UINT64_MAX);
		if (r < 0)
			return r;
	}
	return 0;
}
