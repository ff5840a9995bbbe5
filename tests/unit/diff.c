/* SPDX-License-Identifier: Apache-2.0 */
/* The comparison: what is missing, different, too much, foreign, or cannot be known. */

#include <reconciler/diff.h>
#include <reconciler/inventory.h>

#include "toy.h"

static const struct hc_type *const managed[] = {&club_type, &clue_type, &part_type, &thing_type,
						NULL};
static const struct hc_provider provider = {.abi = HC_ABI, .name = "toys", .types = managed};

struct sides {
	struct hc_arena *arena;
	struct hc_registry *registry;
	struct hc_set desired;
	struct hc_state live;
	struct hc_inventory made;
	struct hc_diff diff;
};

static int set_up(void **state)
{
	struct sides *sides = calloc(1, sizeof(*sides));

	sides->arena = hc_arena_new();
	sides->registry = hc_registry_new();
	assert_int_equal(hc_registry_add(sides->registry, &provider), 0);
	sides->desired.arena = sides->live.found.arena = sides->arena;
	sides->made.arena = sides->diff.arena = sides->arena;
	*state = sides;
	return 0;
}

static int tear_down(void **state)
{
	struct sides *sides = *state;

	hc_registry_freep(&sides->registry);
	hc_arena_freep(&sides->arena);
	free(sides);
	return 0;
}

/* Compares; there is one finding, which it gives. */
static const struct hc_finding *compare(struct sides *sides)
{
	hc_set_sort(&sides->desired);
	hc_set_sort(&sides->live.found);
	hc_diff(&sides->diff, &sides->desired, &sides->live, sides->registry, &sides->made);
	assert_int_equal(sides->diff.n, 1);
	return &sides->diff.v[0];
}

static void what_is_as_wanted_is_the_same(void **state)
{
	struct sides *sides = *state;

	(void)toy_thing(&sides->desired, "a", 1);
	(void)toy_thing(&sides->live.found, "a", 1);
	assert_int_equal(compare(sides)->verdict, HC_SAME);
	assert_true(sides->diff.complete);
}

static void each_field_that_differs_has_its_bit(void **state)
{
	struct sides *sides = *state;
	struct hc_resource *want = toy_thing(&sides->desired, "a", 1);
	struct hc_resource *have = toy_thing(&sides->live.found, "a", 2);
	const struct hc_finding *f;

	toy_tint(want, 5);
	toy_tint(have, 5);
	toy_on(want, "b"); /* and not said of what is there */
	f = compare(sides);
	assert_int_equal(f->verdict, HC_DIFFERENT);
	assert_int_equal(f->differs, 1 << 0 | 1 << 4);
}

static void fields_that_are_not_wanted_do_not_count(void **state)
{
	struct sides *sides = *state;

	(void)toy_thing(&sides->desired, "a", 1);
	toy_tint(toy_thing(&sides->live.found, "a", 1), 9);
	assert_int_equal(compare(sides)->verdict, HC_SAME);
}

static void observed_fields_do_not_count(void **state)
{
	struct sides *sides = *state;
	struct hc_resource *want = toy_thing(&sides->desired, "a", 1);

	((struct toy *)want->spec)->wear = 3;
	hc_set_field(want, struct toy, wear);
	(void)toy_thing(&sides->live.found, "a", 1);
	assert_int_equal(compare(sides)->verdict, HC_SAME);
}

static void what_is_missing_is_different(void **state)
{
	struct sides *sides = *state;
	const struct hc_finding *f;

	(void)toy_thing(&sides->desired, "a", 1);
	f = compare(sides);
	assert_int_equal(f->verdict, HC_DIFFERENT);
	assert_null(f->have);
}

static void what_nobody_asked_for_and_hcstate_did_not_make_is_unmanaged(void **state)
{
	struct sides *sides = *state;

	(void)toy_thing(&sides->live.found, "a", 1);
	hc_inventory_add(&sides->made, toy_thing(&sides->desired, "other", 1));
	sides->desired.n = 0;
	assert_int_equal(compare(sides)->verdict, HC_UNMANAGED);
	assert_true(sides->diff.complete);
}

static void what_is_in_the_inventory_and_not_wanted_is_too_much(void **state)
{
	struct sides *sides = *state;

	hc_inventory_add(&sides->made, toy_thing(&sides->live.found, "a", 1));
	assert_int_equal(compare(sides)->verdict, HC_DIFFERENT);
}

static void what_says_itself_that_it_was_made_is_too_much(void **state)
{
	struct sides *sides = *state;

	toy_thing(&sides->live.found, "a", 1)->made = true;
	assert_int_equal(compare(sides)->verdict, HC_DIFFERENT);
}

static void unknown_is_not_missing(void **state)
{
	struct sides *sides = *state;
	const struct hc_finding *f;

	(void)toy_thing(&sides->desired, "a", 1);
	hc_unknown(&sides->live, &thing_type, "it is dark");
	f = compare(sides);
	assert_int_equal(f->verdict, HC_UNREADABLE);
	assert_string_equal(f->why, "it is dark");
	assert_false(sides->diff.complete);
}

