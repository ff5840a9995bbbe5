/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The property test: whatever is wanted, whatever is there, and whatever goes wrong on the way,
 * reconciling ends converged, a plan then finds nothing, and no rule was broken while it worked.
 *
 *     property [SEED [COUNT]]
 *
 * Each iteration is a world of its own (its seed is SEED + its number, so one that fails can be run
 * alone) that is led through some generations of manifests. Now and then the process dies in the
 * middle: its engine is thrown away, its inventory is as it was at that moment, and a new one takes
 * over. Files lie in memory where that is possible; time passes only as far as hanging calls take
 * it.
 */

#include "world.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <hcstate/file.h>

#define MS UINT64_C(1000)

enum {
	USUAL_COUNT = 200,
	GENERATIONS = 3,
};

static const struct hc_pace hasty = {
	.read = 30 * MS,
	.step = 15 * MS,
	.settle = 1000 * MS,
	.look = 1000,
	.retry = 500,
	.longest_retry = 4000,
};

/* So many things that no machine's load makes a call late that does not hang. */
static const struct hc_pace patient = {
	.read = 20000 * MS,
	.step = 20000 * MS,
	.settle = 20000 * MS,
	.look = 1000,
	.retry = 500,
	.longest_retry = 4000,
};

struct test {
	struct world world;
	struct hc_arena *arena;
	struct hc_registry *registry;
	struct hc_generation *generation;
	struct hc_engine *engine;
	const char *dir;
};

static bool is_dead(struct test *test)
{
	bool dead;

	pthread_mutex_lock(&test->world.lock);
	dead = test->world.dead;
	pthread_mutex_unlock(&test->world.lock);
	return dead;
}

static void progress(void *arg, const struct hc_step *step, enum hc_step_state state,
		     const char *why)
{
	struct test *test = arg;

	(void)why;
	if (is_dead(test))
		test->engine->stop = true;
	pthread_mutex_lock(&test->world.lock);
	test->world.done[step->number] = state == HC_STEP_DONE;
	pthread_mutex_unlock(&test->world.lock);
}

/* Its steps count from here on; those of another that still go on do not. */
static void looked(void *arg, const struct hc_cycle *cycle)
{
	struct test *test = arg;

	pthread_mutex_lock(&test->world.lock);
	test->world.plan = cycle->plan;
	memset(test->world.done, 0, sizeof(test->world.done));
	pthread_mutex_unlock(&test->world.lock);
}

static struct hc_engine *start(struct test *test, struct hc_diags *diags)
{
	const struct hc_engine_options options = {
		.node = "n1",
		.state_dir = test->dir,
		.key_file = "/nonexistent",
		.allow_removals = THINGS,
		.pace = test->world.strict ? &patient : &hasty,
	};
	struct hc_engine *engine = hc_engine_new(test->registry, test->generation, &options, diags);

	if (engine) {
		engine->looked = looked;
		engine->progress = progress;
		engine->progress_arg = test;
	}
	return engine;
}

/* Late calls still look at the engine and at the world, and keep a provider busy. */
static void await_late(struct test *test)
{
	while (test->engine && test->engine->late)
		if (sd_event_run(test->engine->event, UINT64_MAX) < 0)
			abort();
}

static void stop(struct test *test)
{
	await_late(test);
	hc_engine_freep(&test->engine);
}

static void violates(struct test *test, const char *what)
{
	pthread_mutex_lock(&test->world.lock);
	world_violates(&test->world, "%s", what);
	pthread_mutex_unlock(&test->world.lock);
}

static void check_end(struct test *test)
{
	struct hc_cycle *cycle;

	pthread_mutex_lock(&test->world.lock);
	world_check(&test->world);
	test->world.calm = true;
	pthread_mutex_unlock(&test->world.lock);
	await_late(test);
	test->engine->pace = patient; /* a busy machine is no broken rule */
	cycle = hc_look(test->engine);
	test->engine->pace = test->world.strict ? patient : hasty;
	if (!cycle || cycle->plan->n || cycle->plan->refused || !cycle->diff.complete)
		violates(test, "a plan finds something to do after it has converged");
	(void)hc_cycle_free(cycle);
	pthread_mutex_lock(&test->world.lock);
	test->world.calm = test->world.strict;
	pthread_mutex_unlock(&test->world.lock);
}

