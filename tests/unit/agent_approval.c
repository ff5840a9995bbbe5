/* SPDX-License-Identifier: Apache-2.0 */
/* Approvals: for which plan a yes is, and when it is used up. */

#include "toy.h"

#include <errno.h>
#include <sys/stat.h>

#include <hcstate/file.h>
#include <reconciler/agent/approval.h>

struct place {
	struct hc_arena *arena;
	char *directory, *path;
	struct hc_diags diags;
	struct approvals approvals;
	struct hc_set set;
	struct hc_plan plan;
	struct hc_change *changes[8];
};

static int setup(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct place *place = hc_new(arena, struct place);

	place->arena = place->diags.arena = place->set.arena = place->plan.arena = arena;
	place->plan.change = place->changes;
	place->directory = toy_directory(arena);
	place->path = hc_printf(arena, "%s/approved.json", place->directory);
	*state = place;
	return approvals_read(&place->approvals, place->directory, &place->diags);
}

static int teardown(void **state)
{
	struct place *place = *state;

	approvals_free(&place->approvals);
	toy_remove_directory(place->arena, place->directory);
	hc_arena_free(place->arena);
	return 0;
}

static int reread(struct place *place)
{
	return approvals_read(&place->approvals, place->directory, &place->diags);
}

static int approve(struct place *place, const char *object, const char *generation, time_t now)
{
	return approvals_add(&place->approvals, object, generation, "ann", now, &place->diags);
}

static bool holds(struct place *place, const char *object, const char *generation, time_t now)
{
	struct hc_strings objects = {0};

	approvals_hold(&place->approvals, generation, now, place->arena, &objects);
	return hc_strings_have(&objects, object);
}

/* A change of that size in the plan. */
static struct hc_change *will(struct place *place, const char *name, uint32_t size)
{
	struct hc_change *change = hc_new(place->arena, struct hc_change);

	change->action = HC_UPDATE;
	change->type = &thing_type;
	change->name = name;
	change->node = "n1";
	change->want = toy_thing(&place->set, name, size);
	change->differs = hc_field_bit(&thing_type, offsetof(struct toy, size));
	place->changes[place->plan.n++] = change;
	(void)hc_step(&place->plan, change, 0, HC_RESTART, NULL, "resize");
	return change;
}

static void look(struct place *place, time_t now)
{
	approvals_used(&place->approvals, &place->plan, "g1", now, &place->diags);
}

static void a_yes_is_for_one_object_of_one_generation(void **state)
{
	struct place *place = *state;

	assert_int_equal(approve(place, "Thing/desk@n1", "g1", 1000), 0);
	assert_true(holds(place, "Thing/desk@n1", "g1", 1000));
	assert_false(holds(place, "Thing/desk@n1", "g2", 1000));
	assert_false(holds(place, "Thing/desk", "g1", 1000));
	assert_int_equal(place->approvals.n, 1);
}

static void a_yes_ends_after_a_day(void **state)
{
	struct place *place = *state;

	assert_int_equal(approve(place, "Thing/desk@n1", "g1", 100000), 0);
	(void)will(place, "desk", 1);
	look(place, 100000);
	assert_true(holds(place, "Thing/desk@n1", "g1", 100000 + APPROVAL_S - 1));
	assert_false(holds(place, "Thing/desk@n1", "g1", 100000 + APPROVAL_S));
	assert_true(holds(place, "Thing/desk@n1", "g1", 100000 - 60)); /* the clock was set */
	assert_false(holds(place, "Thing/desk@n1", "g1", 100000 - APPROVAL_S));
}

