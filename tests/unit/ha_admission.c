/* SPDX-License-Identifier: Apache-2.0 */
/* What is told beforehand of a node's death. */

#include "ha_scene.h"

static const uint64_t gib = GIB;

static void room(struct scene *s, uint64_t n1, uint64_t n2, uint64_t n3)
{
	node(s, "n1")->room = n1;
	node(s, "n2")->room = n2;
	node(s, "n3")->room = n3;
}

static size_t count(const struct scene *s)
{
	return s->decision.nwarning;
}

static void one_without_room_is_named(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", "n1");
	add(s, "vm2", "n2");
	want(s, "vm2")->memory = 4 * gib;
	room(s, 2 * gib, 2 * gib, 3 * gib);
	obey(s, 2);
	assert_int_equal(count(s), 1);
	assert_string_equal(s->decision.warnings[0].text, "if n2 dies, vm2 has no room");
	assert_string_equal(s->decision.warnings[0].vm, "vm2");
	assert_string_equal(s->decision.warnings[0].node, "n2");
	room(s, 4 * gib, 2 * gib, 3 * gib);
	obey(s, 1);
	assert_int_equal(count(s), 0);
}

static void several_share_what_room_there_is(void **state)
{
	static const char *const names[] = {"vm1", "vm2", "vm3", "vm4", "vm5", "vm6", "vm7"};
	struct scene *s = *state;

	for (size_t i = 0; i < HC_COUNT(names); i++)
		add(s, names[i], "n1");
	room(s, gib, gib + 1, gib + 2);
	obey(s, 2);
	assert_int_equal(count(s), 1);
	assert_string_equal(s->decision.warnings[0].text,
			    "if n1 dies, vm3, vm4, vm5 and 2 more have no room");
	assert_null(s->decision.warnings[0].vm);
}

static void the_largest_is_put_first(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", "n1");
	add(s, "vm2", "n1");
	want(s, "vm2")->memory = 3 * gib;
	room(s, gib, 3 * gib, gib);
	obey(s, 2);
	assert_int_equal(count(s), 0);
}

static void only_the_nodes_of_the_right_priority_count(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", "n3");
	group(s, "n1:1 n2:2 n3:3");
	room(s, 100 * gib, gib / 2, gib);
	obey(s, 2);
	assert_int_equal(count(s), 1);
	assert_string_equal(s->decision.warnings[0].text, "if n3 dies, vm1 has no room");
}

static void a_roomy_node_of_lower_priority_is_no_help(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", "n3");
	group(s, "n1:2 n2:1 n3:3");
	room(s, gib / 2, 100 * gib, gib);
	obey(s, 2);
	assert_string_equal(s->decision.warnings[0].text, "if n3 dies, vm1 has no room");
}

static void the_last_node_is_not_told_that_it_is(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", "n1");
	away(s, "n2");
	away(s, "n3");
	obey(s, 3);
	assert_int_equal(count(s), 0);
}

static void what_may_run_nowhere_else_is_named(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", "n1");
	group(s, "n1");
	s->group.restricted = true;
	obey(s, 2);
	assert_string_equal(s->decision.warnings[0].text, "if n1 dies, vm1 may run nowhere else");
}

static void what_is_not_known_is_not_judged(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", "n1");
	add(s, "vm2", "n2");
	add(s, "vm3", "n2");
	want(s, "vm1")->memory = 0;
	want(s, "vm2")->pinned = "its disk is here";
	want(s, "vm3")->wish = HC_HA_STOPPED;
	room(s, 1, 1, 1);
	obey(s, 4);
	assert_int_equal(count(s), 0);
	want(s, "vm1")->memory = 100 * gib;
	room(s, 1, 0, 1);
	obey(s, 1);
	assert_int_equal(count(s), 0);
}

static void what_is_on_its_way_takes_its_room(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", "n1");
	add(s, "vm2", "n3");
	obey(s, 2);
	room(s, 0, gib, gib);
	node(s, "n1")->room = 1;
	ask(s, "vm1", HA_MIGRATE_TO, "n2");
	next(s);
	goes_to(s, "vm1", HA_IS_MIGRATE, "n2");
	assert_true(warned(s, "if n3 dies, vm2 has no room"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(one_without_room_is_named),
		scene_test(several_share_what_room_there_is),
		scene_test(the_largest_is_put_first),
		scene_test(only_the_nodes_of_the_right_priority_count),
		scene_test(what_may_run_nowhere_else_is_named),
		scene_test(what_is_not_known_is_not_judged),
		scene_test(what_is_on_its_way_takes_its_room),
		scene_test(a_roomy_node_of_lower_priority_is_no_help),
		scene_test(the_last_node_is_not_told_that_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