static void unknown_is_not_too_much_even_when_some_was_read(void **state)
{
	struct sides *sides = *state;

	hc_inventory_add(&sides->made, toy_thing(&sides->live.found, "a", 1));
	hc_unknown(&sides->live, &thing_type, "it is dark");
	assert_int_equal(compare(sides)->verdict, HC_UNREADABLE);
	assert_true(sides->diff.complete); /* nobody asked for it */
}

static void a_kind_without_provider_is_unknown(void **state)
{
	struct sides *sides = *state;
	const struct hc_finding *f;

	(void)toy_add(&sides->desired, &orphan_type, "a");
	f = compare(sides);
	assert_int_equal(f->verdict, HC_UNREADABLE);
	assert_string_equal(f->why, "its provider is not installed");
	assert_false(sides->diff.complete);
}

static void passive_kinds_are_not_compared(void **state)
{
	struct sides *sides = *state;

	(void)toy_add(&sides->desired, &label_type, "a");
	(void)toy_thing(&sides->desired, "a", 1);
	(void)toy_thing(&sides->live.found, "a", 1);
	assert_int_equal(compare(sides)->verdict, HC_SAME);
}

static void what_is_read_twice_is_not_removed_as_too_much(void **state)
{
	struct sides *sides = *state;

	(void)toy_thing(&sides->desired, "a", 1);
	toy_thing(&sides->live.found, "a", 1)->made = true;
	toy_thing(&sides->live.found, "a", 1)->made = true;
	assert_int_equal(compare(sides)->verdict, HC_SAME);
}

static void both_sides_are_merged_in_order(void **state)
{
	static const char *const want[] = {"a", "b", "c", "d", "e"};
	static const enum hc_verdict verdicts[] = {HC_DIFFERENT, HC_UNMANAGED, HC_SAME,
						   HC_UNMANAGED, HC_DIFFERENT};
	struct sides *sides = *state;

	(void)toy_thing(&sides->desired, "e", 1);
	(void)toy_thing(&sides->desired, "a", 1);
	(void)toy_thing(&sides->desired, "c", 1);
	(void)toy_thing(&sides->live.found, "d", 1);
	(void)toy_thing(&sides->live.found, "c", 1);
	(void)toy_thing(&sides->live.found, "b", 1);
	hc_set_sort(&sides->desired);
	hc_set_sort(&sides->live.found);
	hc_diff(&sides->diff, &sides->desired, &sides->live, sides->registry, &sides->made);
	assert_int_equal(sides->diff.n, HC_COUNT(want));
	for (size_t i = 0; i < HC_COUNT(want); i++) {
		const struct hc_finding *f = &sides->diff.v[i];

		assert_string_equal((f->want ? f->want : f->have)->name, want[i]);
		assert_int_equal(f->verdict, verdicts[i]);
	}
}

static void evidence_is_found_and_never_compared(void **state)
{
	struct sides *sides = *state;

	toy_add(&sides->live.found, &clue_type, "c")->made = true;
	(void)toy_thing(&sides->live.found, "foreign", 1);
	assert_string_equal(compare(sides)->have->name, "foreign");
	assert_non_null(hc_find(&sides->live.found, &clue_type, "n1", "c"));
}

static struct hc_resource *made_on(struct sides *sides, const char *node)
{
	struct hc_resource *r = hc_resource_new(&sides->live.found, &thing_type, node, "a");

	r->made = true;
	return r;
}

static void what_is_on_another_node_is_its_business(void **state)
{
	struct sides *sides = *state;
	struct hc_strings nodes = {0};

	hc_strings_add(sides->arena, &nodes, "n1");
	hc_strings_add(sides->arena, &nodes, "n2");
	sides->diff.node = "n1";
	sides->diff.nodes = &nodes;
	(void)made_on(sides, "n1");
	(void)made_on(sides, "n2");
	assert_string_equal(compare(sides)->have->node, "n1");
}

static void what_is_on_a_node_that_nobody_names_is_compared(void **state)
{
	struct sides *sides = *state;
	struct hc_strings nodes = {0};
	const struct hc_finding *f;

	hc_strings_add(sides->arena, &nodes, "n1");
	sides->diff.node = "n1";
	sides->diff.nodes = &nodes;
	(void)made_on(sides, "gone");
	f = compare(sides);
	assert_int_equal(f->verdict, HC_DIFFERENT);
	assert_string_equal(f->have->node, "gone");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		TEST(what_is_as_wanted_is_the_same),
		TEST(each_field_that_differs_has_its_bit),
		TEST(fields_that_are_not_wanted_do_not_count),
		TEST(observed_fields_do_not_count),
		TEST(what_is_missing_is_different),
		TEST(what_nobody_asked_for_and_hcstate_did_not_make_is_unmanaged),
		TEST(what_is_in_the_inventory_and_not_wanted_is_too_much),
		TEST(what_says_itself_that_it_was_made_is_too_much),
		TEST(unknown_is_not_missing),
		TEST(unknown_is_not_too_much_even_when_some_was_read),
		TEST(a_kind_without_provider_is_unknown),
		TEST(passive_kinds_are_not_compared),
		TEST(what_is_read_twice_is_not_removed_as_too_much),
		TEST(both_sides_are_merged_in_order),
		TEST(evidence_is_found_and_never_compared),
		TEST(what_is_on_another_node_is_its_business),
		TEST(what_is_on_a_node_that_nobody_names_is_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
