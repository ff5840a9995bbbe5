/* SPDX-License-Identifier: Apache-2.0 */
/* Documents to resources, with kinds of the test's own: nodes, defaults, children, references. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <json-c/json.h>
#include <string.h>

#include <reconciler/describe.h>
#include <reconciler/load.h>
#include <reconciler/schema_json.h>

struct leg {
	uint32_t number;
	const char *colour;
};

struct table {
	uint32_t height, weight;
	const char *owner, *shape, *beside;
};

struct node {
	bool up;
};

static const struct hc_field leg_fields[] = {
	hc_u32(struct leg, number, .absent = HC_REQUIRED, .max = 9),
	hc_string(struct leg, colour, .absent = HC_RESET, .unset = "brown"),
};

static const struct hc_type leg_type = {
	.name = "Leg",
	.scope = HC_NODE,
	.from = HC_CHILD,
	HC_FIELDS(leg_fields),
	.size = sizeof(struct leg),
};

struct note {
	const char *text;
};

static const struct hc_field note_fields[] = {hc_string(struct note, text, .absent = HC_REQUIRED)};

static const struct hc_type note_type = {
	.name = "Note",
	.scope = HC_NODE,
	.from = HC_CHILD,
	HC_FIELDS(note_fields),
	.size = sizeof(struct note),
};

static const struct hc_field table_fields[] = {
	hc_u32(struct table, height, .absent = HC_RESET, .unset = "75"),
	hc_u32(struct table, weight),
	hc_string(struct table, owner, .absent = HC_REQUIRED),
	hc_string(struct table, shape, .origin = HC_OBSERVED),
	hc_string(struct table, beside, .refers = "Table"),
	hc_children("legs", .item = &leg_type, .form = HC_LIST),
	hc_children("drawers", .item = &leg_type, .form = HC_NAMED),
	hc_children("notes", .item = &note_type, .form = HC_SECTIONS),
	hc_children("wheels", .item = &leg_type, .form = HC_KEYED, .scalar = "colour"),
};

static const struct hc_type table_type = {
	.name = "Table",
	.scope = HC_NODE,
	.from = HC_KIND,
	HC_FIELDS(table_fields),
	.size = sizeof(struct table),
};

static const struct hc_field node_fields[] = {hc_bool(struct node, up)};

static const struct hc_type node_type = {
	.name = "Node",
	.scope = HC_CLUSTER,
	.from = HC_KIND,
	HC_FIELDS(node_fields),
	.size = sizeof(struct node),
};

static const struct hc_type *types[] = {&leg_type, &node_type, &note_type, &table_type};
static const struct hc_registry registry = {.types = types, .ntype = HC_COUNT(types)};

static struct hc_generation generation;
static struct hc_source source;

static int setup(void **state)
{
	(void)state;
	generation = (struct hc_generation){.arena = hc_arena_new()};
	generation.diags.arena = generation.desired.arena = generation.arena;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	(void)hc_arena_free(generation.arena);
	return 0;
}

/* The spec of Table/a, for the nodes n1 and n2. */
static void decode(const char *text)
{
	struct hc_tree **documents;
	size_t n;

	source = (struct hc_source){"t.yaml", text, strlen(text)};
	hc_strings_add(generation.arena, &generation.nodes, "n1");
	hc_strings_add(generation.arena, &generation.nodes, "n2");
	(void)hc_tree_read(generation.arena, &source, &generation.diags, &documents, &n);
	for (size_t i = 0; i < n; i++)
		if (!hc_decode(&registry, documents[i], &generation.nodes, &generation.desired,
			       &generation.diags))
			generation.partial = true;
	hc_resolve(&registry, &generation);
}

#define TABLE(name) "apiVersion: hcstate/v1\nkind: Table\nmetadata: {name: " name "}\nspec:\n"

static const struct table *table_on(const char *node)
{
	const struct hc_resource *r = hc_find(&generation.desired, &table_type, node, "a");

	assert_non_null(r);
	return r->spec;
}

static void assert_said(size_t n, const char *text)
{
	if (generation.diags.n != n)
		hc_diags_print(&generation.diags, stderr);
	assert_int_equal(generation.diags.n, n);
	for (size_t i = 0; i < n; i++)
		if (strstr(generation.diags.v[i].text, text))
			return;
	fail_msg("nobody said \"%s\"", text);
}

