/* SPDX-License-Identifier: Apache-2.0 */
/* One view of the cluster: what a node tells, what is believed of others, what becomes of it when
 * they are silent. */

#include <json-c/json.h>

#include <reconciler/agent/answer.h>
#include <reconciler/agent/member.h>
#include <reconciler/agent/view.h>
#include <reconciler/agent/view_fact.h>

#include "toy_engine.h"

/* What the others told, for hear() below. */
static struct hc_peer others[2];
static size_t nother;

static int hear(struct hc_call *call, void *self, struct hc_peers *peers)
{
	(void)self;
	peers->v = hc_alloc(call->arena, nother * sizeof(*peers->v));
	for (size_t i = 0; i < nother; i++) {
		peers->v[i] = (struct hc_peer){.node = others[i].node};
		for (size_t k = 0; k < others[i].facts.n; k++)
			hc_map_put(call->arena, &peers->v[i].facts, others[i].facts.v[k].key,
				   others[i].facts.v[k].value);
	}
	peers->n = nother;
	return 0;
}

static struct hc_provider meets; /* the toys', with ears */

/* Looks, and tells of it. */
static void look(struct toys *toys, struct view *view)
{
	struct hc_engine *engine = toys->engine ? toys->engine : toys_start(toys);
	struct hc_cycle *cycle = hc_look(engine);
	struct hc_status status;

	meets = toys_provider;
	meets.hear = hear;
	engine->slots[0].provider = &meets;
	hc_status(engine, cycle, cycle->arena, &status);
	view_tell(view, engine, cycle, &status, "g1");
	(void)hc_cycle_free(cycle);
}

static void they_tell(struct toys *toys, const char *node, const char *status, const char *plan)
{
	nother = 1;
	others[0] = (struct hc_peer){.node = node};
	if (status)
		hc_map_put(toys->arena, &others[0].facts, FACT_STATUS, status);
	if (plan)
		hc_map_put(toys->arena, &others[0].facts, FACT_PLAN, plan);
}

/* The node's part of the view, which is *all. */
static struct json_object *part(struct toys *toys, const struct view *view, const char *node,
				uint64_t now, struct json_object **all)
{
	*all = view_json(view, toys->generation, "n1", now);
	for (size_t i = 0; i < member_count(*all); i++) {
		struct json_object *one = json_object_array_get_idx(*all, i);

		if (!strcmp(member_text(one, "node"), node))
			return one;
	}
	return NULL;
}

static void a_node_tells_what_it_saw(void **state)
{
	struct toys *toys = *state;
	struct view *view = view_new();
	struct json_object *all, *own;

	(void)toys_want(toys, "a");
	(void)toys_want(toys, "refused");
	(void)toys_want(toys, "same");
	hc_strings_add(toys->arena, &toys->there, "same");
	hc_strings_add(toys->arena, &toys->there, "foreign");
	look(toys, view);
	assert_string_equal(
		hc_map_get(&toys->engine->facts, FACT_STATUS),
		"{\"generation\":\"g1\",\"converged\":false,\"counts\":{\"converged\":1,"
		"\"drifted\":1,\"failed\":1,\"unmanaged\":1},\"lines\":["
		"{\"object\":\"Thing/a@n1\",\"state\":\"drifted\",\"reason\":\"size 1\","
		"\"since\":0},{\"object\":\"Thing/refused@n1\",\"state\":\"failed\","
		"\"reason\":\"it is not allowed\",\"since\":0}],\"more\":0}");
	assert_non_null(strstr(hc_map_get(&toys->engine->facts, FACT_PLAN),
			       "{\"action\":\"create\",\"object\":\"Thing/a@n1\",\"fields\":\"size "
			       "1\",\"impact\":\"none\""));
	own = part(toys, view, "n1", 100, &all);
	assert_true(member_true(own, "own"));
	assert_int_equal(member_count(member_list(own, "lines")), 2);
	json_object_put(all);
	(void)view_free(view);
}

/* As a string in the message that the group sends. */
static size_t size_in_message(const char *text)
{
	struct json_object *string = json_object_new_string(text);
	size_t size = strlen(json_object_to_json_string_ext(string, JSON_C_TO_STRING_PLAIN));

	json_object_put(string);
	return size;
}

