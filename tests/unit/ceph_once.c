/* SPDX-License-Identifier: Apache-2.0 */
/* What is done once for the cluster: after what, and what of it may go. */

#include "../../providers/ceph/once.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct scene {
	struct hc_arena *arena;
	struct hc_set desired;
	struct hc_state live;
	struct hc_strings approved;
	struct hc_call call;
	struct hc_plan plan;
};

static struct scene *begin(void)
{
	struct hc_arena *arena = hc_arena_new();
	struct scene *scene = hc_new(arena, struct scene);

	scene->arena = arena;
	scene->desired.arena = scene->live.found.arena = scene->plan.arena = arena;
	scene->call = (struct hc_call){
		.arena = arena,
		.node = "pve1",
		.diags = {.arena = arena},
		.desired = &scene->desired,
		.whole = &scene->desired,
		.live = &scene->live,
		.approved = &scene->approved,
	};
	return scene;
}

static void end(struct scene *scene)
{
	hc_arena_free(scene->arena);
}

static struct hc_change *add(struct scene *scene, enum hc_action action, const struct hc_type *type,
			     const char *name)
{
	struct hc_change *change = hc_new(scene->arena, struct hc_change);
	struct hc_set *set = action == HC_REMOVE ? &scene->live.found : &scene->desired;
	struct hc_resource *r =
		hc_resource_new(set, type, type->scope == HC_NODE ? scene->call.node : NULL, name);

	*change = (struct hc_change){.action = action,
				     .type = type,
				     .name = r->name,
				     .node = r->node};
	if (action == HC_REMOVE)
		change->have = r;
	else
		change->want = r;
	scene->plan.change = hc_grow(scene->arena, scene->plan.change, scene->plan.n,
				     &scene->plan.room, sizeof(*scene->plan.change));
	scene->plan.change[scene->plan.n++] = change;
	return change;
}

static bool comes_after(const struct hc_change *change, const struct hc_change *first)
{
	for (size_t i = 0; i < change->nafter; i++)
		if (change->after[i] == first)
			return true;
	return false;
}

static void the_first_pool_is_made_after_this_nodes_daemons(void **state)
{
	struct scene *scene = begin();
	struct hc_change *mon = add(scene, HC_CREATE, &hc_ceph_monitor, "mon");
	struct hc_change *osd = add(scene, HC_CREATE, &hc_ceph_osd, "sdb");
	struct hc_change *pool = add(scene, HC_CREATE, &hc_ceph_pool, "vms");
	struct hc_change *key = add(scene, HC_CREATE, &hc_ceph_key, "client.vms");

	(void)state;
	once_order(&scene->call, &scene->plan, pool, true);
	once_order(&scene->call, &scene->plan, key, false);
	assert_true(comes_after(pool, mon));
	assert_true(comes_after(pool, osd));
	assert_true(comes_after(key, mon));
	assert_false(comes_after(key, osd));
	end(scene);
}

static void a_refused_disk_does_not_hold_up_the_pool(void **state)
{
	struct scene *scene = begin();
	struct hc_change *osd = add(scene, HC_CREATE, &hc_ceph_osd, "sdb");
	struct hc_change *wiped = add(scene, HC_CREATE, &hc_ceph_osd, "sdc");
	struct hc_change *pool = add(scene, HC_CREATE, &hc_ceph_pool, "vms");

	(void)state;
	osd->refused = "an ext4 file system";
	((struct hc_ceph_osd *)wiped->want->spec)->wipe = true;
	once_order(&scene->call, &scene->plan, pool, true);
	assert_int_equal(pool->nafter, 0);
	end(scene);
}

static void where_monitors_answer_nothing_holds_up_the_pool(void **state)
{
	struct scene *scene = begin();
	struct hc_change *mon = add(scene, HC_CREATE, &hc_ceph_monitor, "mon");
	struct hc_change *pool = add(scene, HC_CREATE, &hc_ceph_pool, "vms");

	(void)state;
	(void)hc_resource_new(&scene->live.found, &hc_ceph_cluster, NULL, "ceph");
	once_order(&scene->call, &scene->plan, pool, true);
	assert_false(comes_after(pool, mon));
	end(scene);
}

static void only_what_is_made_and_approved_loses_data(void **state)
{
	struct scene *scene = begin();
	struct hc_change *pool = add(scene, HC_REMOVE, &hc_ceph_pool, "vms");

	(void)state;
	hc_strings_add(scene->arena, &scene->approved, "CephPool/vms");
	once_keep(&scene->call, pool, true);
	assert_non_null(strstr(pool->kept, "did not make it"));
	pool->kept = NULL;
	scene->live.found.v[0]->made = true;
	once_keep(&scene->call, pool, true);
	assert_null(pool->kept);
	scene->approved.n = 0;
	once_keep(&scene->call, pool, true);
	assert_non_null(strstr(pool->kept, "--approve CephPool/vms"));
	end(scene);
}

/* What a killed run left; and what is there, asked for, or not of this version is none. */
static void marks_of_nothing_that_nobody_asks_for_are_stale(void **state)
{
	static const char *const marks[] = {
		"hcstate/made/CephPool/gone",
		"hcstate/made/CephPool/there",
		"hcstate/made/CephPool/wanted",
		"hcstate/made/CephKey/there",
		"hcstate/made/CephKey/gone",
		"hcstate/made/CephConfig/ceph/osd/x",
		"hcstate/made/CephConfig/ceph/mon/x",
		"hcstate/made/CephPoo/gone",
		"hcstate/made/Ceph",
		"hcstate/pool-delete",
		"hcstate/osd/CephPool/gone",
	};
	struct scene *scene = begin();
	struct fact_pool pool = {.name = "there"};
	struct fact_key key = {.entity = "there"};
	struct fact_option option = {.section = "osd", .name = "x", .value = "1"};
	struct facts facts = {
		.pools = &pool,
		.npool = 1,
		.keys = &key,
		.nkey = 1,
		.options = &option,
		.noption = 1,
	};
	struct hc_strings stale;

	(void)state;
	(void)add(scene, HC_CREATE, &hc_ceph_pool, "wanted");
	hc_set_sort(&scene->desired);
	for (size_t i = 0; i < HC_COUNT(marks); i++)
		hc_map_put(scene->arena, &facts.marks, marks[i], "pve1");
	stale = mark_stale(&scene->call, &facts);
	assert_int_equal(stale.n, 3);
	assert_true(hc_strings_have(&stale, "CephPool/gone"));
	assert_true(hc_strings_have(&stale, "CephKey/gone"));
	assert_true(hc_strings_have(&stale, "CephConfig/ceph/mon/x"));
	end(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_pool_is_made_after_this_nodes_daemons),
		cmocka_unit_test(a_refused_disk_does_not_hold_up_the_pool),
		cmocka_unit_test(where_monitors_answer_nothing_holds_up_the_pool),
		cmocka_unit_test(only_what_is_made_and_approved_loses_data),
		cmocka_unit_test(marks_of_nothing_that_nobody_asks_for_are_stale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
