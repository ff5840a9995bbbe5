/* SPDX-License-Identifier: Apache-2.0 */
/* From a comparison to a plan: what is done, in which order, and what may not be done. */

#include <reconciler/inventory.h>
#include <reconciler/planner.h>

#include "toy.h"

/* What the toys' provider makes of a change is in its name, so that each test says it itself. */
static bool is_named(const struct hc_change *change, const char *word)
{
	return strstr(change->name, word) != NULL;
}

static int adjust(struct hc_call *call, struct hc_change *change)
{
	if (is_named(change, "agrees"))
		change->differs &= ~UINT64_C(2); /* tint */
	if (is_named(change, "shrinks"))
		change->differs &= ~UINT64_C(1); /* size */
	if (is_named(change, "raised"))
		change->action = HC_REPLACE;
	if (is_named(change, "stays") && !hc_approved(call, "Thing/stays@n1"))
		change->kept = "it holds data";
	change->decided = is_named(change, "decided") && change->type == &thing_type;
	if (is_named(change, "whole"))
		change->refused = call->whole->v[0]->name;
	if (is_named(change, "broken"))
		return hc_fail(call, EINVAL, NULL, "it is broken");
	return 0;
}

static int plan_change(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	(void)call;
	if (is_named(change, "unplannable"))
		return hc_fail(call, EINVAL, NULL, "nobody knows how");
	if (is_named(change, "mute"))
		return -EINVAL;
	if (is_named(change, "stepless"))
		return 0;
	(void)hc_step(plan, change, 0, is_named(change, "costly") ? HC_DATA_LOSS : HC_BLIP, NULL,
		      "%s", hc_action_words[change->action]);
	(void)hc_step(plan, change, 1, HC_NONE, NULL, "finish");
	if (is_named(change, "loop"))
		hc_step_after(plan, change->steps[0], change->steps[1]);
	return 0;
}

static const struct hc_type *const managed[] = {&club_type, &part_type, &thing_type, NULL};
static const struct hc_provider provider = {
	.abi = HC_ABI, .name = "toys", .types = managed, .adjust = adjust, .plan = plan_change};

struct scene {
	struct hc_arena *arena;
	struct hc_registry *registry;
	struct hc_set desired, whole;
	struct hc_state live;
	struct hc_inventory made;
	struct hc_aim aim;
	struct hc_diff diff;
	struct hc_plan *plan;
};

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	scene->arena = hc_arena_new();
	scene->registry = hc_registry_new();
	assert_int_equal(hc_registry_add(scene->registry, &provider), 0);
	scene->desired.arena = scene->whole.arena = scene->live.found.arena = scene->arena;
	scene->made.arena = scene->diff.arena = scene->arena;
	scene->aim = (struct hc_aim){
		.node = "n1",
		.member = true,
		.desired = &scene->desired,
		.whole = &scene->whole,
		.allow_removals = UINT64_MAX,
	};
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	hc_registry_freep(&scene->registry);
	hc_arena_freep(&scene->arena);
	free(scene);
	return 0;
}

/* Something that hcstate made. */
static struct hc_resource *made(struct hc_resource *r)
{
	r->made = true;
	return r;
}

static void plan(struct scene *scene)
{
	hc_set_sort(&scene->desired);
	hc_set_sort(&scene->live.found);
	hc_diff(&scene->diff, &scene->desired, &scene->live, scene->registry, &scene->made);
	hc_plan(&scene->aim, scene->registry, &scene->live, &scene->diff, scene->arena,
		&scene->plan);
}

static const struct hc_change *change_of(const struct scene *scene, const char *name)
{
	for (size_t i = 0; i < scene->plan->n; i++)
		if (!strcmp(scene->plan->change[i]->name, name))
			return scene->plan->change[i];
	return NULL;
}

/* The place of the change's first step in an order in which all could run one by one. */
static size_t turn(const struct scene *scene, const char *name)
{
	const struct hc_change *change = change_of(scene, name);

	assert_non_null(change);
	for (size_t i = 0; i < scene->plan->nstep; i++)
		if (scene->plan->step[i] == change->steps[0])
			return i;
	fail();
	return 0;
}

