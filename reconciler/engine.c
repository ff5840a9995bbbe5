/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's own life: what this node has to do with the manifests, providers in slots with
 * threads of their own, and the loop. Calls to them are in work.c.
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

enum {
	PARTING_US = 700 * 1000 /* in which whoever looks at the pulse now and then sees its end */
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
	if (engine->stop) { /* asked twice: a kill at any moment ends well */
		if (engine->pulse)
			(void)usleep(PARTING_US); /* an early end is no harm */
		_exit(1);
	}
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
	select_desired(generation, engine->aim.node, &desired);
	r = derive(engine, generation, &desired, diags);
	if (r)
		return r;
	drop_reads(engine);
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
	engine->pulse = options->pulse;
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