static void a_document_is_a_resource_on_every_node(void **state)
{
	(void)state;
	decode(TABLE("a") "  owner: me\n");
	assert_int_equal(generation.diags.n, 0);
	assert_int_equal(generation.desired.n, 2);
	assert_string_equal(table_on("n1")->owner, "me");
	assert_string_equal(table_on("n2")->owner, "me");
}

static void what_a_node_has_of_its_own_replaces_the_whole_field(void **state)
{
	size_t n;

	(void)state;
	decode(TABLE("a") "  owner: me\n  height: 70\n  legs: [1, 2]\n"
			  "  per_node: {n2: {height: 80, legs: [3]}}\n");
	assert_int_equal(generation.diags.n, 0);
	assert_int_equal(table_on("n1")->height, 70);
	assert_int_equal(table_on("n2")->height, 80);
	(void)hc_of_type(&generation.desired, &leg_type, &n);
	assert_int_equal(n, 3);
	assert_non_null(hc_find(&generation.desired, &leg_type, "n1", "a/2"));
	assert_non_null(hc_find(&generation.desired, &leg_type, "n2", "a/3"));
	assert_null(hc_find(&generation.desired, &leg_type, "n2", "a/1"));
}

static void absence_means_what_the_row_says(void **state)
{
	const struct hc_resource *r;

	(void)state;
	decode(TABLE("a") "  owner: me\n");
	r = hc_find(&generation.desired, &table_type, "n1", "a");
	assert_int_equal(table_on("n1")->height, 75);
	assert_true(hc_has_field(r, struct table, height));
	assert_false(hc_has_field(r, struct table, weight));
	assert_false(hc_has_field(r, struct table, shape));
}

static void a_required_field_may_stand_in_per_node(void **state)
{
	(void)state;
	decode(TABLE("a") "  per_node: {n1: {owner: me}}\n");
	assert_said(1, "Table needs owner on n2");
}

static void children_are_named_by_their_first_field_or_their_key(void **state)
{
	const struct hc_resource *leg;

	(void)state;
	decode(TABLE("a") "  owner: me\n  legs: [1, {number: 2, colour: red}]\n"
			  "  drawers: {top: 3}\n");
	assert_int_equal(generation.diags.n, 0);
	leg = hc_find(&generation.desired, &leg_type, "n1", "a/2");
	assert_string_equal(((const struct leg *)leg->spec)->colour, "red");
	assert_string_equal(leg->parent->name, "a");
	assert_string_equal(leg->parent->node, "n1");
	leg = hc_find(&generation.desired, &leg_type, "n1", "a/top");
	assert_int_equal(((const struct leg *)leg->spec)->number, 3);
	assert_string_equal(((const struct leg *)leg->spec)->colour, "brown");
}

static const char *note(const char *name)
{
	const struct hc_resource *r = hc_find(&generation.desired, &note_type, "n1", name);

	assert_non_null(r);
	return ((const struct note *)r->spec)->text;
}

static void children_in_sections_are_named_by_both(void **state)
{
	(void)state;
	decode(TABLE(
		"a") "  owner: me\n  notes:\n    top: {size: 2, up: true, share: 0.05, w/x: 1}\n"
		     "    \"top/left:x\": {size: {text: \"3\"}}\n");
	assert_int_equal(generation.diags.n, 0);
	assert_string_equal(note("a/top/size"), "2");
	assert_string_equal(note("a/top/up"), "true");
	assert_string_equal(note("a/top/share"), "0.05");
	assert_string_equal(note("a/top/w/x"), "1");
	assert_string_equal(note("a/top/left:x/size"), "3");
}

/* What is said, and where: each at the line and column of what is wrong. */
static void assert_place(size_t i, uint32_t line, uint32_t column, const char *text)
{
	assert_non_null(strstr(generation.diags.v[i].text, text));
	assert_int_equal(generation.diags.v[i].place.line, line);
	assert_int_equal(generation.diags.v[i].place.column, column);
}

static void sections_of_another_shape_are_said_with_their_places(void **state)
{
	(void)state;
	decode(TABLE("a") "  owner: me\n  notes:\n    one: 2\n    two:\n    three: {x: [1]}\n"
			  "    four: {a//b: 1}\n    /five: {x: 1}\n    six: {x: }\n");
	hc_diags_sort(&generation.diags);
	assert_int_equal(generation.diags.n, 6);
	assert_place(0, 7, 10, "section one wants a mapping, this is a number");
	assert_string_equal(generation.diags.v[0].hint, "write notes: {one: {NAME: VALUE}}");
	assert_int_equal(generation.diags.v[1].place.line, 8);
	assert_non_null(strstr(generation.diags.v[1].text, "two has no value"));
	assert_place(2, 9, 16, "a list where one Note is wanted");
	assert_place(3, 10, 12, "\"a//b\" is not a name in a section");
	assert_place(4, 11, 5, "\"/five\" is not a name of a section");
	assert_int_equal(generation.diags.v[5].place.line, 12);
}

