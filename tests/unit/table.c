/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of status: what was seen on all nodes, in columns that a person can read. */

#include <reconciler/print.h>

#include "toy.h"

struct disk {
	uint64_t size;
	uint32_t id;
	const char *model, *serial;
	struct hc_strings holders;
};

static const struct hc_field disk_fields[] = {
	hc_u64(struct disk, size, .unit = "bytes", .column = "SIZE"),
	hc_u32(struct disk, id, .column = "ID"),
	hc_string(struct disk, model, .column = "MODEL"),
	hc_string(struct disk, serial),
	hc_strings(struct disk, holders, .column = "HELD BY"),
};

static const struct hc_type disk_type = {
	.name = "Disk",
	HC_FIELDS(disk_fields),
	.size = sizeof(struct disk),
};

static const struct hc_field shelf_fields[] = {hc_u32(struct disk, id, .column = "ID")};

static const struct hc_type shelf_type = {
	.name = "Shelf",
	.scope = HC_CLUSTER,
	HC_FIELDS(shelf_fields),
	.size = sizeof(struct disk),
};

static const struct hc_type *types[] = {&disk_type, &shelf_type, &thing_type};
static const struct hc_registry registry = {.types = types, .ntype = HC_COUNT(types)};

struct scene {
	struct hc_cycle cycle;
	char *text;
	size_t size;
};

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	scene->cycle.arena = scene->cycle.live.found.arena = hc_arena_new();
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	(void)hc_arena_free(scene->cycle.arena);
	free(scene->text);
	free(scene);
	return 0;
}

static const char *print(struct scene *scene)
{
	FILE *out = open_memstream(&scene->text, &scene->size);

	hc_set_sort(&scene->cycle.live.found);
	hc_print_tables(out, &scene->cycle, &registry);
	assert_int_equal(fclose(out), 0);
	return scene->text;
}

static struct disk *add(struct scene *scene, const char *node, const char *name, uint64_t size)
{
	struct hc_resource *r = hc_resource_new(&scene->cycle.live.found, &disk_type, node, name);
	struct disk *disk = r->spec;

	disk->size = size;
	disk->model = "";
	hc_set_field(r, struct disk, size);
	hc_set_field(r, struct disk, model);
	hc_set_field(r, struct disk, holders);
	return disk;
}

static void a_kind_with_columns_has_a_table_of_all_nodes(void **state)
{
	struct scene *scene = *state;
	struct disk *disk = add(scene, "n1", "sda", UINT64_C(3) << 29);

	disk->model = "Größe \033[31m";
	hc_strings_add(scene->cycle.arena, &disk->holders, "b");
	hc_strings_add(scene->cycle.arena, &disk->holders, "a");
	(void)add(scene, "node2", "nvme0", 512);
	(void)toy_thing(&scene->cycle.live.found, "it has no columns", 1);
	assert_string_equal(print(scene), "\n"
					  "Disk\n"
					  "NAME   NODE   SIZE     ID  MODEL        HELD BY\n"
					  "nvme0  node2  512 B    -   -            -\n"
					  "sda    n1     1.5 GiB  -   Größe ?[31m  a, b\n");
}

static void bytes_are_written_for_people(void **state)
{
	struct scene *scene = *state;

	(void)add(scene, "n", "a", 1023);
	(void)add(scene, "n", "b", 1024);
	(void)add(scene, "n", "c", 1024 * 1024 - 1);
	(void)add(scene, "n", "d", UINT64_MAX);
	(void)add(scene, "n", "e", 0);
	assert_non_null(strstr(print(scene), "a     n     1023 B "));
	assert_non_null(strstr(scene->text, "b     n     1.0 KiB "));
	assert_non_null(strstr(scene->text, "c     n     1.0 MiB "));
	assert_non_null(strstr(scene->text, "d     n     16.0 EiB "));
	assert_non_null(strstr(scene->text, "e     n     0 B "));
}

static void what_is_of_the_whole_cluster_has_no_node(void **state)
{
	struct scene *scene = *state;

	(void)hc_resource_new(&scene->cycle.live.found, &shelf_type, NULL, "s");
	assert_string_equal(print(scene), "\nShelf\nNAME  ID\ns     -\n");
}

static void of_what_nobody_sees_there_is_the_reason(void **state)
{
	struct scene *scene = *state;

	hc_unknown(&scene->cycle.live, &shelf_type, "it is dark");
	hc_unknown(&scene->cycle.live, &thing_type, "it has no columns");
	assert_string_equal(print(scene), "\nShelf\nunknown: it is dark\n");
}

static void where_nothing_is_there_is_no_table(void **state)
{
	assert_string_equal(print(*state), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		TEST(a_kind_with_columns_has_a_table_of_all_nodes),
		TEST(bytes_are_written_for_people),
		TEST(what_is_of_the_whole_cluster_has_no_node),
		TEST(of_what_nobody_sees_there_is_the_reason),
		TEST(where_nothing_is_there_is_no_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
