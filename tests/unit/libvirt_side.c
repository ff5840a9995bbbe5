/* SPDX-License-Identifier: Apache-2.0 */
/* Reading beside: all of it comes to the look, as if it had been read in turn. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <hcstate/thread.h>

#include "providers/libvirt/side.h"

struct scene {
	struct hc_arena *arena;
	struct hc_call call;
	struct hc_state live;
	struct vms vms;
	struct look look;
};

static int begin(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	if (!scene)
		return -1;
	scene->arena = scene->live.found.arena = hc_arena_new();
	scene->call = (struct hc_call){.arena = scene->arena,
				       .node = "pve1",
				       .diags = {.arena = scene->arena}};
	scene->look = (struct look){.call = &scene->call, .live = &scene->live, .vms = &scene->vms};
	*state = scene;
	return 0;
}

static int end(void **state)
{
	struct scene *scene = *state;

	(void)hc_arena_free(scene->arena);
	free(scene);
	return 0;
}

enum {
	MANY = 1000,
};

static void add(const struct look *look, const struct hc_type *type)
{
	for (unsigned i = 0; i < MANY; i++)
		(void)hc_resource_new(&look->live->found, type, NULL,
				      hc_printf(look->call->arena, "%u", i));
}

static int read_disks(const struct look *look)
{
	assert_ptr_equal(look->vms->why, "as it was");
	add(look, &hc_vm_disk);
	hc_tell(look->call, "key", hc_printf(look->call->arena, "%s", "value"));
	return 0;
}

static int read_nets(const struct look *look)
{
	add(look, &hc_vm_net);
	hc_unknown(look->live, &hc_vm_net, "%s", "half of it");
	return 0;
}

static int read_torn(const struct look *look)
{
	return hc_fail(look->call, EIO, NULL, "%s", "torn");
}

static const struct noun disks = {.type = &hc_vm_disk, .read = read_disks};
static const struct noun nets = {.type = &hc_vm_net, .read = read_nets};
static const struct noun torn = {.type = &hc_image, .read = read_torn};

static size_t count(struct scene *scene, const struct hc_type *type)
{
	size_t n;

	(void)hc_of_type(&scene->live.found, type, &n);
	return n;
}

static void what_is_read_beside_is_the_looks(void **state)
{
	const struct noun *const first[] = {&disks, NULL}, *const second[] = {&nets, NULL};
	struct scene *scene = *state;
	struct side a, b;

	scene->vms.why = "as it was";
	side_begin(&a, &scene->look, first);
	side_begin(&b, &scene->look, second);
	scene->vms.why = NULL; /* a side has its own */
	add(&scene->look, &hc_storage);
	assert_int_equal(side_end(&a, &scene->look), 0);
	assert_int_equal(side_end(&b, &scene->look), 0);
	hc_set_sort(&scene->live.found);
	assert_int_equal(count(scene, &hc_storage), MANY);
	assert_int_equal(count(scene, &hc_vm_disk), MANY);
	assert_int_equal(count(scene, &hc_vm_net), MANY);
	assert_non_null(hc_find(&scene->live.found, &hc_vm_disk, NULL, "999"));
	assert_string_equal(hc_why_unknown(&scene->live, &hc_vm_net), "half of it");
	assert_null(hc_why_unknown(&scene->live, &hc_vm_disk));
	assert_string_equal(hc_map_get(&scene->call.told, "key"), "value");
}

static void what_fails_beside_fails_with_its_words(void **state)
{
	const struct noun *const nouns[] = {&nets, &torn, &disks, NULL};
	struct scene *scene = *state;
	struct side side;

	side_begin(&side, &scene->look, nouns);
	assert_int_equal(side_end(&side, &scene->look), -EIO);
	assert_int_equal(scene->call.diags.n, 1);
	assert_string_equal(scene->call.diags.v[0].text, "torn");
	hc_set_sort(&scene->live.found);
	assert_int_equal(count(scene, &hc_vm_net), MANY);
	assert_int_equal(count(scene, &hc_vm_disk), 0);
}

static int read_hard(const struct look *look)
{
	volatile unsigned turns = 0;

	(void)look;
	for (uint64_t began = hc_thread_cpu_us(); hc_thread_cpu_us() < began + 20000;)
		turns++;
	return 0;
}

static const struct noun hard = {.type = &hc_image, .read = read_hard};

static void what_a_side_costs_is_the_looks(void **state)
{
	const struct noun *const nouns[] = {&hard, NULL};
	struct scene *scene = *state;
	struct side a, b;

	scene->call.cpu_us = 5;
	side_begin(&a, &scene->look, nouns);
	side_begin(&b, &scene->look, nouns);
	assert_int_equal(side_end(&a, &scene->look), 0);
	assert_int_equal(side_end(&b, &scene->look), 0);
	assert_in_range(scene->call.cpu_us, 40005, 1000000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_read_beside_is_the_looks),
		TEST(what_fails_beside_fails_with_its_words),
		TEST(what_a_side_costs_is_the_looks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
