/* SPDX-License-Identifier: Apache-2.0 */
/* "Hands off": what it holds, for how long, and the file that it survives a restart in. */

#include "toy.h"

#include <errno.h>
#include <json-c/json.h>
#include <sys/stat.h>

#include <hcstate/file.h>
#include <reconciler/agent/suspension.h>

struct place {
	struct hc_arena *arena;
	char *directory, *path;
	struct hc_diags diags;
	struct suspensions suspensions;
};

static int setup(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct place *place = hc_new(arena, struct place);

	place->arena = place->diags.arena = arena;
	place->directory = toy_directory(arena);
	place->path = hc_printf(arena, "%s/suspended.json", place->directory);
	*state = place;
	return suspensions_read(&place->suspensions, place->directory, &place->diags);
}

static int teardown(void **state)
{
	struct place *place = *state;

	suspensions_free(&place->suspensions);
	toy_remove_directory(place->arena, place->directory);
	hc_arena_free(place->arena);
	return 0;
}

static int reread(struct place *place)
{
	return suspensions_read(&place->suspensions, place->directory, &place->diags);
}

static int suspend(struct place *place, const char *selector, time_t since, time_t until)
{
	struct suspension one = {.selector = selector,
				 .reason = "moving racks",
				 .by = "ann",
				 .since = since,
				 .until = until};

	return suspensions_add(&place->suspensions, &one, &place->diags);
}

static bool held(const struct place *place, const char *name, const char *node, time_t now)
{
	const struct hc_change change = {.type = &thing_type, .name = name, .node = node};

	return suspensions_hold(&place->suspensions, &change, now);
}

static const char *last_word(const struct place *place)
{
	return place->diags.n ? place->diags.v[place->diags.n - 1].text : "nothing";
}

static void nothing_is_suspended_at_first(void **state)
{
	struct place *place = *state;

	assert_false(held(place, "desk", "n1", 100));
	assert_int_equal(access(place->path, F_OK), -1);
	assert_int_equal(place->diags.n, 0);
}

static void a_selector_holds_what_it_says(void **state)
{
	static const struct {
		const char *selector, *name, *node;
		bool holds;
	} cases[] = {
		{"", "desk", "n1", true},
		{"Thing", "desk", "n1", true},
		{"Thing/desk", "desk", "n1", true},
		{"Thing/d*k", "desk", NULL, true},
		{"Thing/desk@n1", "desk", "n1", true},
		{"Thing/*@n[12]", "desk", "n2", true},
		{"Thing/a@b", "a@b", "n1", true},
		{"Thin", "desk", "n1", false},
		{"Things", "desk", "n1", false},
		{"Part", "desk", "n1", false},
		{"Part/desk", "desk", "n1", false},
		{"Thing/des", "desk", "n1", false},
		{"Thing/*1", "desk", "n1", false},
		{"Thing/desk@n2", "desk", "n1", false},
		{"Thing/desk@n1", "desk", NULL, false},
		{"Thing/desk@n1", "chair", "n1", false},
	};
	struct place *place = *state;

	for (size_t i = 0; i < HC_COUNT(cases); i++) {
		assert_int_equal(suspend(place, cases[i].selector, 100, 0), 0);
		if (held(place, cases[i].name, cases[i].node, 100) != cases[i].holds)
			fail_msg("%s and %s@%s", cases[i].selector, cases[i].name, cases[i].node);
		assert_int_equal(suspensions_remove(&place->suspensions, cases[i].selector,
						    &place->diags),
				 0);
	}
}

static void it_ends_when_it_says(void **state)
{
	struct place *place = *state;

	assert_int_equal(suspend(place, "Thing", 100, 200), 0);
	assert_true(held(place, "desk", "n1", 199));
	assert_false(held(place, "desk", "n1", 200));
	assert_non_null(suspensions_find(&place->suspensions, "Thing", "desk", 199));
	assert_null(suspensions_find(&place->suspensions, "Part", "desk", 199));
}

static void that_which_holds_longest_is_named(void **state)
{
	struct place *place = *state;
	static const struct {
		time_t a, b, longest;
	} cases[] = {{200, 300, 300}, {300, 200, 300}, {200, 0, 0}, {0, 200, 0}};

	for (size_t i = 0; i < HC_COUNT(cases); i++) {
		assert_int_equal(suspend(place, "Thing", 100, cases[i].a), 0);
		assert_int_equal(suspend(place, "", 100, cases[i].b), 0);
		assert_int_equal(suspensions_find(&place->suspensions, "Thing", "desk", 150)->until,
				 cases[i].longest);
	}
}