static void sections_are_a_mapping(void **state)
{
	(void)state;
	decode(TABLE("a") "  owner: me\n  notes: [1]\n");
	assert_said(1, "notes wants a mapping, this is a list");
}

static void sections_are_described(void **state)
{
	const struct hc_field *row = &table_fields[hc_field_index(&table_type, "notes")];
	struct json_object *schema = hc_schema_json_value(row);

	(void)state;
	assert_string_equal(hc_describe_value(generation.arena, row),
			    "a mapping of sections to mappings of names to Note");
	assert_string_equal(json_object_to_json_string_ext(schema,
							   JSON_C_TO_STRING_PLAIN |
								   JSON_C_TO_STRING_NOSLASHESCAPE),
			    "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"object\","
			    "\"additionalProperties\":{\"anyOf\":[{\"type\":[\"string\",\"number\","
			    "\"boolean\"]},"
			    "{\"$ref\":\"#/definitions/Note\"}]}}}");
	json_object_put(schema);
}

static const struct leg *wheel(const char *name)
{
	const struct hc_resource *r = hc_find(&generation.desired, &leg_type, "n1", name);

	assert_non_null(r);
	return r->spec;
}

static void keyed_children_are_a_mapping_or_a_list(void **state)
{
	(void)state;
	decode(TABLE("a") "  owner: me\n  wheels: {1: red, 2: {colour: blue}, 3: {}}\n"
			  "---\n" TABLE("b") "  owner: me\n"
					     "  wheels: [4, {number: 5, colour: red}]\n");
	assert_int_equal(generation.diags.n, 0);
	assert_string_equal(wheel("a/1")->colour, "red");
	assert_int_equal(wheel("a/1")->number, 1);
	assert_string_equal(wheel("a/2")->colour, "blue");
	assert_string_equal(wheel("a/3")->colour, "brown");
	assert_int_equal(wheel("a/3")->number, 3);
	assert_string_equal(wheel("b/4")->colour, "brown");
	assert_string_equal(wheel("b/5")->colour, "red");
}

static void the_key_of_a_child_is_checked_as_its_field(void **state)
{
	(void)state;
	decode(TABLE("a") "  owner: me\n  wheels: {10: red}\n");
	assert_said(1, "number: 10 is above 9");
	assert_int_equal(generation.diags.v[0].place.column, 12);
}

static void a_key_and_a_field_do_not_say_two_things(void **state)
{
	(void)state;
	decode(TABLE("a") "  owner: me\n  wheels: {1: {number: 2}}\n");
	assert_said(1, "its number is 1 already");
}

static void keyed_children_are_described(void **state)
{
	const struct hc_field *row = &table_fields[hc_field_index(&table_type, "wheels")];
	struct json_object *schema = hc_schema_json_value(row);

	(void)state;
	assert_string_equal(hc_describe_value(generation.arena, row),
			    "a mapping of numbers to Leg, or a list of Leg");
	assert_string_equal(json_object_to_json_string_ext(schema,
							   JSON_C_TO_STRING_PLAIN |
								   JSON_C_TO_STRING_NOSLASHESCAPE),
			    "{\"anyOf\":[{\"type\":\"object\",\"additionalProperties\":{\"anyOf\":["
			    "{\"type\":\"string\",\"default\":\"brown\"},"
			    "{\"$ref\":\"#/definitions/Leg\"}]}},"
			    "{\"type\":\"array\",\"items\":{\"anyOf\":["
			    "{\"type\":\"integer\",\"minimum\":0,\"maximum\":9},"
			    "{\"$ref\":\"#/definitions/Leg\"}]}}]}");
	json_object_put(schema);
}

static void a_mistake_for_all_nodes_is_said_once(void **state)
{
	(void)state;
	decode(TABLE("a") "  owner: me\n  legs: [10]\n  height: x\n");
	assert_int_equal(generation.diags.n, 2);
}

static void places_lead_to_values(void **state)
{
	const struct hc_resource *r;

	(void)state;
	decode(TABLE("a") "  owner: me\n");
	r = hc_find(&generation.desired, &table_type, "n1", "a");
	assert_int_equal(hc_field_place(r, hc_field_index(&table_type, "owner")).line, 5);
	assert_int_equal(hc_field_place(r, hc_field_index(&table_type, "owner")).column, 10);
	assert_int_equal(hc_field_place(r, hc_field_index(&table_type, "height")).line, 3);
}