static void assert_before(const struct scene *scene, const char *first, const char *then)
{
	const struct hc_step *last = change_of(scene, first)->steps[1];
	const struct hc_step *step = change_of(scene, then)->steps[0];
	bool edge = false;

	for (size_t i = 0; i < step->nafter; i++)
		edge |= step->after[i] == last;
	assert_true(edge);
	assert_true(turn(scene, first) < turn(scene, then));
}

static void nothing_to_do_is_an_empty_plan(void **state)
{
	struct scene *scene = *state;

	(void)toy_thing(&scene->desired, "a", 1);
	(void)toy_thing(&scene->live.found, "a", 1);
	(void)toy_thing(&scene->live.found, "foreign", 1);
	plan(scene);
	assert_int_equal(scene->plan->n, 0);
	assert_int_equal(scene->plan->nstep, 0);
	assert_null(scene->plan->refused);
}

static void each_difference_becomes_its_change(void **state)
{
	struct scene *scene = *state;

	(void)toy_thing(&scene->desired, "create", 1);
	(void)toy_thing(&scene->desired, "update", 1);
	(void)toy_thing(&scene->live.found, "update", 2);
	toy_tint(toy_thing(&scene->desired, "replace", 1), 1);
	toy_tint(toy_thing(&scene->live.found, "replace", 1), 2);
	(void)made(toy_thing(&scene->live.found, "remove", 1));
	plan(scene);
	assert_int_equal(scene->plan->n, 4);
	for (size_t i = 0; i < 4; i++) {
		const struct hc_change *change = scene->plan->change[i];

		assert_string_equal(hc_action_words[change->action], change->name);
		assert_int_equal(change->impact, HC_BLIP); /* the worst of its steps */
		assert_non_null(change->reason);
		assert_ptr_equal(hc_plan_find(scene->plan, &thing_type, "n1", change->name),
				 change);
	}
}

static void the_steps_of_a_change_follow_each_other(void **state)
{
	struct scene *scene = *state;
	const struct hc_change *change;

	(void)toy_thing(&scene->desired, "a", 1);
	plan(scene);
	change = change_of(scene, "a");
	assert_int_equal(change->steps[1]->nafter, 1);
	assert_ptr_equal(change->steps[1]->after[0], change->steps[0]);
	assert_ptr_equal(change->steps[0]->blocks[0], change->steps[1]);
	assert_int_equal(change->steps[0]->nafter, 0);
}

static void a_thing_is_made_after_what_it_stands_on(void **state)
{
	struct scene *scene = *state;

	toy_on(toy_thing(&scene->desired, "a", 1), "b");
	(void)toy_thing(&scene->desired, "b", 1);
	plan(scene);
	assert_before(scene, "b", "a");
}

static void what_a_thing_stood_on_goes_after_it_has_moved(void **state)
{
	struct scene *scene = *state;

	toy_on(toy_thing(&scene->desired, "x", 1), "");
	toy_on(toy_thing(&scene->live.found, "x", 1), "b");
	(void)made(toy_thing(&scene->live.found, "b", 1));
	plan(scene);
	assert_before(scene, "x", "b");
}

static void what_a_removed_thing_stands_on_goes_after_it(void **state)
{
	struct scene *scene = *state;

	scene->aim.allow_removals = 2;
	toy_on(made(toy_thing(&scene->live.found, "x", 1)), "b");
	(void)made(toy_thing(&scene->live.found, "b", 1));
	plan(scene);
	assert_before(scene, "x", "b");
}

static void a_part_is_made_after_its_thing(void **state)
{
	struct scene *scene = *state;

	/* Parts come first in the plan's own order, so the order has to be made. */
	toy_add(&scene->desired, &part_type, "z/p")->parent = toy_thing(&scene->desired, "z", 1);
	plan(scene);
	assert_before(scene, "z", "z/p");
}