static void a_yes_holds_over_a_restart(void **state)
{
	struct place *place = *state;
	struct stat st;

	assert_int_equal(approve(place, "Thing/desk@n1", "g1", 1000), 0);
	assert_int_equal(stat(place->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(reread(place), 0);
	assert_true(holds(place, "Thing/desk@n1", "g1", 1000));
	assert_string_equal(place->approvals.v[0].by, "ann");
	assert_int_equal(place->approvals.v[0].since, 1000);
}

/* Nobody has seen what it would be a yes to. */
static void a_yes_ahead_ends_after_an_hour(void **state)
{
	struct place *place = *state;

	assert_int_equal(approve(place, "Thing/desk@n1", "g1", 1000), 0);
	assert_int_equal(approve(place, "Thing/chair@n1", "g1", 1000), 0);
	(void)will(place, "chair", 1);
	look(place, 1001);
	assert_true(holds(place, "Thing/desk@n1", "g1", 1000 + AHEAD_S - 1));
	assert_false(holds(place, "Thing/desk@n1", "g1", 1000 + AHEAD_S));
	assert_true(holds(place, "Thing/chair@n1", "g1", 1000 + AHEAD_S));
}

static void a_yes_is_for_what_it_costs_now(void **state)
{
	struct place *place = *state;
	struct hc_change *change = will(place, "desk", 1);

	change->impact = HC_RESTART;
	assert_int_equal(approvals_add_changes(&place->approvals, &change, 1, "g1", "ann", 1000,
					       &place->diags),
			 0);
	assert_int_equal(reread(place), 0);
	assert_true(holds(place, "Thing/desk@n1", "g1", 1000 + APPROVAL_S - 1)); /* it was seen */
	assert_false(approvals_outgrown(&place->approvals, change));
	change->impact = HC_BLIP;
	assert_false(approvals_outgrown(&place->approvals, change));
	change->impact = HC_FAILOVER;
	assert_true(approvals_outgrown(&place->approvals, change));
	change->impact = HC_RESTART;
	change->needs_approval = true;
	assert_true(approvals_outgrown(&place->approvals, change));
	assert_int_equal(approvals_add_changes(&place->approvals, &change, 1, "g1", "ann", 1000,
					       &place->diags),
			 0);
	change->impact = HC_DATA_LOSS; /* which it told the person, and only now has steps */
	assert_false(approvals_outgrown(&place->approvals, change));
}

static void many_are_one_file(void **state)
{
	struct place *place = *state;
	struct hc_strings both = {0};

	hc_strings_add(place->arena, &both, "Thing/a@n1");
	hc_strings_add(place->arena, &both, "Thing/b@n1");
	assert_int_equal(approve(place, "Thing/a@n1", "g1", 1000), 0);
	assert_int_equal(approve(place, "Thing/c@n1", "g1", 1000), 0);
	assert_int_equal(approvals_add_all(&place->approvals, &both, "g1", "bob", 2000,
					   &place->diags),
			 0);
	assert_int_equal(place->approvals.n, 3);
	assert_true(holds(place, "Thing/a@n1", "g1", 1000 + AHEAD_S)); /* anew */
	assert_true(holds(place, "Thing/b@n1", "g1", 2000));
	assert_true(holds(place, "Thing/c@n1", "g1", 2000));
}

static void what_is_done_is_used_up(void **state)
{
	struct place *place = *state;

	assert_int_equal(approve(place, "Thing/desk@n1", "g1", 1000), 0);
	look(place, 1001); /* no change yet: it may come */
	assert_true(holds(place, "Thing/desk@n1", "g1", 1001));
	(void)will(place, "desk", 1);
	look(place, 1002);
	assert_true(holds(place, "Thing/desk@n1", "g1", 1002));
	place->plan.n = 0;
	look(place, 1003);
	assert_false(holds(place, "Thing/desk@n1", "g1", 1003));
	assert_int_equal(reread(place), 0);
	assert_int_equal(place->approvals.n, 0);
}

static void another_objects_change_uses_nothing_up(void **state)
{
	struct place *place = *state;

	assert_int_equal(approve(place, "Thing/desk@n1", "g1", 1000), 0);
	(void)will(place, "chair", 1);
	look(place, 1001);
	place->plan.n = 0;
	look(place, 1002);
	assert_true(holds(place, "Thing/desk@n1", "g1", 1002));
}

static void what_was_seen_is_known_after_a_restart(void **state)
{
	struct place *place = *state;

	assert_int_equal(approve(place, "Thing/desk@n1", "g1", 1000), 0);
	(void)will(place, "desk", 1);
	look(place, 1001);
	assert_int_equal(reread(place), 0);
	place->plan.n = 0;
	look(place, 1002);
	assert_false(holds(place, "Thing/desk@n1", "g1", 1002));
}

static void what_has_ended_is_forgotten(void **state)
{
	struct place *place = *state;

	assert_int_equal(approve(place, "Thing/desk@n1", "g0", 1000), 0);
	look(place, 1001);
	assert_int_equal(place->approvals.n, 0);
	assert_int_equal(approve(place, "Thing/desk@n1", "g1", 1000), 0);
	look(place, 1000 + APPROVAL_S);
	assert_int_equal(place->approvals.n, 0);
	assert_int_equal(approve(place, "Thing/desk@n1", "g1", 1000), 0);
	assert_int_equal(approve(place, "Thing/chair@n1", "g1", 1000 + APPROVAL_S), 0);
	assert_int_equal(place->approvals.n, 1);
}

static void nothing_is_written_when_nothing_happens(void **state)
{
	struct place *place = *state;
	struct stat before, after;

	look(place, 1000);
	assert_int_equal(access(place->path, F_OK), -1);
	assert_int_equal(approve(place, "Thing/desk@n1", "g1", 1000), 0);
	(void)will(place, "desk", 1);
	look(place, 1001);
	assert_int_equal(stat(place->path, &before), 0);
	look(place, 1002);
	assert_int_equal(stat(place->path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
}

static void what_is_used_is_gone_though_the_disk_is_full(void **state)
{
	struct place *place = *state;

	assert_int_equal(approve(place, "Thing/desk@n1", "g1", 1000), 0);
	(void)will(place, "desk", 1);
	look(place, 1001);
	place->plan.n = 0;
	assert_int_equal(unlink(place->path), 0);
	assert_int_equal(mkdir(place->path, 0700), 0); /* root too cannot write there */
	look(place, 1002);
	assert_false(holds(place, "Thing/desk@n1", "g1", 1002));
	assert_int_not_equal(approve(place, "Thing/chair@n1", "g1", 1000), 0);
	assert_false(holds(place, "Thing/chair@n1", "g1", 1000));
	assert_int_equal(rmdir(place->path), 0);
	look(place, 1003); /* now it can be written */
	assert_int_equal(access(place->path, F_OK), 0);
}

static void what_is_no_object_is_refused(void **state)
{
	static const char *const none[] = {"", "Thing", "/desk", "Thing/", "Thing/\033[2J"};
	struct place *place = *state;

	for (size_t i = 0; i < HC_COUNT(none); i++)
		assert_int_equal(approve(place, none[i], "g1", 1000), -EINVAL);
	assert_int_equal(place->approvals.n, 0);
}

#define ONE(object, rest)                                                                          \
	"{\"format\": 1, \"list\": [{\"object\": \"" object                                        \
	"\", \"generation\": \"g1\", \"by\": \"ann\"" rest "}]}"

static void a_file_that_is_none_of_ours_approves_nothing(void **state)
{
	static const char *const none[] = {
		"{",
		"{\"format\": 1, \"list\": [7]}",
		ONE("Thing/desk@n1", ", \"since\": \"now\""),
		ONE("Thing/desk@n1", ", \"since\": 10, \"seen\": 1"),
		ONE("Thing/desk@n1", ", \"since\": 10, \"generation\": null"),
		ONE("Thing", ", \"since\": 10"),
		ONE("Thing/desk@n1", ", \"since\": 10}, {"),
	};
	struct place *place = *state;
	const char *good = ONE("Thing/desk@n1", ", \"since\": 10, \"seen\": false");

	assert_int_equal(hc_file_write(place->path, 0600, good, strlen(good)), 0);
	assert_int_equal(reread(place), 0);
	assert_true(holds(place, "Thing/desk@n1", "g1", 100));
	for (size_t i = 0; i < HC_COUNT(none); i++) {
		assert_int_equal(hc_file_write(place->path, 0600, none[i], strlen(none[i])), 0);
		if (reread(place) != -EBADMSG || holds(place, "Thing/desk@n1", "g1", 100))
			fail_msg("%s", none[i]);
	}
	assert_int_equal(approve(place, "Thing/desk@n1", "g1", 1000), 0);
	assert_int_equal(reread(place), 0);
}

static void a_plans_name_is_of_what_it_would_do(void **state)
{
	struct place *place = *state;
	struct hc_change *change = will(place, "desk", 1);
	const char *id = plan_id(place->arena, &place->plan);

	assert_int_equal(strlen(id), 12);
	change->refused = "waits for the window night (opens Sat 02:00)";
	change->hold = HC_HOLD_WINDOW;
	change->reason = "used 7 of 9";
	assert_string_equal(plan_id(place->arena, &place->plan), id);
	change->want = toy_thing(&place->set, "desk", 2);
	assert_string_not_equal(plan_id(place->arena, &place->plan), id);
	place->plan.n = 0;
	change = will(place, "desk", 1);
	assert_string_equal(plan_id(place->arena, &place->plan), id);
	change->steps[0]->verb = "burn";
	assert_string_not_equal(plan_id(place->arena, &place->plan), id);
	change->steps[0]->verb = "resize";
	assert_string_equal(plan_id(place->arena, &place->plan), id);
	(void)hc_step(&place->plan, change, 0, HC_NONE, NULL, "paint");
	assert_string_not_equal(plan_id(place->arena, &place->plan), id);
	place->plan.n = 0;
	change = will(place, "desk", 1);
	change->action = HC_REPLACE;
	assert_string_not_equal(plan_id(place->arena, &place->plan), id);
	change->action = HC_UPDATE;
	change->impact = HC_DATA_LOSS;
	assert_string_not_equal(plan_id(place->arena, &place->plan), id);
	change->impact = HC_RESTART;
	assert_string_equal(plan_id(place->arena, &place->plan), id);
	change = will(place, "theirs", 1);
	assert_string_not_equal(plan_id(place->arena, &place->plan), id);
	change->hold = HC_HOLD_IGNORE;
	assert_string_equal(plan_id(place->arena, &place->plan), id);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_yes_is_for_one_object_of_one_generation),
		TEST(a_yes_ends_after_a_day),
		TEST(a_yes_holds_over_a_restart),
		TEST(a_yes_ahead_ends_after_an_hour),
		TEST(a_yes_is_for_what_it_costs_now),
		TEST(many_are_one_file),
		TEST(what_is_done_is_used_up),
		TEST(another_objects_change_uses_nothing_up),
		TEST(what_was_seen_is_known_after_a_restart),
		TEST(what_has_ended_is_forgotten),
		TEST(nothing_is_written_when_nothing_happens),
		TEST(what_is_used_is_gone_though_the_disk_is_full),
		TEST(what_is_no_object_is_refused),
		TEST(a_file_that_is_none_of_ours_approves_nothing),
		TEST(a_plans_name_is_of_what_it_would_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
