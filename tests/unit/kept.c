/* SPDX-License-Identifier: Apache-2.0 */
/* What stays although no manifest asks for it: said, remembered, and no reason not to be done. */

#include <json-c/json.h>

#include <reconciler/print.h>

#include "toy_engine.h"

static struct hc_cycle *look(struct toys *toys)
{
	hc_strings_add(toys->arena, &toys->there, "stays");
	return hc_look(toys_start(toys));
}

static void a_plan_says_it_and_has_nothing_to_do(void **state)
{
	struct hc_cycle *cycle = look(*state);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	hc_print_plan(out, cycle);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, "= Thing/stays@n1  kept: it holds data\n"
				  "Nothing to do: 0 resources are as they should be.\n");
	free(text);
	hc_cycle_freep(&cycle);
}

static const char *text_of(struct json_object *object, const char *key)
{
	struct json_object *value;

	assert_true(json_object_object_get_ex(object, key, &value));
	return json_object_get_string(value);
}

static void for_programs_it_is_a_list_of_its_own(void **state)
{
	struct hc_cycle *cycle = look(*state);
	struct json_object *root = hc_plan_json(cycle, "toys"), *all, *one;

	assert_true(json_object_object_get_ex(root, "changes", &all));
	assert_int_equal(json_object_array_length(all), 0);
	assert_true(json_object_object_get_ex(root, "kept", &all));
	assert_int_equal(json_object_array_length(all), 1);
	one = json_object_array_get_idx(all, 0);
	assert_string_equal(text_of(one, "kind"), "Thing");
	assert_string_equal(text_of(one, "name"), "stays");
	assert_string_equal(text_of(one, "node"), "n1");
	assert_string_equal(text_of(one, "reason"), "it holds data");
	json_object_put(root);
	hc_cycle_freep(&cycle);
}

static void it_is_no_failure_and_is_not_forgotten(void **state)
{
	struct toys *toys = *state;
	struct hc_cycle *last = NULL;
	const struct hc_resource *thing;

	hc_strings_add(toys->arena, &toys->there, "stays");
	(void)toys_start(toys);
	thing = toy_thing(&(struct hc_set){.arena = toys->arena}, "stays", 1);
	hc_inventory_add(&toys->engine->inventory, thing);
	assert_int_equal(hc_converge(toys->engine, UINT64_C(60000000), &last, &toys->diags),
			 HC_END_CONVERGED);
	assert_true(hc_inventory_has(&toys->engine->inventory, thing));
	hc_cycle_freep(&last);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, toys_set_up, toys_tear_down)
		TEST(a_plan_says_it_and_has_nothing_to_do),
		TEST(for_programs_it_is_a_list_of_its_own),
		TEST(it_is_no_failure_and_is_not_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