/* ... and what differs of a thing that is there has its own reason. */
static void a_part_is_made_by_the_decision_that_makes_its_thing(void **state)
{
	struct scene *scene = *state;

	toy_add(&scene->desired, &part_type, "decided/p")->parent =
		toy_thing(&scene->desired, "decided", 1);
	toy_add(&scene->desired, &part_type, "decided-anew/p")->parent =
		toy_thing(&scene->desired, "decided-anew", 1);
	toy_add(&scene->desired, &part_type, "a/p")->parent = toy_thing(&scene->desired, "a", 1);
	(void)toy_thing(&scene->live.found, "decided-anew", 2);
	plan(scene);
	assert_true(change_of(scene, "decided")->decided);
	assert_true(change_of(scene, "decided/p")->decided);
	assert_true(change_of(scene, "decided-anew")->decided);
	assert_false(change_of(scene, "decided-anew/p")->decided);
	assert_false(change_of(scene, "a/p")->decided);
}

static void removing_a_thing_waits_for_its_parts(void **state)
{
	struct scene *scene = *state;

	(void)made(toy_thing(&scene->live.found, "a", 1));
	for (size_t i = 0; i < 3; i++)
		(void)made(toy_add(&scene->live.found, &part_type,
				   hc_printf(scene->arena, "a/p%zu", i)));
	plan(scene);
	assert_before(scene, "a/p0", "a");
	assert_before(scene, "a/p2", "a");
	assert_true(change_of(scene, "a/p1")->implied);
	assert_null(scene->plan->refused); /* parts that go with their thing are not counted */
}

static void a_namesake_of_another_kind_is_not_a_parts_thing(void **state)
{
	struct scene *scene = *state;

	(void)made(toy_add(&scene->live.found, &club_type, "a"));
	(void)made(toy_add(&scene->live.found, &part_type, "a/p"));
	plan(scene);
	assert_false(change_of(scene, "a/p")->implied);
}

static void order_goes_through_changes_without_steps(void **state)
{
	struct scene *scene = *state;
	const struct hc_step *last;

	toy_on(toy_thing(&scene->desired, "a", 1), "b-stepless");
	toy_on(toy_thing(&scene->desired, "b-stepless", 1), "c");
	(void)toy_thing(&scene->desired, "c", 1);
	plan(scene);
	last = change_of(scene, "c")->steps[1];
	assert_int_equal(change_of(scene, "a")->steps[0]->nafter, 1);
	assert_ptr_equal(change_of(scene, "a")->steps[0]->after[0], last);
}

static void an_update_of_which_nothing_is_left_is_none(void **state)
{
	struct scene *scene = *state;

	(void)toy_thing(&scene->desired, "shrinks", 1);
	(void)toy_thing(&scene->live.found, "shrinks", 2);
	toy_tint(toy_thing(&scene->desired, "agrees", 1), 1);
	toy_tint(toy_thing(&scene->live.found, "agrees", 1), 2);
	plan(scene);
	assert_int_equal(scene->plan->n, 0);
	assert_int_equal(scene->diff.v[0].verdict, HC_SAME);
	assert_null(scene->diff.v[0].change);
}

static void nothing_is_made_anew_for_a_field_that_agrees_after_all(void **state)
{
	struct scene *scene = *state;

	toy_tint(toy_thing(&scene->desired, "agrees", 1), 1);
	toy_tint(toy_thing(&scene->live.found, "agrees", 7), 2);
	plan(scene);
	assert_int_equal(change_of(scene, "agrees")->action, HC_UPDATE);
}

static void a_provider_may_raise_an_update_to_a_replace(void **state)
{
	struct scene *scene = *state;

	(void)toy_thing(&scene->desired, "raised", 1);
	(void)toy_thing(&scene->live.found, "raised", 2);
	plan(scene);
	assert_int_equal(change_of(scene, "raised")->action, HC_REPLACE);
}

static struct hc_resource *number(struct hc_resource *r, uint32_t id)
{
	((struct toy *)r->spec)->id = id;
	hc_set_field(r, struct toy, id);
	return r;
}

