/* SPDX-License-Identifier: Apache-2.0 */
/* What hcstate made: kept over a kill, and never forgotten while nobody can tell. */

#include <reconciler/inventory.h>

#include <errno.h>
#include <sys/stat.h>

#include <hcstate/file.h>

#include "toy.h"

static const struct hc_type *const managed[] = {&part_type, &thing_type, NULL};
static const struct hc_provider provider = {.abi = HC_ABI, .name = "toys", .types = managed};

struct scene {
	struct hc_arena *arena;
	const char *directory;
	struct hc_diags diags;
	struct hc_set set;
	struct hc_registry *registry;
	struct hc_inventory inventory;
};

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	scene->arena = scene->diags.arena = scene->set.arena = hc_arena_new();
	scene->directory = toy_directory(scene->arena);
	scene->registry = hc_registry_new();
	assert_int_equal(hc_registry_add(scene->registry, &provider), 0);
	assert_int_equal(hc_inventory_read(&scene->inventory, scene->arena, scene->directory,
					   &scene->diags),
			 0);
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	toy_remove_directory(scene->arena, scene->directory);
	hc_registry_freep(&scene->registry);
	hc_arena_freep(&scene->arena);
	free(scene);
	return 0;
}

static void write_file(const struct scene *scene, const char *text)
{
	assert_int_equal(hc_file_write(scene->inventory.path, 0644, text, strlen(text)), 0);
}

static int read_again(struct scene *scene)
{
	return hc_inventory_read(&scene->inventory, scene->arena, scene->directory, &scene->diags);
}

static void no_file_is_an_empty_one(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(scene->inventory.made.n, 0);
	assert_int_equal(scene->diags.n, 0);
	assert_false(hc_inventory_has(&scene->inventory, toy_thing(&scene->set, "a", 1)));
}

static void what_was_saved_is_there_the_next_time(void **state)
{
	struct scene *scene = *state;
	char name[700];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	for (size_t i = 0; i < 50; i++)
		hc_inventory_add(&scene->inventory,
				 toy_thing(&scene->set,
					   hc_printf(scene->arena, "x%zu/10.0.0.1/24", i * 7 % 50),
					   1));
	hc_inventory_add(&scene->inventory, toy_thing(&scene->set, name, 1));
	assert_int_equal(hc_inventory_save(&scene->inventory, &scene->diags), 0);
	assert_int_equal(read_again(scene), 0);
	assert_int_equal(scene->inventory.made.n, 51);
	for (size_t i = 0; i < scene->set.n; i++)
		assert_true(hc_inventory_has(&scene->inventory, scene->set.v[i]));
	assert_false(hc_inventory_has(&scene->inventory, toy_thing(&scene->set, "x", 1)));
}

static void it_is_written_only_when_it_changed(void **state)
{
	struct scene *scene = *state;
	struct stat st;

	assert_int_equal(hc_inventory_save(&scene->inventory, &scene->diags), 0);
	assert_int_equal(stat(scene->inventory.path, &st), -1);
	hc_inventory_add(&scene->inventory, toy_thing(&scene->set, "a", 1));
	assert_int_equal(hc_inventory_save(&scene->inventory, &scene->diags), 0);
	assert_int_equal(unlink(scene->inventory.path), 0);
	hc_inventory_add(&scene->inventory, toy_thing(&scene->set, "a", 1));
	assert_int_equal(hc_inventory_save(&scene->inventory, &scene->diags), 0);
	assert_int_equal(stat(scene->inventory.path, &st), -1);
}

static void a_broken_one_is_an_error_and_not_an_empty_one(void **state)
{
	static const char *const broken[] = {
		"",
		"{",
		"[]",
		"null",
		"{\"format_version\": 2, \"made\": []}",
		"{\"format_version\": 1}",
		"{\"format_version\": 1, \"made\": {}}",
		"{\"format_version\": 1, \"made\": [null]}",
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < HC_COUNT(broken); i++) {
		size_t before = scene->diags.errors;

		write_file(scene, broken[i]);
		assert_int_equal(read_again(scene), -EBADMSG);
		assert_true(scene->diags.errors > before || i);
	}
	assert_non_null(strstr(scene->diags.v[0].text, "inventory.json"));
	assert_non_null(scene->diags.v[0].hint);
}