static void what_does_not_fit_is_counted(void **state)
{
	static const char *const keys[] = {FACT_STATUS, FACT_PLAN};
	static const char *const lists[] = {"lines", "changes"};
	struct toys *toys = *state;
	struct view *view = view_new();

	for (int i = 0; i < 700; i++)
		(void)toys_want(toys,
				hc_printf(toys->arena, "refused-%04d/\"quoted\"/%050d", i, 0));
	look(toys, view);
	for (size_t i = 0; i < HC_COUNT(keys); i++) {
		const char *text = hc_map_get(&toys->engine->facts, keys[i]);
		struct json_object *fact = json_tokener_parse(text);
		size_t n = member_count(member_list(fact, lists[i]));

		assert_true(size_in_message(text) <= FACT_MOST);
		assert_true(n > 20 && n < 700);
		assert_int_equal(n + member_number(fact, "more"), 700);
		json_object_put(fact);
	}
	(void)view_free(view);
}

static void long_reasons_are_cut_between_characters(void **state)
{
	struct toys *toys = *state;
	struct view *view = view_new();
	static const char euro[] = {'\xe2', '\x82', '\xac'};
	char *reason = hc_alloc(toys->arena, 3002);
	struct json_object *fact, *line;
	const char *text;

	for (size_t i = 0; i < 1000; i++)
		memcpy(reason + 1 + 3 * i, euro, sizeof(euro));
	reason[0] = 'x';
	toys->unknown = reason;
	(void)toys_want(toys, "a");
	look(toys, view);
	fact = json_tokener_parse(hc_map_get(&toys->engine->facts, FACT_STATUS));
	line = json_object_array_get_idx(member_list(fact, "lines"), 0);
	text = member_text(line, "reason");
	assert_string_equal(text + strlen(text) - 6, "\xe2\x82\xac...");
	assert_int_equal(strlen(text), 301 + 3);
	json_object_put(fact);
	(void)view_free(view);
}

static void a_silent_node_is_shown_with_its_age(void **state)
{
	struct toys *toys = *state;
	struct view *view = view_new();
	struct json_object *all, *one;

	hc_strings_add(toys->arena, &toys->generation->nodes, "n2");
	hc_strings_add(toys->arena, &toys->generation->nodes, "n3");
	look(toys, view);
	they_tell(toys, "n2",
		  "{\"generation\":\"g0\",\"converged\":true,\"counts\":{\"converged\":7}}",
		  "{\"changes\":[]}");
	view_hear(view, toys->engine, 1000);
	one = part(toys, view, "n2", 1001, &all);
	assert_true(member_true(one, "present"));
	assert_true(member_true(one, "converged"));
	assert_string_equal(member_text(one, "generation"), "g0");
	assert_string_equal(member_text(one, "heard"), "1970-01-01T00:16:40Z");
	assert_int_equal(member_count(all), 3);
	json_object_put(all);
	nother = 0;
	view_hear(view, toys->engine, 1002);
	one = part(toys, view, "n2", 1180, &all);
	assert_false(member_true(one, "present"));
	assert_int_equal(member_number(one, "age"), 180);
	assert_true(member_true(one, "converged"));
	json_object_put(all);
	one = part(toys, view, "n3", 1180, &all);
	assert_null(member_text(one, "heard"));
	assert_null(member_text(one, "generation"));
	json_object_put(all);
	(void)view_free(view);
}

static void a_node_that_left_is_forgotten_after_an_hour(void **state)
{
	struct toys *toys = *state;
	struct view *view = view_new();
	struct json_object *all;

	look(toys, view);
	they_tell(toys, "n9", "{}", NULL);
	view_hear(view, toys->engine, 1000);
	nother = 0;
	view_hear(view, toys->engine, 1001);
	assert_non_null(part(toys, view, "n9", 1000 + 3599, &all));
	json_object_put(all);
	assert_null(part(toys, view, "n9", 1000 + 3600, &all));
	json_object_put(all);
	(void)view_free(view);
}

static void a_process_that_is_no_agent_is_nobody(void **state)
{
	struct toys *toys = *state;
	struct view *view = view_new();
	struct json_object *all;

	look(toys, view);
	they_tell(toys, "n2", NULL, "{\"changes\":[]}");
	view_hear(view, toys->engine, 1000);
	assert_null(part(toys, view, "n2", 1000, &all));
	json_object_put(all);
	(void)view_free(view);
}

