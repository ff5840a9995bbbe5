/* SPDX-License-Identifier: Apache-2.0 */
/* How each resource is doing, and what of it an earlier run knew. */

#include <json-c/json.h>

#include <reconciler/status.h>

#include "toy_engine.h"

/* A look, and the status of the one object of that name. */
static struct hc_status_line look(struct toys *toys, struct hc_status *status, const char *object)
{
	struct hc_cycle *cycle = hc_look(toys->engine ? toys->engine : toys_start(toys));
	struct hc_status_line line = {0};

	hc_arena_adopt(toys->arena, &cycle->arena); /* what the lines point to stays */
	hc_status(toys->engine, cycle, toys->arena, status);
	for (size_t i = 0; i < status->n; i++)
		if (!strcmp(status->v[i].object, object))
			line = status->v[i];
	assert_non_null(line.object);
	return line;
}

static enum hc_hold report(void *arg, struct hc_arena *arena, const struct hc_change *change,
			   const char **why)
{
	(void)arg, (void)arena, (void)change;
	*why = "it is only shown";
	return HC_HOLD_REPORT;
}

static void write_record(const struct toys *toys, const char *text)
{
	assert_int_equal(hc_file_write(hc_printf(toys->arena, "%s/status.json", toys->directory),
				       0644, text, strlen(text)),
			 0);
}

static void each_verdict_has_its_word(void **state)
{
	struct toys *toys = *state;
	struct hc_status status;

	(void)toys_want(toys, "drifted");
	(void)toys_want(toys, "same");
	(void)toys_want(toys, "refused");
	(void)toy_add(&toys->generation->desired, &orphan_type, "o");
	hc_strings_add(toys->arena, &toys->there, "foreign");
	hc_strings_add(toys->arena, &toys->there, "same");
	assert_int_equal(look(toys, &status, "Thing/drifted@n1").condition, HC_DRIFTED);
	assert_int_equal(look(toys, &status, "Thing/same@n1").condition, HC_CONVERGED);
	assert_int_equal(look(toys, &status, "Thing/refused@n1").condition, HC_FAILED);
	assert_string_equal(look(toys, &status, "Thing/refused@n1").reason, "it is not allowed");
	assert_int_equal(look(toys, &status, "Thing/foreign@n1").condition, HC_FOREIGN);
	assert_int_equal(look(toys, &status, "Orphan/o@n1").condition, HC_UNCERTAIN);
	assert_string_equal(look(toys, &status, "Orphan/o@n1").reason,
			    "its provider is not installed");
}

/* It is neither drift nor told apart by what differs alone. */
static void what_was_decided_waits_to_be_done(void **state)
{
	struct toys *toys = *state;
	struct hc_status status;
	struct hc_status_line line;

	(void)toys_want(toys, "decided");
	line = look(toys, &status, "Thing/decided@n1");
	assert_int_equal(line.condition, HC_WAITING);
	assert_string_equal(line.reason, "missing");
	toys->engine->aim.hold = report;
	line = look(toys, &status, "Thing/decided@n1");
	assert_int_equal(line.condition, HC_WAITING);
	assert_string_equal(line.reason, "it is only shown");
}

static void what_was_changed_beside_a_decision_has_drifted(void **state)
{
	struct toys *toys = *state;
	struct hc_status status;

	(void)toys_want(toys, "decided-beside");
	assert_int_equal(look(toys, &status, "Thing/decided-beside@n1").condition, HC_DRIFTED);
}

static void what_passes_by_has_a_line_only_where_it_is_asked_for(void **state)
{
	struct toys *toys = *state;
	struct hc_status status;

	(void)toys_want(toys, "a");
	(void)toys_want(toys, "passing-wanted");
	hc_strings_add(toys->arena, &toys->there, "passing");
	hc_strings_add(toys->arena, &toys->there, "passing-wanted");
	(void)look(toys, &status, "Thing/a@n1");
	assert_int_equal(status.n, 2);
	assert_int_equal(look(toys, &status, "Thing/passing-wanted@n1").condition, HC_CONVERGED);
}

static void trouble_tells_failed_from_waiting(void **state)
{
	struct toys *toys = *state;
	struct hc_status status;
	struct hc_cycle *first;

	(void)toys_want(toys, "fails");
	(void)toys_want(toys, "waits");
	(void)toys_start(toys);
	first = look_and_try(toys);
	hc_cycle_freep(&first);
	assert_int_equal(look(toys, &status, "Thing/fails@n1").condition, HC_FAILED);
	assert_string_equal(look(toys, &status, "Thing/fails@n1").reason, "no luck");
	assert_int_equal(look(toys, &status, "Thing/waits@n1").condition, HC_WAITING);
	assert_string_equal(look(toys, &status, "Thing/waits@n1").reason, "better weather");
}