/* What somebody did during the last look may have come too late for it. */
static bool is_overtaken(struct test *test)
{
	bool overtaken;

	pthread_mutex_lock(&test->world.lock);
	overtaken = test->world.meddled == test->world.readings;
	pthread_mutex_unlock(&test->world.lock);
	return overtaken;
}

static enum hc_end converge(struct test *test, struct hc_cycle **last, struct hc_diags *diags)
{
	enum hc_end end = hc_converge(test->engine, 60000 * MS, last, diags);

	while (end == HC_END_CONVERGED && is_overtaken(test)) {
		(void)hc_cycle_free(*last);
		end = hc_converge(test->engine, 60000 * MS, last, diags);
	}
	return end;
}

/* One life of a process. Gives whether it came to its end. */
static bool live(struct test *test)
{
	struct hc_arena *arena = hc_arena_new();
	struct hc_diags diags = {.arena = arena};
	struct hc_cycle *last = NULL;
	enum hc_end end = HC_END_FAILED;
	bool died;

	test->engine = start(test, &diags);
	if (test->engine)
		end = converge(test, &last, &diags);
	(void)hc_cycle_free(last);
	await_late(test);
	died = is_dead(test);
	if (!died && end != HC_END_CONVERGED)
		violates(test, diags.n ? diags.v[0].text : "it does not converge");
	else if (!died)
		check_end(test);
	stop(test);
	if (died)
		world_rise(&test->world);
	hc_arena_freep(&arena);
	return !died;
}

static void run_generation(struct test *test, struct random *random)
{
	test->generation = generate_manifests(random, &test->world);
	world_begin(&test->world);
	test->world.kill_at = random_below(random, 2) ? 0 : 1 + random_below(random, 25);
	test->world.dies_late = !random_below(random, 4);
	while (!live(test))
		;
	test->world.kill_at = 0;
	hc_generation_freep(&test->generation);
}

static void init(struct test *test, const char *dir)
{
	pthread_mutex_init(&test->world.lock, NULL);
	pthread_cond_init(&test->world.changed, NULL);
	test->world.hang_us = hasty.read + 10 * MS;
	test->world.arena = test->arena = hc_arena_new();
	test->dir = dir;
	test->world.inventory = hc_printf(test->arena, "%s/inventory.json", dir);
	test->registry = hc_registry_new();
	if (hc_registry_add(test->registry, &box_provider) ||
	    hc_registry_add(test->registry, &rope_provider))
		abort();
	fake_world(&test->world);
}

static void clear(struct test *test)
{
	(void)hc_file_remove(test->world.inventory); /* a leftover breaks the next one's rules */
	hc_registry_freep(&test->registry);
	hc_arena_freep(&test->arena);
	pthread_cond_destroy(&test->world.changed);
	pthread_mutex_destroy(&test->world.lock);
}

/* Gives whether all rules held. */
static bool iterate(uint64_t seed, const char *dir)
{
	struct random random = {.state = seed * UINT64_C(0x2545f4914f6cdd1d)};
	struct test test = {0};
	bool good;

	init(&test, dir);
	generate_world(&random, &test.world);
	for (unsigned g = 0; g < GENERATIONS && !*test.world.violation; g++)
		run_generation(&test, &random);
	good = !*test.world.violation;
	if (!good)
		fprintf(stderr, "property: seed %" PRIu64 ": %s\n", seed, test.world.violation);
	clear(&test);
	return good;
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : (uint64_t)time(NULL);
	uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 0) : argc > 1 ? 1 : USUAL_COUNT;
	char dir[] = "/dev/shm/hcstate-property-XXXXXX", other[] = "/tmp/hcstate-property-XXXXXX";
	const char *used = mkdtemp(dir) ? dir : mkdtemp(other);
	uint64_t failed = 0;

	printf("property: %" PRIu64 " worlds from seed %" PRIu64 "\n", count, seed);
	(void)fflush(stdout);
	if (!used)
		return EXIT_FAILURE;
	for (uint64_t i = 0; i < count && !failed; i++)
		failed += !iterate(seed + i, used);
	(void)rmdir(used);
	printf("property: %s\n", failed ? "a rule was broken" : "all rules held");
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
