/* SPDX-License-Identifier: Apache-2.0 */
/* Resources and sets of them. */

#include "toy.h"

static int set_up(void **state)
{
	struct hc_set *set = calloc(1, sizeof(*set));

	set->arena = hc_arena_new();
	*state = set;
	return 0;
}

static int tear_down(void **state)
{
	struct hc_set *set = *state;

	(void)hc_arena_free(set->arena);
	free(set);
	return 0;
}

static void a_new_one_has_nothing_and_copies_its_names(void **state)
{
	char node[] = "n1", name[] = "one";
	struct hc_resource *r = hc_resource_new(*state, &thing_type, node, name);

	node[0] = name[0] = 'x';
	assert_string_equal(r->name, "one");
	assert_string_equal(r->node, "n1");
	assert_int_equal(r->set, 0);
	assert_int_equal(((struct toy *)r->spec)->size, 0);
	assert_false(hc_has_field(r, struct toy, size));
	hc_set_field(r, struct toy, tint);
	assert_true(hc_has_field(r, struct toy, tint));
	assert_false(hc_has_field(r, struct toy, size));
}

static void it_is_written_as_kind_name_and_node(void **state)
{
	struct hc_set *set = *state;

	assert_string_equal(hc_resource_text(set->arena,
					     hc_resource_new(set, &thing_type, "n1", "a/b")),
			    "Thing/a/b@n1");
	assert_string_equal(hc_resource_text(set->arena,
					     hc_resource_new(set, &thing_type, NULL, "a")),
			    "Thing/a");
}

static void a_set_is_sorted_by_kind_then_name_then_node(void **state)
{
	static const char *const want[] = {"Club/z", "Thing/a@n1", "Thing/a@n2", "Thing/b@n1"};
	struct hc_set *set = *state;

	(void)hc_resource_new(set, &thing_type, "n1", "b");
	(void)hc_resource_new(set, &thing_type, "n2", "a");
	(void)hc_resource_new(set, &club_type, NULL, "z");
	(void)hc_resource_new(set, &thing_type, "n1", "a");
	hc_set_sort(set);
	for (size_t i = 0; i < HC_COUNT(want); i++)
		assert_string_equal(hc_resource_text(set->arena, set->v[i]), want[i]);
}

static void an_empty_set_can_be_sorted_and_searched(void **state)
{
	size_t n = 7;

	hc_set_sort(*state);
	assert_null(hc_find(*state, &thing_type, "n1", "a"));
	(void)hc_of_type(*state, &thing_type, &n);
	assert_int_equal(n, 0);
}

static void each_is_found_by_kind_node_and_name(void **state)
{
	struct hc_set *set = *state;
	struct hc_resource *all[60];

	for (size_t i = 0; i < HC_COUNT(all); i++)
		all[i] = hc_resource_new(set, i % 2 ? &thing_type : &part_type, i % 3 ? "n1" : "n2",
					 hc_printf(set->arena, "x%zu", i * 7 % HC_COUNT(all)));
	hc_set_sort(set);
	for (size_t i = 0; i < HC_COUNT(all); i++)
		assert_ptr_equal(hc_find(set, all[i]->type, all[i]->node, all[i]->name), all[i]);
	assert_null(hc_find(set, &thing_type, NULL, all[1]->name));
	assert_null(hc_find(set, &club_type, "n1", all[1]->name));
}

static void those_of_a_kind_lie_together(void **state)
{
	struct hc_set *set = *state;
	struct hc_resource *const *v;
	size_t n;

	(void)hc_resource_new(set, &thing_type, "n1", "b");
	(void)hc_resource_new(set, &club_type, NULL, "z");
	(void)hc_resource_new(set, &thing_type, "n1", "a");
	hc_set_sort(set);
	v = hc_of_type(set, &thing_type, &n);
	assert_int_equal(n, 2);
	assert_string_equal(v[0]->name, "a");
	assert_string_equal(v[1]->name, "b");
	(void)hc_of_type(set, &part_type, &n); /* between the two */
	assert_int_equal(n, 0);
}

static void a_field_without_a_place_has_the_resources(void **state)
{
	struct hc_resource *r = toy_thing(*state, "a", 1);
	struct hc_place places[HC_COUNT(thing_fields)] = {[1] = {.line = 8}};

	r->place.line = 3;
	assert_int_equal(hc_field_place(r, 1).line, 3);
	r->places = places;
	assert_int_equal(hc_field_place(r, 1).line, 8);
	assert_int_equal(hc_field_place(r, 0).line, 3);
	assert_int_equal(hc_field_place(r, -1).line, 3);
}

static void the_first_reason_for_not_knowing_stays(void **state)
{
	struct hc_set *set = *state;
	struct hc_state live = {.found = *set};

	assert_null(hc_why_unknown(&live, &thing_type));
	hc_unknown(&live, &thing_type, "it is %s", "dark");
	hc_unknown(&live, &thing_type, "it is late");
	assert_string_equal(hc_why_unknown(&live, &thing_type), "it is dark");
	assert_int_equal(live.nunknown, 1);
	assert_null(hc_why_unknown(&live, &part_type));
}

static void fields_are_known_by_name_and_by_member(void **state)
{
	(void)state;
	assert_int_equal(hc_field_index(&thing_type, "tint"), 1);
	assert_int_equal(hc_field_index(&thing_type, "parts"), 5);
	assert_int_equal(hc_field_index(&thing_type, "colour"), -1);
	assert_int_equal(hc_field_bit(&thing_type, offsetof(struct toy, wear)), 1 << 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		TEST(a_new_one_has_nothing_and_copies_its_names),
		TEST(it_is_written_as_kind_name_and_node),
		TEST(a_set_is_sorted_by_kind_then_name_then_node),
		TEST(an_empty_set_can_be_sorted_and_searched),
		TEST(each_is_found_by_kind_node_and_name),
		TEST(those_of_a_kind_lie_together),
		TEST(a_field_without_a_place_has_the_resources),
		TEST(the_first_reason_for_not_knowing_stays),
		TEST(fields_are_known_by_name_and_by_member),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