static void the_next_run_knows_what_failed_and_since_when(void **state)
{
	struct toys *toys = *state;
	struct hc_status status;
	struct hc_status_line line;

	write_record(toys, "{\"format_version\": 1, \"recorded\": {\"Thing/a@n1\": {\"state\": "
			   "\"failed\", \"reason\": \"it burns\", \"since\": 12345}}}");
	(void)toys_want(toys, "a");
	line = look(toys, &status, "Thing/a@n1");
	assert_int_equal(line.condition, HC_FAILED);
	assert_string_equal(line.reason, "it burns");
	assert_int_equal(line.since, 12345);
}

static void another_condition_begins_anew(void **state)
{
	struct toys *toys = *state;
	struct hc_status status;
	struct hc_status_line line;

	write_record(toys, "{\"format_version\": 1, \"recorded\": {\"Thing/a@n1\": {\"state\": "
			   "\"failed\", \"reason\": \"it burns\", \"since\": 12345}}}");
	(void)toys_want(toys, "a");
	hc_strings_add(toys->arena, &toys->there, "a");
	line = look(toys, &status, "Thing/a@n1");
	assert_int_equal(line.condition, HC_CONVERGED);
	assert_int_equal(line.since, 0);
}

static void what_is_saved_is_read_by_the_next_run(void **state)
{
	struct toys *toys = *state;
	struct hc_status status;

	(void)toys_want(toys, "a");
	assert_int_equal(look(toys, &status, "Thing/a@n1").since, 0);
	assert_int_equal(hc_status_save(&status, toys->engine), 0);
	assert_true(look(toys, &status, "Thing/a@n1").since > 0);
}

static void a_broken_record_only_means_that_less_is_known(void **state)
{
	static const char *const broken[] = {
		"",
		"{",
		"[]",
		"null",
		"{\"recorded\": []}",
		"{\"recorded\": {\"Thing/a@n1\": null}}",
		"{\"recorded\": {\"Thing/a@n1\": 7}}",
		"{\"recorded\": {\"Thing/a@n1\": {\"state\": 7, \"since\": \"x\"}}}",
	};
	struct toys *toys = *state;
	struct hc_status status;

	(void)toys_want(toys, "a");
	for (size_t i = 0; i < HC_COUNT(broken); i++) {
		write_record(toys, broken[i]);
		assert_int_equal(look(toys, &status, "Thing/a@n1").condition, HC_DRIFTED);
	}
}

static void as_json_it_has_all_of_it(void **state)
{
	struct toys *toys = *state;
	struct hc_status status;
	struct json_object *root, *all, *one, *value;

	(void)toys_want(toys, "a");
	(void)look(toys, &status, "Thing/a@n1");
	root = hc_status_json(&status, "n1", "toys");
	assert_true(json_object_object_get_ex(root, "resources", &all));
	assert_int_equal(json_object_array_length(all), 1);
	one = json_object_array_get_idx(all, 0);
	assert_true(json_object_object_get_ex(one, "state", &value));
	assert_string_equal(json_object_get_string(value), "drifted");
	assert_true(json_object_object_get_ex(one, "reason", &value));
	assert_string_equal(json_object_get_string(value), "size 1");
	json_object_put(root);
}

static void what_stays_is_kept_for_a_reason(void **state)
{
	struct toys *toys = *state;
	struct hc_status status;
	struct hc_status_line line;

	hc_strings_add(toys->arena, &toys->there, "stays");
	line = look(toys, &status, "Thing/stays@n1");
	assert_int_equal(line.condition, HC_STAYS);
	assert_string_equal(hc_condition_words[line.condition], "kept");
	assert_string_equal(line.reason, "it holds data");
}

static void what_is_on_other_nodes_is_beside_what_is_judged(void **state)
{
	struct toys *toys = *state;
	struct hc_status status;
	struct json_object *root, *all, *value;

	hc_strings_add(toys->arena, &toys->generation->nodes, "n2");
	(void)toys_want(toys, "a");
	hc_strings_add(toys->arena, &toys->there, "elsewhere");
	(void)look(toys, &status, "Thing/a@n1");
	assert_int_equal(status.n, 1);
	root = hc_status_json(&status, "n1", "toys");
	assert_true(json_object_object_get_ex(root, "others", &all));
	assert_int_equal(json_object_array_length(all), 1);
	assert_true(json_object_object_get_ex(json_object_array_get_idx(all, 0), "node", &value));
	assert_string_equal(json_object_get_string(value), "n2");
	assert_true(
		json_object_object_get_ex(json_object_array_get_idx(all, 0), "observed", &value));
	json_object_put(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, toys_set_up, toys_tear_down)
		TEST(each_verdict_has_its_word),
		TEST(what_was_decided_waits_to_be_done),
		TEST(what_was_changed_beside_a_decision_has_drifted),
		TEST(what_passes_by_has_a_line_only_where_it_is_asked_for),
		TEST(trouble_tells_failed_from_waiting),
		TEST(the_next_run_knows_what_failed_and_since_when),
		TEST(another_condition_begins_anew),
		TEST(what_is_saved_is_read_by_the_next_run),
		TEST(a_broken_record_only_means_that_less_is_known),
		TEST(as_json_it_has_all_of_it),
		TEST(what_stays_is_kept_for_a_reason),
		TEST(what_is_on_other_nodes_is_beside_what_is_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