static void what_can_never_change_is_refused_even_when_it_would_be_made_anew(void **state)
{
	struct scene *scene = *state;

	(void)number(toy_thing(&scene->desired, "a", 1), 1);
	(void)number(toy_thing(&scene->live.found, "a", 1), 2);
	toy_tint(number(toy_thing(&scene->desired, "b", 1), 1), 1);
	toy_tint(number(toy_thing(&scene->live.found, "b", 1), 2), 2);
	plan(scene);
	assert_string_equal(change_of(scene, "a")->refused, "its id cannot be changed");
	assert_string_equal(change_of(scene, "b")->refused, "its id cannot be changed");
}

static void what_a_provider_cannot_plan_is_refused_with_its_words(void **state)
{
	struct scene *scene = *state;

	(void)toy_thing(&scene->desired, "broken-1", 1);
	(void)toy_thing(&scene->desired, "broken-2", 1); /* the same words again */
	(void)toy_thing(&scene->desired, "mute", 1);
	(void)toy_thing(&scene->desired, "unplannable", 1);
	plan(scene);
	assert_string_equal(change_of(scene, "broken-1")->refused, "it is broken");
	assert_string_equal(change_of(scene, "broken-2")->refused, "it is broken");
	assert_string_equal(change_of(scene, "mute")->refused, "its provider cannot plan it");
	assert_string_equal(change_of(scene, "unplannable")->refused, "nobody knows how");
}

/* So many things, all made, of which the first `removed` are not wanted any more. */
static void many(struct scene *scene, size_t n, size_t removed)
{
	for (size_t i = 0; i < n; i++) {
		const char *name = hc_printf(scene->arena, "x%zu", i);

		(void)made(toy_thing(&scene->live.found, name, 1));
		if (i >= removed)
			(void)toy_thing(&scene->desired, name, 1);
	}
	plan(scene);
}

static void one_removal_is_always_allowed(void **state)
{
	struct scene *scene = *state;

	many(scene, 3, 1);
	assert_null(scene->plan->refused);
}

static void more_than_a_tenth_of_a_kind_is_not_removed(void **state)
{
	struct scene *scene = *state;

	many(scene, 30, 4);
	assert_non_null(strstr(scene->plan->refused, "4 of 30 Thing"));
	assert_non_null(strstr(scene->plan->refused, "--allow-removals 4"));
}

static void a_tenth_of_a_kind_may_be_removed(void **state)
{
	struct scene *scene = *state;

	many(scene, 30, 3);
	assert_null(scene->plan->refused);
}

static void the_operator_allows_more_removals_or_none(void **state)
{
	struct scene *scene = *state;

	scene->aim.allow_removals = 4;
	many(scene, 5, 4);
	assert_null(scene->plan->refused);
	scene->diff.n = 0;
	scene->aim.allow_removals = 0;
	plan(scene);
	assert_non_null(scene->plan->refused);
}

static void removals_that_were_approved_one_by_one_do_not_count(void **state)
{
	struct scene *scene = *state;

	for (int i = 0; i < 4; i++)
		hc_strings_add(scene->arena, &scene->aim.approved,
			       hc_printf(scene->arena, "Thing/x%d@n1", i));
	many(scene, 5, 4);
	assert_null(scene->plan->refused);
	scene->aim.approved.n = 2;
	scene->diff.n = 0;
	plan(scene);
	assert_non_null(strstr(scene->plan->refused, "2 of 5 Thing"));
}

static enum hc_hold hold_nothing(void *arg, struct hc_arena *arena, const struct hc_change *change,
				 const char **why)
{
	(void)arg, (void)arena, (void)change, (void)why;
	return HC_GO;
}

/* Where a policy asks, a process stays: only the removals wait, one by one. */
static void too_many_removals_wait_where_a_process_stays(void **state)
{
	struct scene *scene = *state;

	scene->aim.hold = hold_nothing;
	(void)toy_thing(&scene->desired, "new", 1);
	many(scene, 5, 4);
	assert_null(scene->plan->refused);
	assert_null(change_of(scene, "new")->refused);
	assert_int_equal(change_of(scene, "x0")->hold, HC_HOLD_APPROVAL);
	assert_non_null(strstr(change_of(scene, "x0")->refused, "4 of 5 Thing"));
	for (int i = 0; i < 4; i++)
		hc_strings_add(scene->arena, &scene->aim.approved,
			       hc_printf(scene->arena, "Thing/x%d@n1", i));
	scene->diff.n = 0;
	plan(scene);
	assert_null(change_of(scene, "x0")->refused);
}