static void a_write_that_fails_is_said_and_stays_to_be_done(void **state)
{
	struct scene *scene = *state;

	scene->inventory.path = "/proc/nowhere/inventory.json";
	hc_inventory_add(&scene->inventory, toy_thing(&scene->set, "a", 1));
	assert_true(hc_inventory_save(&scene->inventory, &scene->diags) < 0);
	assert_int_equal(scene->diags.errors, 1);
	assert_true(scene->inventory.changed);
}

/* Records Thing/a@n1, prunes, and gives whether it is still recorded. */
static bool is_kept(struct scene *scene, const struct hc_set *desired, const struct hc_state *live,
		    const struct hc_registry *registry)
{
	const struct hc_resource *r = toy_thing(&scene->set, "a", 1);

	hc_inventory_add(&scene->inventory, r);
	hc_inventory_add(&scene->inventory, toy_thing(&scene->set, "stays", 1));
	hc_inventory_prune(&scene->inventory, desired, live, registry);
	return hc_inventory_has(&scene->inventory, r);
}

static void what_is_neither_wanted_nor_there_is_forgotten(void **state)
{
	struct scene *scene = *state;
	struct hc_set desired = {.arena = scene->arena};
	struct hc_state live = {.found.arena = scene->arena};

	(void)toy_thing(&desired, "stays", 1);
	assert_false(is_kept(scene, &desired, &live, scene->registry));
	assert_int_equal(scene->inventory.made.n, 1);
	assert_true(scene->inventory.changed);
}

static void what_is_still_there_is_kept(void **state)
{
	struct scene *scene = *state;
	struct hc_set desired = {.arena = scene->arena};
	struct hc_state live = {.found.arena = scene->arena};

	(void)toy_thing(&live.found, "a", 3);
	assert_true(is_kept(scene, &desired, &live, scene->registry));
}

static void what_is_still_wanted_is_kept(void **state)
{
	struct scene *scene = *state;
	struct hc_set desired = {.arena = scene->arena};
	struct hc_state live = {.found.arena = scene->arena};

	(void)toy_thing(&desired, "a", 3);
	assert_true(is_kept(scene, &desired, &live, scene->registry));
}

static void a_kind_that_could_not_be_read_keeps_its_records(void **state)
{
	struct scene *scene = *state;
	struct hc_set desired = {.arena = scene->arena};
	struct hc_state live = {.found.arena = scene->arena};

	hc_unknown(&live, &thing_type, "it is dark");
	assert_true(is_kept(scene, &desired, &live, scene->registry));
}

static void a_kind_whose_provider_is_not_installed_keeps_its_records(void **state)
{
	struct scene *scene = *state;
	const struct hc_type *types[] = {&thing_type};
	const struct hc_registry none = {.types = types, .ntype = 1}, nothing = {0};
	struct hc_set desired = {.arena = scene->arena};
	struct hc_state live = {.found.arena = scene->arena};

	assert_true(is_kept(scene, &desired, &live, &none));
	assert_true(is_kept(scene, &desired, &live, &nothing));
}

static void it_tells_of_which_kinds_it_has_something(void **state)
{
	struct scene *scene = *state;
	const struct hc_type like = {.name = "Thin"};

	assert_false(hc_inventory_has_kind(&scene->inventory, &thing_type));
	hc_inventory_add(&scene->inventory, toy_thing(&scene->set, "a", 1));
	assert_true(hc_inventory_has_kind(&scene->inventory, &thing_type));
	assert_false(hc_inventory_has_kind(&scene->inventory, &part_type));
	assert_false(hc_inventory_has_kind(&scene->inventory, &like));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		TEST(no_file_is_an_empty_one),
		TEST(what_was_saved_is_there_the_next_time),
		TEST(it_is_written_only_when_it_changed),
		TEST(a_broken_one_is_an_error_and_not_an_empty_one),
		TEST(a_write_that_fails_is_said_and_stays_to_be_done),
		TEST(what_is_neither_wanted_nor_there_is_forgotten),
		TEST(what_is_still_there_is_kept),
		TEST(what_is_still_wanted_is_kept),
		TEST(a_kind_that_could_not_be_read_keeps_its_records),
		TEST(a_kind_whose_provider_is_not_installed_keeps_its_records),
		TEST(it_tells_of_which_kinds_it_has_something),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
