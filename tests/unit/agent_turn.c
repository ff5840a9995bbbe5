/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's turns, over toys, with a clock of the test: what it does by itself and what not, and
 * that a day in which nothing happens leaves no trace.
 */

#include <fcntl.h>
#include <ftw.h>
#include <json-c/json.h>
#include <malloc.h>
#include <sys/stat.h>

#include <hcstate/cluster.h>
#include <reconciler/agent/adopt.h>
#include <reconciler/agent/agent.h>
#include <reconciler/agent/turn.h>

#include "toy_engine.h"

/* The clock of the test, which the core asks instead of its own: it stands still unless moved. */
static atomic_uint_fast64_t the_time = UINT64_C(1000000000);

uint64_t hc_now(void)
{
	return the_time;
}

uint64_t hc_wall_us(void)
{
	return UINT64_C(1790000000000000) + the_time;
}

struct world {
	struct toys *toys;
	struct agent *agent;
	const char *manifests, *config;
	uint64_t due;
};

/* The node itself is always as it should be. */
static int adjust(struct hc_call *call, struct hc_change *change)
{
	(void)call;
	if (change->type == &hc_node) {
		change->have = change->want;
		change->differs = 0;
	}
	return 0;
}

static const struct hc_type *const managed[] = {&club_type, &part_type, &thing_type, &hc_node,
						NULL};
static struct hc_provider provider;

static void write_file(const char *path, const char *text)
{
	assert_int_equal(hc_file_write(path, 0644, text, strlen(text)), 0);
}

static uint64_t read_takes;
static const struct hc_pulse *pulse_read; /* what a read was given */

static int read_slowly(struct hc_call *call, void *self, struct hc_state *live)
{
	the_time += read_takes;
	pulse_read = call->pulse;
	return toys_provider.read(call, self, live);
}

/* The manifests: the node and these things. */
static void want(struct world *world, const char *things)
{
	struct hc_arena *arena = world->toys->arena;

	write_file(hc_printf(arena, "%s/node.yaml", world->manifests),
		   "apiVersion: hcstate/v1\nkind: Node\nmetadata: {name: n1}\nspec: {id: 1, links: "
		   "{link0: 10.0.0.1}}\n");
	write_file(hc_printf(arena, "%s/things.yaml", world->manifests), things);
	while (world->agent && !world->agent->news) /* when its writer has paused */
		assert_true(sd_event_run(world->agent->event, UINT64_MAX) >= 0);
}

#define THING(name)                                                                                \
	"---\napiVersion: hcstate/v1\nkind: Thing\nmetadata: {name: " name "}\nspec: {size: 1}\n"

static void begin(struct world *world, const char *config)
{
	struct hc_arena *arena = world->toys->arena;
	struct agent_options options = {
		.config_path = world->config,
		.socket = hc_printf(arena, "%s/socket", world->toys->directory),
		.state_dir = hc_printf(arena, "%s/state", world->toys->directory),
		.hostname = "n1",
		.key_file = "/nonexistent",
		.pace = &world->toys->pace,
		.lock = -1,
	};
	struct hc_registry *registry = hc_registry_new();

	provider = toys_provider;
	provider.types = managed;
	provider.adjust = adjust;
	provider.read = read_slowly;
	assert_int_equal(hc_registry_add(registry, &provider), 0);
	write_file(world->config,
		   hc_printf(arena,
			     "apiVersion: hcstate/v1\nkind: Agent\nmetadata: {name: agent}\nspec:\n"
			     "  source: %s\n%s",
			     world->manifests, config));
	world->agent = agent_new(registry, &options, &world->toys->diags);
	hc_diags_print(&world->toys->diags, stderr);
	assert_non_null(world->agent);
	world->agent->news = true;
}

static void turn(struct world *world)
{
	world->due = agent_turn(world->agent);
}

/* Turns until one has nothing to do, as the loop would take them. */
static void settle(struct world *world)
{
	for (int i = 0; i < 100; i++) {
		turn(world);
		if (world->agent->settled && !world->agent->news && !world->agent->did)
			return;
		the_time = world->due;
	}
	fail_msg("it never came to rest");
}