static void what_others_tell_is_hostile(void **state)
{
	static const char *const bad[] = {
		"",
		"[]",
		"{",
		"7",
		"{\"lines\":7,\"counts\":[],\"more\":-3,\"generation\":{},\"converged\":\"yes\"}",
		"{\"lines\":[7,[],{\"object\":7,\"state\":null,\"evil\":\"x\"}],\"evil\":{}}",
		"{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}}",
		"{\"counts\":{\"evil\":5,\"failed\":99999999999999999999}}",
		"{\"generation\":\"\xff\xfe\"}",
	};
	struct toys *toys = *state;
	struct view *view = view_new();

	look(toys, view);
	for (size_t i = 0; i < HC_COUNT(bad); i++) {
		_cleanup_(hc_freep) char *text = NULL;
		struct json_object *all, *one;
		size_t size;
		FILE *out = open_memstream(&text, &size);

		they_tell(toys, "n2", bad[i], bad[i]);
		view_hear(view, toys->engine, 1000);
		one = part(toys, view, "n2", 1000, &all);
		assert_null(strstr(json_object_to_json_string(one), "evil"));
		assert_false(member_true(one, "converged"));
		assert_int_equal(member_number(one, "more"), 0);
		answer_nodes_status(out, all);
		answer_nodes_plan(out, all);
		assert_int_equal(fclose(out), 0);
		json_object_put(all);
	}
	(void)view_free(view);
}

static void too_long_texts_and_lists_are_not_taken(void **state)
{
	struct toys *toys = *state;
	char *text = hc_strdup(toys->arena, "{\"lines\":[{}");
	struct json_object *fact;

	for (int i = 0; i < 1500; i++)
		text = hc_printf(toys->arena, "%s,{}", text);
	fact = fact_read_status(hc_printf(toys->arena, "%s],\"generation\":\"%02000d\"}", text, 1));
	assert_int_equal(member_count(member_list(fact, "lines")), 1000);
	assert_null(member_text(fact, "generation"));
	json_object_put(fact);
	assert_null(fact_read_status(hc_printf(toys->arena, "{\"a\":\"%070000d\"}", 1)));
}

/* What is printed of the others. */
static char *printed(struct toys *toys, void (*print)(FILE *, struct json_object *),
		     const char *nodes)
{
	_cleanup_(hc_freep) char *text = NULL;
	struct json_object *all = json_tokener_parse(nodes);
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(all);
	print(out, all);
	assert_int_equal(fclose(out), 0);
	json_object_put(all);
	return hc_strdup(toys->arena, text);
}

static void others_are_shown_below(void **state)
{
	static const char nodes[] =
		"[{\"node\":\"n1\",\"own\":true,\"lines\":[{\"object\":\"X/own\"}]},"
		"{\"node\":\"n2\",\"present\":true,\"heard\":\"1970\",\"generation\":\"g1\","
		"\"converged\":true,\"plan\":{\"changes\":[]}},"
		"{\"node\":\"n3\",\"present\":false,\"heard\":\"1970\",\"age\":180,"
		"\"generation\":\"g0\",\"counts\":{\"converged\":4,\"failed\":1},"
		"\"lines\":[{\"object\":\"Thing/\\u001b[31m\",\"state\":\"failed\","
		"\"reason\":\"no luck\"}],\"more\":2,"
		"\"plan\":{\"changes\":[{\"action\":\"update\",\"object\":\"Thing/a@n3\","
		"\"fields\":\"size 1 -> 2\",\"impact\":\"blip\",\"reason\":\"not as in m.yaml:3\","
		"\"hold\":\"window\",\"refused\":\"waits for the window night\"}],\"more\":1}},"
		"{\"node\":\"n4\"}]";
	struct toys *toys = *state;

	assert_string_equal(printed(toys, answer_nodes_status, nodes),
			    "\nnode n2, generation g1: converged\n"
			    "\nnode n3, generation g0, not heard of for 3m: 4 converged, 1 failed\n"
			    "Thing/?[31m  failed  no luck\nand 2 more\n"
			    "\nnode n4, not heard of yet\n");
	assert_string_equal(printed(toys, answer_nodes_plan, nodes),
			    "\nnode n2, generation g1: nothing to do\n"
			    "\nnode n3, generation g0, not heard of for 3m\n"
			    "~ Thing/a@n3  size 1 -> 2  blip\n"
			    "    why: not as in m.yaml:3\n"
			    "    held: waits for the window night\nand 1 more\n"
			    "\nnode n4, not heard of yet\n");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, toys_set_up, toys_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_node_tells_what_it_saw),
		CASE(what_does_not_fit_is_counted),
		CASE(long_reasons_are_cut_between_characters),
		CASE(a_silent_node_is_shown_with_its_age),
		CASE(a_node_that_left_is_forgotten_after_an_hour),
		CASE(a_process_that_is_no_agent_is_nobody),
		CASE(what_others_tell_is_hostile),
		CASE(too_long_texts_and_lists_are_not_taken),
		CASE(others_are_shown_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