static void it_holds_over_a_restart(void **state)
{
	struct place *place = *state;
	const struct suspension *one;
	struct stat st;

	assert_int_equal(suspend(place, "Thing/desk", 100, 200), 0);
	assert_int_equal(stat(place->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(reread(place), 0);
	assert_int_equal(place->suspensions.n, 1);
	one = place->suspensions.v;
	assert_string_equal(one->selector, "Thing/desk");
	assert_string_equal(one->reason, "moving racks");
	assert_string_equal(one->by, "ann");
	assert_int_equal(one->since, 100);
	assert_int_equal(one->until, 200);
}

static void another_of_the_same_selector_takes_its_place(void **state)
{
	struct place *place = *state;

	assert_int_equal(suspend(place, "Thing", 100, 200), 0);
	assert_int_equal(suspend(place, "Part", 100, 0), 0);
	assert_int_equal(suspend(place, "Thing", 150, 300), 0);
	assert_int_equal(place->suspensions.n, 2);
	assert_true(held(place, "desk", "n1", 250));
}

static void what_has_ended_is_forgotten(void **state)
{
	struct place *place = *state;

	assert_int_equal(suspend(place, "Thing", 100, 200), 0);
	assert_int_equal(suspend(place, "Part", 200, 0), 0);
	assert_int_equal(reread(place), 0);
	assert_int_equal(place->suspensions.n, 1);
	assert_string_equal(place->suspensions.v[0].selector, "Part");
}

static void resuming_is_of_what_was_suspended(void **state)
{
	struct place *place = *state;

	assert_int_equal(suspend(place, "Thing", 100, 0), 0);
	assert_int_equal(suspensions_remove(&place->suspensions, "", &place->diags), -ENOENT);
	assert_string_equal(last_word(place), "all is not suspended");
	assert_int_equal(suspensions_remove(&place->suspensions, "Thing/desk", &place->diags),
			 -ENOENT);
	assert_true(held(place, "desk", "n1", 150));
	assert_int_equal(suspensions_remove(&place->suspensions, "Thing", &place->diags), 0);
	assert_false(held(place, "desk", "n1", 150));
	assert_int_equal(reread(place), 0);
	assert_false(held(place, "desk", "n1", 150));
}

static void what_is_no_selector_is_refused(void **state)
{
	static const char *const none[] = {"thing",      "Thing/",        "/desk",     "*",
					   "Thing desk", "Thing/\033[2J", "Thing/\xff"};
	struct place *place = *state;

	for (size_t i = 0; i < HC_COUNT(none); i++)
		if (suspend(place, none[i], 100, 0) != -EINVAL)
			fail_msg("%s", none[i]);
	assert_int_equal(suspend(place, "Thing", 100, 100), -EINVAL);
	assert_int_equal(place->suspensions.n, 0);
	assert_int_equal(access(place->path, F_OK), -1);
}

static void what_is_said_cannot_steer_a_terminal(void **state)
{
	struct place *place = *state;
	struct suspension one = {.selector = "", .reason = "a\033b\xff", .by = "ann\n"};

	assert_int_equal(suspensions_add(&place->suspensions, &one, &place->diags), 0);
	assert_string_equal(place->suspensions.v[0].reason, "a?b?");
	assert_string_equal(place->suspensions.v[0].by, "ann?");
	assert_int_equal(reread(place), 0);
	one.reason = hc_alloc(place->arena, 2000);
	memset((char *)(uintptr_t)one.reason, 'x', 1999);
	assert_int_equal(suspensions_add(&place->suspensions, &one, &place->diags), -EINVAL);
	assert_string_equal(place->suspensions.v[0].reason, "a?b?");
}

static void put(const struct place *place, const char *text)
{
	assert_int_equal(hc_file_write(place->path, 0600, text, strlen(text)), 0);
}

#define ONE(rest) "{\"format\": 1, \"list\": [{\"selector\": \"\", \"by\": \"ann\"" rest "}]}"

static void a_file_that_is_none_of_ours_suspends_all(void **state)
{
	static const char *const none[] = {
		"",
		"{",
		"[]",
		"null",
		"{\"format\": 2, \"list\": []}",
		"{\"format\": \"1\", \"list\": []}",
		"{\"list\": []}",
		"{\"format\": 1}",
		"{\"format\": 1, \"list\": {}}",
		"{\"format\": 1, \"list\": [1]}",
		"{\"format\": 1, \"list\": [null]}",
		"{\"format\": 1, \"list\": [{}]}",
		"{\"format\": 1, \"list\": []} x",
		"{\"format\": 1, \"list\": [], \"deep\": [[[[[[]]]]]]}",
		ONE(", \"until\": \"tomorrow\""),
		ONE(", \"until\": -1"),
		ONE(", \"until\": 99999999999999"),
		ONE(", \"since\": 1.5"),
		ONE(", \"reason\": 7"),
		ONE(", \"reason\": \"\\u001b[2J\""),
		ONE(", \"reason\": \"a\\u0000b\""),
		ONE(", \"reason\": \"\xff\""),
		ONE(", \"selector\": \"not one\""),
	};
	struct place *place = *state;

	put(place, ONE(", \"since\": 5, \"reason\": \"well\", \"unknown\": true"));
	assert_int_equal(reread(place), 0);
	for (size_t i = 0; i < HC_COUNT(none); i++) {
		put(place, none[i]);
		if (reread(place) != -EBADMSG || !held(place, "desk", "n1", 100))
			fail_msg("%s", none[i]);
	}
	assert_string_equal(place->suspensions.v[0].by, "hcstate");
	assert_non_null(strstr(last_word(place), "suspended.json is not as hcstate writes it"));
}

static void a_person_who_has_looked_begins_anew(void **state)
{
	struct place *place = *state;

	put(place, "{");
	assert_int_equal(reread(place), -EBADMSG);
	assert_int_equal(suspend(place, "Part", 100, 0), 0);
	assert_int_equal(reread(place), 0);
	assert_true(held(place, "desk", "n1", 100)); /* still */
	assert_int_equal(suspensions_remove(&place->suspensions, "", &place->diags), 0);
	assert_int_equal(reread(place), 0);
	assert_int_equal(place->suspensions.n, 1);
	assert_false(held(place, "desk", "n1", 100));
}

static void what_cannot_be_written_does_not_hold(void **state)
{
	struct place *place = *state;

	assert_int_equal(suspend(place, "Thing", 100, 0), 0);
	assert_int_equal(unlink(place->path), 0);
	assert_int_equal(mkdir(place->path, 0700), 0); /* root too cannot write there */
	assert_int_not_equal(suspend(place, "", 100, 0), 0);
	assert_int_not_equal(suspensions_remove(&place->suspensions, "Thing", &place->diags), 0);
	assert_int_equal(place->suspensions.n, 1);
	assert_string_equal(place->suspensions.v[0].selector, "Thing");
	assert_int_equal(reread(place), -EISDIR);
	assert_true(held(place, "desk", "n1", 100));
}

static void programs_are_told_of_those_that_hold(void **state)
{
	struct place *place = *state;
	struct json_object *list;

	assert_int_equal(suspend(place, "Part", 100, 200), 0);
	assert_int_equal(suspend(place, "Thing", 100, 300), 0);
	list = suspensions_json(&place->suspensions, 200);
	assert_string_equal(json_object_to_json_string_ext(list, JSON_C_TO_STRING_PLAIN),
			    "[{\"selector\":\"Thing\",\"reason\":\"moving racks\",\"by\":\"ann\","
			    "\"since\":\"1970-01-01T00:01:40Z\","
			    "\"until\":\"1970-01-01T00:05:00Z\"}]");
	json_object_put(list);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_suspended_at_first),
		TEST(a_selector_holds_what_it_says),
		TEST(it_ends_when_it_says),
		TEST(that_which_holds_longest_is_named),
		TEST(it_holds_over_a_restart),
		TEST(another_of_the_same_selector_takes_its_place),
		TEST(what_has_ended_is_forgotten),
		TEST(resuming_is_of_what_was_suspended),
		TEST(what_is_no_selector_is_refused),
		TEST(what_is_said_cannot_steer_a_terminal),
		TEST(a_file_that_is_none_of_ours_suspends_all),
		TEST(a_person_who_has_looked_begins_anew),
		TEST(what_cannot_be_written_does_not_hold),
		TEST(programs_are_told_of_those_that_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