static bool said(struct world *world, const char *words)
{
	struct json_object *all = events_last(world->agent->events);
	bool found = strstr(json_object_to_json_string(all), words) != NULL;

	json_object_put(all);
	return found;
}

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	void *toys;

	(void)toys_set_up(&toys);
	world->toys = toys;
	world->manifests = hc_printf(world->toys->arena, "%s/manifests", world->toys->directory);
	world->config = hc_printf(world->toys->arena, "%s/agent.yaml", world->toys->directory);
	assert_int_equal(mkdir(world->manifests, 0755), 0);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;
	void *toys = world->toys;

	if (world->agent)
		world->agent = agent_free(world->agent);
	(void)toys_tear_down(&toys);
	free(world);
	return 0;
}

static void what_is_missing_is_made(void **state)
{
	struct world *world = *state;

	want(world, THING("a"));
	begin(world, "");
	settle(world);
	assert_string_equal(world->toys->log, "create a;");
	assert_true(world->agent->now->converged);
}

static void providers_are_shown_that_the_loop_turns(void **state)
{
	struct world *world = *state;

	want(world, THING("a"));
	begin(world, "");
	settle(world);
	assert_ptr_equal(pulse_read, &world->agent->pulse->seen);
	the_time += 5000000;
	assert_true(sd_event_source_set_time(world->agent->pulse->timer, 0) >= 0);
	while (hc_pulse_last(pulse_read) != the_time)
		assert_true(sd_event_run(world->agent->event, UINT64_MAX) >= 0);
	assert_false(hc_pulse_ended(pulse_read));
}

static void drift_is_mended_and_said(void **state)
{
	struct world *world = *state;

	want(world, THING("a") THING("b"));
	begin(world, "");
	settle(world);
	assert_false(said(world, "\"drift\"")); /* the first time it is no drift */
	world->toys->there.n = 1;               /* b is gone */
	settle(world);
	assert_int_equal(strlen(world->toys->log), strlen("create a;create b;create b;"));
	assert_string_equal(world->toys->log + strlen("create a;create b;"), "create b;");
	assert_true(said(world, "\"drift\""));
}

static void a_broken_manifest_changes_nothing(void **state)
{
	struct world *world = *state;
	char *good;

	want(world, THING("a"));
	begin(world, "");
	settle(world);
	good = hc_strdup(world->toys->arena, world->agent->generation->id);
	want(world, "kind: Nonsense\n");
	settle(world);
	assert_string_equal(world->agent->generation->id, good);
	assert_true(world->agent->refused.errors > 0);
	assert_true(said(world, "\"refused\""));
	want(world, THING("a") THING("b"));
	settle(world);
	assert_int_equal(world->agent->refused.errors, 0);
	assert_string_equal(world->toys->log, "create a;create b;");
	/* what cannot be read adds nothing to the generation's id, and yet it is another one */
	assert_int_equal(symlink("/nonexistent",
				 hc_printf(world->toys->arena, "%s/more.yaml", world->manifests)),
			 0);
	while (!world->agent->news)
		assert_true(sd_event_run(world->agent->event, UINT64_MAX) >= 0);
	settle(world);
	assert_true(world->agent->refused.errors > 0);
}

static void the_last_good_one_is_there_after_a_restart(void **state)
{
	struct world *world = *state;

	want(world, THING("a"));
	begin(world, "");
	settle(world);
	world->agent = agent_free(world->agent);
	want(world, "kind: Nonsense\n");
	world->toys->there.n = 0;
	begin(world, "");
	world->agent->news = false;

	adopt_first(world->agent);
	settle(world);
	assert_string_equal(world->toys->log, "create a;create a;");
	assert_true(world->agent->refused.errors > 0);
}

static void what_is_reported_only_is_not_done(void **state)
{
	struct world *world = *state;

	want(world, THING("a"));
	begin(world, "  policy: {all: {mode: report}}\n");
	settle(world);
	assert_string_equal(world->toys->log, "");
	assert_int_equal(world->agent->now->cycle->plan->change[0]->hold, HC_HOLD_REPORT);
}

static void what_is_ignored_is_in_no_plan(void **state)
{
	struct world *world = *state;

	want(world, THING("a") THING("b"));
	begin(world, "  policy: {some: {kinds: [Thing], names: [\"b*\"], mode: ignore}}\n");
	settle(world);
	assert_string_equal(world->toys->log, "create a;");
	assert_int_equal(world->agent->now->cycle->plan->n, 0);
	assert_true(world->agent->now->converged);
}

