/* SPDX-License-Identifier: Apache-2.0 */
/* What Ceph is told so that a pool becomes as wanted, in which order, and when it is made. */

#include "../../providers/ceph/pool_make.h"
#include "../../providers/ceph/pool_setting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct scene {
	struct hc_arena *arena;
	struct hc_set set, whole;
	struct hc_resource *want;
	struct hc_ceph_pool *pool;
	struct fact_pool have;
};

static struct scene *begin(void)
{
	struct hc_arena *arena = hc_arena_new();
	struct scene *scene = hc_new(arena, struct scene);

	scene->arena = arena;
	scene->set.arena = scene->whole.arena = arena;
	scene->want = hc_resource_new(&scene->set, &hc_ceph_pool, NULL, "vms");
	scene->pool = scene->want->spec;
	scene->have = (struct fact_pool){
		.name = "vms",
		.size = 3,
		.min_size = 2,
		.pg_num = 32,
		.pg_num_target = 32,
		.autoscale = "off",
		.rule = "replicated_rule",
		.erasure_profile = "",
		.application = "rbd",
		.target_size_ratio = "",
		.compression_mode = "",
		.compression_algorithm = "",
	};
	return scene;
}

#define WANT(scene, member, value)                                                                 \
	((scene)->pool->member = (value), hc_set_field((scene)->want, struct hc_ceph_pool, member))

/* "size=2 min_size=1" */
static const char *told(const struct scene *scene)
{
	struct pool_settings settings = pool_settings(scene->arena, scene->want, &scene->have);
	const char *text = "";

	for (size_t i = 0; i < settings.n; i++) {
		static const char *const how[] = {"", "quota ", "enable ", "disable "};
		const struct pool_setting *one = &settings.v[i];

		text = hc_printf(scene->arena, "%s%s%s%s%s%s", text, *text ? "; " : "",
				 how[one->how], one->variable, *one->value ? "=" : "", one->value);
	}
	return text;
}

static void end(struct scene *scene)
{
	hc_arena_free(scene->arena);
}

static void what_is_not_asked_for_is_not_told(void **state)
{
	struct scene *scene = begin();

	(void)state;
	assert_string_equal(told(scene), "");
	end(scene);
}

static void min_size_is_told_again_with_the_size(void **state)
{
	struct scene *scene = begin();

	(void)state;
	WANT(scene, size, 4);
	WANT(scene, min_size, 2);
	assert_string_equal(told(scene), "size=4; min_size=2");
	end(scene);
}

static void the_autoscaler_keeps_its_pg_num(void **state)
{
	struct scene *scene = begin();

	(void)state;
	scene->have.autoscale = "on";
	WANT(scene, pg_num, 64);
	assert_string_equal(told(scene), "");
	WANT(scene, pg_autoscale_mode, HC_CEPH_AUTOSCALE_WARN);
	assert_string_equal(told(scene), "pg_autoscale_mode=warn; pg_num=64");
	end(scene);
}

static void a_pg_num_on_its_way_is_not_told_again(void **state)
{
	struct scene *scene = begin();

	(void)state;
	scene->have.pg_num_target = 64;
	WANT(scene, pg_num, 64);
	assert_string_equal(told(scene), "");
	end(scene);
}

static void pg_num_is_never_below_pg_num_min(void **state)
{
	struct scene *scene = begin();

	(void)state;
	scene->have.autoscale = "on";
	WANT(scene, pg_num_min, 64);
	assert_string_equal(told(scene), "pg_num=64; pg_num_min=64");
	scene->have.pg_num_min = 32;
	WANT(scene, pg_num_min, 8);
	WANT(scene, pg_autoscale_mode, HC_CEPH_AUTOSCALE_OFF);
	WANT(scene, pg_num, 16);
	assert_string_equal(told(scene), "pg_autoscale_mode=off; pg_num_min=8; pg_num=16");
	end(scene);
}

static void another_application_takes_the_place_of_the_first(void **state)
{
	struct scene *scene = begin();

	(void)state;
	WANT(scene, application, "cephfs");
	assert_string_equal(told(scene), "enable cephfs; disable rbd");
	end(scene);
}

static void quotas_and_targets_are_numbers(void **state)
{
	struct scene *scene = begin();

	(void)state;
	scene->have.target_size_ratio = "0.2";
	scene->have.quota_objects = 7;
	WANT(scene, target_size_ratio, "0.20");
	WANT(scene, target_size, UINT64_C(5000000000));
	WANT(scene, quota_max_bytes, UINT64_C(1) << 40);
	WANT(scene, quota_max_objects, 0);
	assert_string_equal(told(scene), "target_size_bytes=5000000000; quota "
					 "max_bytes=1099511627776; quota max_objects=0");
	end(scene);
}