/* A bridge that waits for a person has to keep its addresses meanwhile. */
static void the_parts_of_what_stays_stay(void **state)
{
	struct scene *scene = *state;

	scene->aim.hold = hold_nothing;
	(void)made(toy_thing(&scene->live.found, "a", 1));
	(void)made(toy_add(&scene->live.found, &part_type, "a/p"));
	(void)made(toy_thing(&scene->live.found, "ab", 1));
	(void)made(toy_add(&scene->live.found, &part_type, "ab/p"));
	hc_strings_add(scene->arena, &scene->aim.approved, "Thing/ab@n1");
	plan(scene);
	assert_int_equal(change_of(scene, "a")->hold, HC_HOLD_APPROVAL);
	assert_int_equal(change_of(scene, "a/p")->hold, HC_HOLD_APPROVAL);
	assert_non_null(strstr(change_of(scene, "a/p")->refused, "Thing/a@n1 is held back"));
	assert_null(change_of(scene, "ab")->refused);
	assert_null(change_of(scene, "ab/p")->refused);
}

static void what_loses_data_waits_for_the_word_for_that_very_object(void **state)
{
	struct scene *scene = *state;

	hc_strings_add(scene->arena, &scene->aim.approved, "Thing/costly-1@n1");
	(void)toy_thing(&scene->desired, "costly-1", 1);
	(void)toy_thing(&scene->desired, "costly-2", 1);
	plan(scene);
	assert_null(change_of(scene, "costly-1")->refused);
	assert_true(change_of(scene, "costly-1")->needs_approval);
	assert_non_null(
		strstr(change_of(scene, "costly-2")->refused, "--approve Thing/costly-2@n1"));
}

static void what_stands_on_a_refused_thing_is_refused(void **state)
{
	struct scene *scene = *state;

	toy_on(toy_thing(&scene->desired, "a", 1), "b");
	toy_on(toy_thing(&scene->desired, "b", 1), "broken");
	(void)toy_thing(&scene->desired, "broken", 1);
	(void)toy_thing(&scene->desired, "other", 1);
	plan(scene);
	assert_non_null(strstr(change_of(scene, "b")->refused, "Thing/broken@n1 comes first"));
	assert_non_null(strstr(change_of(scene, "a")->refused, "Thing/b@n1 comes first"));
	assert_null(change_of(scene, "other")->refused);
}

static void steps_that_wait_for_each_other_refuse_the_plan(void **state)
{
	struct scene *scene = *state;

	(void)toy_thing(&scene->desired, "loop", 1);
	plan(scene);
	assert_non_null(strstr(scene->plan->refused, "circle"));
}

static void a_machine_that_is_not_in_the_manifests_only_leaves(void **state)
{
	struct scene *scene = *state;

	scene->aim.member = false;
	(void)toy_thing(&scene->desired, "create", 1);
	(void)made(toy_thing(&scene->live.found, "remove", 1));
	(void)made(toy_add(&scene->live.found, &club_type, "club"));
	plan(scene);
	assert_int_equal(scene->plan->n, 1);
	assert_string_equal(scene->plan->change[0]->name, "club");
	assert_int_equal(scene->plan->change[0]->action, HC_REMOVE);
}

static void unknown_things_are_not_planned(void **state)
{
	struct scene *scene = *state;

	(void)toy_thing(&scene->desired, "a", 1);
	hc_unknown(&scene->live, &thing_type, "it is dark");
	plan(scene);
	assert_int_equal(scene->plan->n, 0);
}

static void what_its_provider_says_stays_is_no_change(void **state)
{
	struct scene *scene = *state;

	scene->aim.allow_removals = 0; /* it is none */
	(void)made(toy_thing(&scene->live.found, "stays", 1));
	plan(scene);
	assert_int_equal(scene->plan->n, 0);
	assert_null(scene->plan->refused);
	assert_int_equal(scene->diff.n, 1);
	assert_int_equal(scene->diff.v[0].verdict, HC_KEPT);
	assert_string_equal(scene->diff.v[0].why, "it holds data");
	assert_null(scene->diff.v[0].change);
}