static void what_is_suspended_waits(void **state)
{
	struct world *world = *state;
	const struct suspension all = {.selector = "Thing/a", .by = "ann"};

	want(world, THING("a") THING("b"));
	begin(world, "");
	assert_int_equal(suspensions_add(&world->agent->suspensions, &all, &world->toys->diags), 0);
	settle(world);
	assert_string_equal(world->toys->log, "create b;");
	assert_int_equal(suspensions_remove(&world->agent->suspensions, "Thing/a",
					    &world->toys->diags),
			 0);
	settle(world);
	assert_string_equal(world->toys->log, "create b;create a;");
}

static void what_fails_is_said_once_and_its_end_too(void **state)
{
	struct world *world = *state;

	want(world, THING("a"));
	begin(world, "");
	world->toys->fail_first = 3;
	settle(world);
	assert_string_equal(world->toys->log, "create a;create a;create a;create a;");
	assert_true(said(world, "\"failed\""));
	assert_true(said(world, "\"recovered\""));
}

/* A digest of what is in the state directory, with the times of its files. */
static char fingerprint[65536];

static int take_fingerprint(const char *path, const struct stat *st, int type)
{
	size_t used = strlen(fingerprint);

	(void)type;
	(void)snprintf(fingerprint + used, sizeof(fingerprint) - used, "%s %lld.%09ld %lld\n", path,
		       (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec, (long long)st->st_size);
	return 0;
}

static void finger(struct world *world)
{
	fingerprint[0] = 0;
	assert_int_equal(ftw(hc_printf(world->toys->arena, "%s/state", world->toys->directory),
			     take_fingerprint, 16),
			 0);
}

static void a_quiet_day_leaves_no_trace(void **state)
{
	enum { DAY_US_IN_LOOKS = 24 * 60 };
	struct world *world = *state;
	struct json_object *before, *after;
	char *files;
	size_t used = 0;

	want(world, THING("a") THING("b"));
	begin(world, "");
	settle(world);
	before = events_last(world->agent->events);
	finger(world);
	files = strdup(fingerprint);
	for (int i = 0; i < DAY_US_IN_LOOKS; i++) {
		the_time = world->due;
		turn(world);
		assert_true(world->due - the_time >= UINT64_C(59000000));
		if (i == 60)
			used = mallinfo2().uordblks;
	}
	/* less than a pointer for each look; freed pieces that threads keep at hand count as used
	 */
	assert_true(mallinfo2().uordblks <= used + sizeof(void *) * DAY_US_IN_LOOKS);
	assert_int_equal(world->agent->engine->slots[0].reads.n, world->toys->reads);
	after = events_last(world->agent->events);
	assert_int_equal(json_object_array_length(after), json_object_array_length(before));
	finger(world);
	assert_string_equal(fingerprint, files);
	free(files);
	json_object_put(before);
	json_object_put(after);
}

static void what_waits_is_asked_less_and_less(void **state)
{
	struct world *world = *state;
	uint64_t begun;
	unsigned reads;

	want(world, THING("waits"));
	begin(world, "");
	world->toys->pace.look = 250000;
	turn(world);
	begun = the_time;
	while (the_time - begun < UINT64_C(3600000000)) {
		the_time = world->due;
		turn(world);
	}
	reads = world->toys->reads;
	assert_in_range(reads, 300, 500); /* once in 10 s, when it has become patient */
}

static void what_could_not_be_kept_is_kept_later(void **state)
{
	struct world *world = *state;
	struct hc_arena *arena = world->toys->arena;
	const char *directory = hc_printf(arena, "%s/state", world->toys->directory), *kept;

	kept = hc_printf(arena, "%s/generation", directory);
	assert_int_equal(mkdir(directory, 0755), 0);
	write_file(kept, "in the way");
	want(world, THING("a"));
	begin(world, "");
	settle(world);
	assert_string_equal(world->toys->log, "create a;");
	assert_true(said(world, "cannot be kept"));
	assert_int_equal(unlink(kept), 0);
	turn(world);
	assert_int_equal(access(kept, F_OK), -1); /* not with each turn */
	the_time += UINT64_C(61000000);
	turn(world);
	assert_int_equal(access(hc_printf(arena, "%s/index.json", kept), F_OK), 0);
}

/* All that was taken from the configuration goes with it. */
static void a_reload_leaves_nothing_of_the_one_before(void **state)
{
	struct world *world = *state;

	want(world, THING("a"));
	begin(world, "  policy: {all: {mode: report}}\n");
	settle(world);
	write_file(world->config, hc_printf(world->toys->arena,
					    "apiVersion: hcstate/v1\nkind: Agent\nmetadata: {name: "
					    "agent}\nspec: {source: %s}\n",
					    world->manifests));
	world->agent->reload = true;
	settle(world);
	assert_string_equal(world->toys->log, "create a;");
	assert_true(world->agent->now->converged);
	assert_string_equal(world->agent->engine->aim.node, "n1");
}

/* ... is not read again and again while it cannot be taken. */
static void another_generation_waits_for_a_late_call(void **state)
{
	struct world *world = *state;
	struct hc_work late = {0};
	struct hc_change change = {0};
	struct hc_step step = {.change = &change};
	unsigned reads;
	uint64_t busy;

	want(world, THING("a"));
	begin(world, "");
	settle(world);
	change.want = world->agent->engine->desired.v[0];
	reads = world->toys->reads;
	late.slot = world->agent->engine->slots;
	late.since = the_time;
	world->agent->engine->late = &late;
	want(world, THING("a") THING("b"));
	turn(world);
	busy = world->agent->busy;
	assert_true(busy > the_time && world->agent->news);
	the_time += (busy - the_time) / 2;
	turn(world);
	assert_int_equal(world->agent->busy, busy);
	the_time = busy;
	turn(world);
	assert_true(world->agent->busy > busy);
	assert_int_equal(world->toys->reads, reads); /* else there might always be something late */
	assert_non_null(world->agent->now);
	the_time = world->agent->busy + UINT64_C(60000000);
	turn(world);
	assert_int_equal(world->toys->reads, reads + 1); /* whatever is stuck */
	the_time = world->agent->busy;
	turn(world);
	assert_int_equal(world->toys->reads, reads + 2); /* ... and is not waited for any more */
	the_time = world->agent->busy;
	late.step = &step;
	late.since = the_time;
	turn(world);
	assert_int_equal(world->toys->reads, reads + 3); /* a step may take hours */
	world->agent->engine->late = NULL;
	turn(world); /* at once, or another call might be begun */
	assert_false(world->agent->news);
	settle(world);
	assert_string_equal(world->toys->log, "create a;create b;");
}

/* ... not with success, after which nothing starts it again. */
/* One that waited for a slow network costs nobody anything; a storm of such looks may. */
static void only_a_storm_of_looks_is_slowed_down(void **state)
{
	struct world *world = *state;
	uint64_t pauses = 0;
	int free = 0;

	want(world, THING("a"));
	begin(world, "");
	settle(world);
	the_time += UINT64_C(60) * 1000000;
	read_takes = 200000;
	for (int i = 0; i < 50; i++) {
		turn(world);
		assert_true(world->agent->earliest > the_time);
		free += !pauses && world->agent->earliest - the_time < 50000;
		if (world->agent->earliest - the_time >= 50000)
			pauses += world->agent->earliest - the_time;
		the_time = world->agent->earliest;
	}
	read_takes = 0;
	assert_in_range(free, 3, 10);
	assert_true(pauses > UINT64_C(15) * 1000000);
}

static void a_broken_loop_ends_it(void **state)
{
	struct world *world = *state;

	want(world, THING("a"));
	begin(world, "");
	settle(world);
	assert_true(sd_event_exit(world->agent->event, 0) >= 0);
	assert_true(sd_event_run(world->agent->event, 0) >= 0);
	turn(world);
	assert_true(world->agent->broken && world->agent->stop);
	assert_int_equal(agent_run(world->agent), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_missing_is_made, set_up, tear_down),
		cmocka_unit_test_setup_teardown(providers_are_shown_that_the_loop_turns, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(drift_is_mended_and_said, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_broken_manifest_changes_nothing, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_last_good_one_is_there_after_a_restart, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_is_reported_only_is_not_done, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_is_ignored_is_in_no_plan, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_suspended_waits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_fails_is_said_once_and_its_end_too, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_quiet_day_leaves_no_trace, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_waits_is_asked_less_and_less, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_could_not_be_kept_is_kept_later, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_reload_leaves_nothing_of_the_one_before, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(another_generation_waits_for_a_late_call, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(only_a_storm_of_looks_is_slowed_down, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_broken_loop_ends_it, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