static void all_settings_at_once_have_room(void **state)
{
	struct scene *scene = begin();

	(void)state;
	WANT(scene, size, 2);
	WANT(scene, min_size, 1);
	WANT(scene, pg_num, 64);
	WANT(scene, pg_num_min, 16);
	WANT(scene, pg_autoscale_mode, HC_CEPH_AUTOSCALE_WARN);
	WANT(scene, target_size_ratio, "2");
	WANT(scene, target_size, 1);
	WANT(scene, crush_rule, "r");
	WANT(scene, application, "a");
	WANT(scene, quota_max_bytes, 1);
	WANT(scene, quota_max_objects, 1);
	WANT(scene, compression_mode, 1);
	WANT(scene, compression_algorithm, 1);
	assert_int_equal(pool_settings(scene->arena, scene->want, &scene->have).n, 14);
	end(scene);
}

static void add_osd(struct scene *scene, const char *node)
{
	(void)hc_resource_new(&scene->whole, &hc_ceph_osd, node, "sdb");
}

static int waits(struct scene *scene, struct fact_osd *osds, size_t n)
{
	struct facts facts = {.osds = osds, .nosd = n};
	struct hc_call call = {.arena = scene->arena,
			       .diags = {.arena = scene->arena},
			       .whole = &scene->whole};

	hc_set_sort(&scene->whole);
	return pool_waits(&call, &facts, scene->want);
}

static struct scene *three_nodes(void)
{
	struct scene *scene = begin();

	add_osd(scene, "pve1");
	add_osd(scene, "pve2");
	add_osd(scene, "pve3");
	return scene;
}

static void a_pool_waits_for_osds_that_are_to_come(void **state)
{
	struct scene *scene = three_nodes();
	struct fact_osd osds[] = {
		{.id = 0, .host = "pve1", .up = true, .up_from = 5},
		{.id = 1, .host = "pve2", .up = true, .up_from = 6},
		{.id = 2, .host = "pve3"},
	};

	(void)state;
	assert_int_equal(waits(scene, NULL, 0), -EAGAIN);
	assert_int_equal(waits(scene, osds, 3), -EAGAIN);
	WANT(scene, size, 2);
	assert_int_equal(waits(scene, osds, 3), 0);
	end(scene);
}

static void a_pool_does_not_wait_for_a_dead_node(void **state)
{
	struct scene *scene = three_nodes();
	struct fact_osd osds[] = {
		{.id = 0, .host = "pve1", .up = true, .up_from = 5},
		{.id = 1, .host = "pve2", .up = true, .up_from = 6},
		{.id = 2, .host = "pve3", .up = false, .up_from = 7},
	};

	(void)state;
	assert_int_equal(waits(scene, osds, 3), 0);
	end(scene);
}

static void a_pool_does_not_wait_for_osds_that_nobody_asks_for(void **state)
{
	struct scene *scene = begin();

	(void)state;
	assert_int_equal(waits(scene, NULL, 0), 0);
	end(scene);
}

static void two_osds_of_one_node_are_two_places_where_the_rule_says_so(void **state)
{
	struct scene *scene = three_nodes();
	struct fact_rule rule = {.name = "by-osd", .failure_domain = "osd", .device_class = ""};
	struct fact_osd osds[] = {
		{.id = 0, .host = "pve1", .up = true, .up_from = 5},
		{.id = 1, .host = "pve1", .up = true, .up_from = 6},
	};
	struct facts facts = {.osds = osds, .nosd = 2, .rules = &rule, .nrule = 1};
	struct hc_call call = {.arena = scene->arena,
			       .diags = {.arena = scene->arena},
			       .whole = &scene->whole};

	(void)state;
	hc_set_sort(&scene->whole);
	WANT(scene, size, 2);
	assert_int_equal(pool_waits(&call, &facts, scene->want), -EAGAIN);
	WANT(scene, crush_rule, "by-osd");
	assert_int_equal(pool_waits(&call, &facts, scene->want), 0);
	end(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_asked_for_is_not_told),
		cmocka_unit_test(min_size_is_told_again_with_the_size),
		cmocka_unit_test(the_autoscaler_keeps_its_pg_num),
		cmocka_unit_test(a_pg_num_on_its_way_is_not_told_again),
		cmocka_unit_test(pg_num_is_never_below_pg_num_min),
		cmocka_unit_test(another_application_takes_the_place_of_the_first),
		cmocka_unit_test(quotas_and_targets_are_numbers),
		cmocka_unit_test(all_settings_at_once_have_room),
		cmocka_unit_test(a_pool_waits_for_osds_that_are_to_come),
		cmocka_unit_test(a_pool_does_not_wait_for_a_dead_node),
		cmocka_unit_test(a_pool_does_not_wait_for_osds_that_nobody_asks_for),
		cmocka_unit_test(two_osds_of_one_node_are_two_places_where_the_rule_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
