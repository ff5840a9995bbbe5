/* SPDX-License-Identifier: Apache-2.0 */
/* What apply says while it works: enough to know that it goes on, and no flood. */

#include <reconciler/agent/progress.h>

#include "toy.h"

static uint64_t now;

static uint64_t the_time(void)
{
	return now;
}

struct scene {
	struct hc_arena *arena;
	struct progress progress;
	struct hc_resource thing;
	struct hc_change change;
	struct hc_step step;
	char *text;
	size_t size;
};

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	now = 0;
	scene->arena = hc_arena_new();
	progress_begin(&scene->progress, scene->arena, true);
	scene->progress.err = open_memstream(&scene->text, &scene->size);
	scene->progress.clock = the_time;
	scene->progress.begin = 0;
	scene->progress.terminal = false;
	scene->thing = (struct hc_resource){.type = &thing_type, .name = "a", .node = "n1"};
	scene->change = (struct hc_change){.type = &thing_type,
					   .name = "a",
					   .node = "n1",
					   .want = &scene->thing};
	scene->step = (struct hc_step){.change = &scene->change, .verb = "grow"};
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	(void)fclose(scene->progress.err);
	(void)hc_arena_free(scene->arena);
	free(scene->text);
	free(scene);
	return 0;
}

/* Milliseconds after the beginning. */
static void step(struct scene *scene, uint64_t when, enum hc_step_state state, const char *why)
{
	now = when * 1000;
	progress_step(&scene->progress, &scene->step, state, why);
}

static void still(struct scene *scene, uint64_t when)
{
	now = when * 1000;
	progress_still(&scene->progress, &scene->step, 0);
}

static void the_same_is_not_said_again(void **state)
{
	struct scene *scene = *state;

	step(scene, 0, HC_STEP_WAITING, "rain");
	step(scene, 5000, HC_STEP_RUNNING, NULL);
	step(scene, 5000, HC_STEP_WAITING, "rain");
	assert_string_equal(scene->text, "    0.0 s  Thing/a@n1: grow: waits: rain\n");
}

static void what_changes_all_the_time_is_said_once_a_second(void **state)
{
	struct scene *scene = *state;

	step(scene, 0, HC_STEP_SETTLING, "1 %");
	step(scene, 250, HC_STEP_SETTLING, "2 %");
	step(scene, 999, HC_STEP_SETTLING, "3 %");
	step(scene, 1000, HC_STEP_SETTLING, "4 %");
	step(scene, 1250, HC_STEP_SETTLING, "5 %");
	assert_string_equal(scene->text, "    0.0 s  Thing/a@n1: grow: goes on: 1 %\n"
					 "    1.0 s  Thing/a@n1: grow: goes on: 4 %\n");
}

static void an_end_is_said_at_once(void **state)
{
	struct scene *scene = *state;

	step(scene, 0, HC_STEP_SETTLING, "99 %");
	step(scene, 1, HC_STEP_DONE, NULL);
	assert_non_null(strstr(scene->text, "Thing/a@n1: grow: done\n"));
}

static void each_step_has_a_second_of_its_own(void **state)
{
	struct scene *scene = *state;

	step(scene, 0, HC_STEP_WAITING, "rain");
	scene->step.verb = "shrink";
	step(scene, 1, HC_STEP_WAITING, "sun");
	assert_non_null(strstr(scene->text, "shrink: waits: sun\n"));
}

static void silence_is_broken(void **state)
{
	struct scene *scene = *state;

	step(scene, 0, HC_STEP_RUNNING, NULL);
	still(scene, 5000);
	still(scene, 10000);
	assert_string_equal(scene->text, "    5.0 s  still: Thing/a@n1: grow (5 s)\n"
					 "   10.0 s  still: Thing/a@n1: grow (10 s)\n");
}

static void where_there_is_no_silence_nothing_is_added(void **state)
{
	struct scene *scene = *state;

	step(scene, 4000, HC_STEP_SETTLING, "4 %");
	still(scene, 5000);
	(void)fflush(scene->progress.err);
	assert_null(strstr(scene->text, "still"));
}

/* It shows what is running anyway, and how long. */
static void a_terminal_needs_no_more_lines(void **state)
{
	struct scene *scene = *state;

	scene->progress.terminal = true;
	step(scene, 0, HC_STEP_RUNNING, NULL);
	still(scene, 5000);
	assert_null(strstr(scene->text, "still"));
	assert_non_null(strstr(scene->text, "5.0 s  1 running: Thing/a: grow"));
}

/* What it stands behind has a line already. */
static void what_is_skipped_has_no_line(void **state)
{
	struct scene *scene = *state;

	step(scene, 0, HC_STEP_SKIPPED, "after \"plant\" of Thing/b");
	assert_int_equal(scene->progress.running, 0);
	(void)fflush(scene->progress.err);
	assert_null(strstr(scene->text, "skipped"));
}

static void look(struct scene *scene, uint64_t when, const char *thing, const char *part)
{
	struct hc_plan plan = {0};
	struct hc_cycle cycle = {
		.arena = scene->arena,
		.live = {.found = {.arena = scene->arena}},
		.plan = &plan,
	};

	now = when * 1000;
	hc_unknown(&cycle.live, &thing_type, "%s", thing);
	hc_unknown(&cycle.live, &part_type, "%s", part);
	progress_looked(&scene->progress, &cycle);
	(void)fflush(scene->progress.err);
}

static void one_reason_has_one_line(void **state)
{
	struct scene *scene = *state;

	scene->progress.looked = true;
	look(scene, 0, "dark", "dark");
	look(scene, 5000, "dark", "dark");
	assert_string_equal(scene->text, "    0.0 s  Thing, Part: unknown: dark\n");
	look(scene, 10000, "dark", "fog");
	assert_non_null(strstr(scene->text, "Thing: unknown: dark\n"));
	assert_non_null(strstr(scene->text, "Part: unknown: fog\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		TEST(the_same_is_not_said_again),
		TEST(what_changes_all_the_time_is_said_once_a_second),
		TEST(an_end_is_said_at_once),
		TEST(each_step_has_a_second_of_its_own),
		TEST(silence_is_broken),
		TEST(where_there_is_no_silence_nothing_is_added),
		TEST(a_terminal_needs_no_more_lines),
		TEST(what_is_skipped_has_no_line),
		TEST(one_reason_has_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
