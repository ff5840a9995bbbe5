/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether high availability keeps what it promises, in many random scenarios. Then the same with
 * one thing broken on purpose after the other: a test that does not notice proves nothing.
 *
 *	chaos [SEEDS]; SEED=N in the environment: only that one
 *
 * A scenario that goes wrong is written into the working directory, to be run by `hcstate simulate
 * -f chaos-N.manifests chaos-N.scenario`, and to become a case.
 */

#include "chaos.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What ha_decide() is told falsely, in this process of one thread. */
static enum chaos_sabotage sabotage;

/* The linker puts the second in the place of what the model calls. */
void decide_truly(struct hc_arena *arena, const struct ha_wants *wants, const struct ha_seen *seen,
		  const struct ha_memory *was,
		  struct ha_decision *decision) __asm__("__real_ha_decide");
void decide_falsely(struct hc_arena *arena, const struct ha_wants *wants,
		    const struct ha_seen *seen, const struct ha_memory *was,
		    struct ha_decision *decision) __asm__("__wrap_ha_decide");

static void break_nodes(struct ha_seen *seen)
{
	for (size_t i = 0; i < seen->nnode; i++) {
		struct ha_seen_node *node = &seen->nodes[i];

		if (sabotage == SABOTAGE_SHUT_OUT)
			node->shut_out = !node->member;
		if (sabotage == SABOTAGE_LOST)
			node->member = node->storage = true, node->lost = 0;
	}
}

/* Somebody seems to have asked the first VM to go to another node. */
static void ask(struct hc_arena *arena, struct ha_seen *seen, const struct ha_memory *was)
{
	struct ha_asked *asked = hc_new(arena, struct ha_asked);
	size_t to = 0;

	if (!was->nvm || seen->nnode < 2)
		return;
	while (to + 1 < seen->nnode &&
	       (!strcmp(seen->nodes[to].name, was->vms[0].node) || !seen->nodes[to].member))
		to++;
	*asked = (struct ha_asked){was->vms[0].vm, HA_MIGRATE_TO, seen->nodes[to].name};
	seen->asked = asked;
	seen->nasked = 1;
}

static void forget_groups(struct hc_arena *arena, struct ha_wants *wants)
{
	struct ha_want *v = hc_alloc(arena, wants->n * sizeof(*v));

	for (size_t i = 0; i < wants->n; i++) {
		v[i] = wants->v[i];
		v[i].group = NULL;
	}
	wants->v = v;
}

void decide_falsely(struct hc_arena *arena, const struct ha_wants *wants,
		    const struct ha_seen *seen, const struct ha_memory *was,
		    struct ha_decision *decision)
{
	struct ha_seen lie = *seen;
	struct ha_wants other = *wants;

	break_nodes(&lie);
	if (sabotage == SABOTAGE_RESTLESS)
		ask(arena, &lie, was);
	if (sabotage == SABOTAGE_GROUPS)
		forget_groups(arena, &other);
	decide_truly(arena, &other, &lie, was, decision);
}

static void live(struct chaos_watch *watch, struct hc_arena *arena, const struct scenario *scenario)
{
	watch->vms = hc_alloc(arena, scenario->nvm * sizeof(*watch->vms));
	for (size_t i = 0; i < scenario->nvm; i++)
		watch->vms[i].may_move = scenario->vms[i].is == HA_IS_MIGRATE;
	watch->world = world_new(arena, scenario, chaos_event, watch);
	while (!watch->wrong && world_step(watch->world))
		chaos_look(watch);
	if (!watch->wrong)
		chaos_rest(watch);
	world_free(watch->world);
}

static struct hc_source *source_of(struct hc_arena *arena, const char *path, const char *text)
{
	struct hc_source *source = hc_new(arena, struct hc_source);

	*source = (struct hc_source){.path = path,
				     .text = hc_strdup(arena, text),
				     .size = strlen(text)};
	return source;
}

static struct hc_generation *load(const struct hc_registry *registry, const char *text)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct hc_source **sources = hc_alloc(arena, sizeof(*sources));

	sources[0] = source_of(arena, "manifests", text);
	return hc_load_texts(registry, &arena, ".", sources, 1, NULL, NULL);
}

static void save(uint64_t seed, const char *what, const char *text)
{
	_cleanup_(hc_freep) char *path = NULL;
	FILE *out;

	if (asprintf(&path, "chaos-%" PRIu64 ".%s", seed, what) < 0)
		abort();
	out = fopen(path, "we");
	if (!out || fputs(text, out) < 0 || fclose(out))
		perror(path);
	else
		printf("    written to %s\n", path);
}

/* NULL, or what is wrong, in the arena. */
static const char *try(struct hc_arena *arena, const struct hc_registry *registry,
		       const struct chaos_story *story)
{
	_cleanup_(hc_generation_freep) struct hc_generation *generation =
		load(registry, story->manifests);
	struct hc_diags diags = {.arena = arena};
	struct chaos_watch watch = {.arena = arena};
	const struct scenario *scenario =
		scenario_read(arena, source_of(arena, "scenario", story->scenario), NULL,
			      &generation->desired, &diags);

	if (generation->diags.errors || !scenario) {
		hc_diags_print(&generation->diags, stdout);
		hc_diags_print(&diags, stdout);
		return "it cannot be read";
	}
	live(&watch, arena, scenario);
	return watch.wrong;
}

static bool try_seed(const struct hc_registry *registry, uint64_t seed, bool says)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct chaos_story story;
	const char *wrong;

	chaos_generate(arena, seed, &story);
	wrong = try(arena, registry, &story);
	if (!wrong || !says)
		return !wrong;
	printf("FAILED: SEED=%" PRIu64 ": %s\n", seed, wrong);
	save(seed, "manifests", story.manifests);
	save(seed, "scenario", story.scenario);
	return false;
}

/* Whether any of so many notices it. */
static bool is_noticed(const struct hc_registry *registry, uint64_t first, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		if (!try_seed(registry, first + i, false))
			return true;
	return false;
}

static int try_sabotage(const struct hc_registry *registry, uint64_t first)
{
	int failed = 0;

	for (int i = SABOTAGE_NONE + 1; i < SABOTAGES; i++) {
		sabotage = (enum chaos_sabotage)i;
		if (!is_noticed(registry, first, 200)) {
			printf("FAILED: sabotage %d is not noticed\n", i);
			failed++;
		}
	}
	return failed;
}

static int try_all(const struct hc_registry *registry, uint64_t first, uint64_t n)
{
	int failed = 0;

	for (uint64_t i = 0; i < n; i++)
		failed += !try_seed(registry, first + i, true);
	return failed;
}

int main(int argc, char **argv)
{
	_cleanup_(hc_registry_freep) struct hc_registry *registry = hc_registry_new();
	const char *one = getenv("SEED");
	uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000;
	uint64_t first = one ? strtoull(one, NULL, 10) : hc_wall_us() / 1000;
	int failed, silent = 0;

	printf("from SEED=%" PRIu64 " on\n", first);
	(void)fflush(stdout);
	failed = try_all(registry, first, one && argc < 2 ? 1 : n);
	if (!one)
		silent = try_sabotage(registry, first);
	printf("%" PRIu64 " passed, %d failed, 0 skipped\n",
	       (one ? 1 : n + SABOTAGES - 1) - (uint64_t)(failed + silent), failed + silent);
	return failed || silent;
}