static void a_name_that_nothing_has_is_an_error_with_the_nearest(void **state)
{
	(void)state;
	decode(TABLE("kitchen") "  owner: me\n---\n" TABLE("a") "  owner: me\n  beside: kitchn\n");
	assert_said(2, "beside: there is no Table kitchn on n1");
	assert_string_equal(generation.diags.v[0].hint, "did you mean kitchen?");
}

static void what_may_stand_in_a_broken_document_is_not_missed(void **state)
{
	(void)state;
	decode(TABLE("a") "  owner: me\n  beside: b\n---\nkind: Table\nmetadata: {name: [b]}\n");
	for (size_t i = 0; i < generation.diags.n; i++)
		assert_null(strstr(generation.diags.v[i].text, "there is no"));
	assert_true(generation.partial);
}

static void a_circle_is_said_with_its_way(void **state)
{
	(void)state;
	decode(TABLE("a") "  owner: me\n  beside: b\n---\n" TABLE(
		"b") "  owner: me\n  beside: c\n"
		     "---\n" TABLE("c") "  owner: me\n  beside: a\n");
	assert_said(1, "this leads in a circle: a -> b -> c -> a");
}

static void two_of_a_name_are_an_error_at_the_later(void **state)
{
	(void)state;
	decode(TABLE("a") "  owner: me\n---\n" TABLE("a") "  owner: you\n");
	assert_said(1, "Table/a is written twice");
	assert_int_equal(generation.diags.v[0].place.line, 9);
}

static void only_what_a_person_says_can_be_written(void **state)
{
	(void)state;
	decode(TABLE("a") "  owner: me\n  shape: round\n");
	assert_said(1, "shape cannot be written: it is what the system says of itself");
}

static void a_live_document_may_say_everything_and_gets_no_defaults(void **state)
{
	struct hc_state live = {.found.arena = generation.arena};
	struct hc_tree **documents;
	const struct hc_resource *r;
	const char *text = "apiVersion: hcstate/v1\nkind: Table\nmetadata: {name: a, node: n9}\n"
			   "made: true\nspec: {shape: round}\n---\n"
			   "apiVersion: hcstate/v1\nkind: Leg\nunknown: it is dark\n";
	size_t n;

	(void)state;
	source = (struct hc_source){"live.yaml", text, strlen(text)};
	assert_true(hc_tree_read(generation.arena, &source, &generation.diags, &documents, &n));
	for (size_t i = 0; i < n; i++)
		hc_decode_live(&registry, documents[i], &live, &generation.diags);
	assert_int_equal(generation.diags.n, 0);
	assert_int_equal(live.found.n, 1);
	r = live.found.v[0];
	assert_string_equal(r->node, "n9");
	assert_true(r->made);
	assert_true(hc_has_field(r, struct table, shape));
	assert_false(hc_has_field(r, struct table, height));
	assert_string_equal(hc_why_unknown(&live, &leg_type), "it is dark");
	assert_null(hc_why_unknown(&live, &table_type));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		TEST(a_document_is_a_resource_on_every_node),
		TEST(what_a_node_has_of_its_own_replaces_the_whole_field),
		TEST(absence_means_what_the_row_says),
		TEST(a_required_field_may_stand_in_per_node),
		TEST(children_are_named_by_their_first_field_or_their_key),
		TEST(children_in_sections_are_named_by_both),
		TEST(sections_of_another_shape_are_said_with_their_places),
		TEST(sections_are_a_mapping),
		TEST(sections_are_described),
		TEST(keyed_children_are_a_mapping_or_a_list),
		TEST(the_key_of_a_child_is_checked_as_its_field),
		TEST(a_key_and_a_field_do_not_say_two_things),
		TEST(keyed_children_are_described),
		TEST(a_mistake_for_all_nodes_is_said_once),
		TEST(places_lead_to_values),
		TEST(a_name_that_nothing_has_is_an_error_with_the_nearest),
		TEST(what_may_stand_in_a_broken_document_is_not_missed),
		TEST(a_circle_is_said_with_its_way),
		TEST(two_of_a_name_are_an_error_at_the_later),
		TEST(only_what_a_person_says_can_be_written),
		TEST(a_live_document_may_say_everything_and_gets_no_defaults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