static void what_stays_goes_when_its_provider_lets_it(void **state)
{
	struct scene *scene = *state;

	hc_strings_add(scene->arena, &scene->aim.approved, "Thing/stays@n1");
	(void)made(toy_thing(&scene->live.found, "stays", 1));
	plan(scene);
	assert_int_equal(change_of(scene, "stays")->action, HC_REMOVE);
}

static void a_provider_sees_what_is_wanted_of_all_nodes(void **state)
{
	struct scene *scene = *state;

	(void)hc_resource_new(&scene->whole, &thing_type, "n2", "there");
	(void)toy_thing(&scene->desired, "whole", 1);
	plan(scene);
	assert_string_equal(change_of(scene, "whole")->refused, "there");
}

/* Both are on the node that is gone; this one takes the steps. */
static void what_is_left_of_a_node_that_nobody_names_is_removed_in_order(void **state)
{
	struct scene *scene = *state;
	struct hc_strings nodes = {0};
	struct hc_resource *a = hc_resource_new(&scene->live.found, &thing_type, "gone", "a");

	hc_strings_add(scene->arena, &nodes, "n1");
	scene->diff.node = "n1";
	scene->diff.nodes = &nodes;
	scene->aim.allow_removals = 2;
	toy_on(made(a), "b");
	(void)made(hc_resource_new(&scene->live.found, &thing_type, "gone", "b"));
	plan(scene);
	assert_before(scene, "a", "b");
	assert_string_equal(change_of(scene, "a")->node, "gone");
	assert_string_equal(change_of(scene, "a")->steps[0]->node, "n1");
	assert_string_equal(hc_change_text(scene->arena, change_of(scene, "b")), "Thing/b@gone");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		TEST(nothing_to_do_is_an_empty_plan),
		TEST(each_difference_becomes_its_change),
		TEST(the_steps_of_a_change_follow_each_other),
		TEST(a_thing_is_made_after_what_it_stands_on),
		TEST(what_a_thing_stood_on_goes_after_it_has_moved),
		TEST(what_a_removed_thing_stands_on_goes_after_it),
		TEST(a_part_is_made_after_its_thing),
		TEST(a_part_is_made_by_the_decision_that_makes_its_thing),
		TEST(removing_a_thing_waits_for_its_parts),
		TEST(a_namesake_of_another_kind_is_not_a_parts_thing),
		TEST(order_goes_through_changes_without_steps),
		TEST(an_update_of_which_nothing_is_left_is_none),
		TEST(nothing_is_made_anew_for_a_field_that_agrees_after_all),
		TEST(a_provider_may_raise_an_update_to_a_replace),
		TEST(what_can_never_change_is_refused_even_when_it_would_be_made_anew),
		TEST(what_a_provider_cannot_plan_is_refused_with_its_words),
		TEST(one_removal_is_always_allowed),
		TEST(more_than_a_tenth_of_a_kind_is_not_removed),
		TEST(a_tenth_of_a_kind_may_be_removed),
		TEST(the_operator_allows_more_removals_or_none),
		TEST(too_many_removals_wait_where_a_process_stays),
		TEST(the_parts_of_what_stays_stay),
		TEST(removals_that_were_approved_one_by_one_do_not_count),
		TEST(what_loses_data_waits_for_the_word_for_that_very_object),
		TEST(what_stands_on_a_refused_thing_is_refused),
		TEST(steps_that_wait_for_each_other_refuse_the_plan),
		TEST(a_machine_that_is_not_in_the_manifests_only_leaves),
		TEST(unknown_things_are_not_planned),
		TEST(what_its_provider_says_stays_is_no_change),
		TEST(what_stays_goes_when_its_provider_lets_it),
		TEST(a_provider_sees_what_is_wanted_of_all_nodes),
		TEST(what_is_left_of_a_node_that_nobody_names_is_removed_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
