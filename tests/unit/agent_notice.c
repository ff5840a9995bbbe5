/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a look is told: drift, what was decided, failure and its end. The looks are made by hand,
 * and the clock is the test's.
 */

#include <json-c/json.h>

#include <reconciler/agent/agent.h>
#include <reconciler/agent/notice.h>

#include "toy.h"

static uint64_t the_time;

uint64_t hc_now(void)
{
	return the_time;
}

uint64_t hc_wall_us(void)
{
	return UINT64_C(1790000000000000) + the_time;
}

#define SECOND UINT64_C(1000000)

static const struct hc_field vm_fields[] = {
	hc_u32(struct toy, size, .doc = "How large."),
	hc_string(struct toy, on, .doc = "Where it is.", .origin = HC_OBSERVED),
	hc_u32(struct toy, id, .doc = "What was noted.", .origin = HC_DERIVED, .own = true),
};

static const struct hc_type vm_type = {
	.name = "Vm",
	.doc = "Something that is told where to be.",
	.scope = HC_CLUSTER,
	HC_FIELDS(vm_fields),
	.size = sizeof(struct toy),
};

/* An agent of which nothing is there but what a look is compared with, and one such look. */
struct scene {
	struct hc_arena *arena;
	const char *directory;
	struct agent agent;
	struct agent_config config;
	struct hc_agent spec;
	struct hc_engine engine;
	struct hc_generation generation;
	struct hc_cycle cycle;
	struct hc_plan plan;
	struct hc_change change, *changes;
	struct toy have, want;
	struct hc_resource is, asked;
	struct hc_unknown unknown;
};

static int begin(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	const uint64_t all = 7;

	if (!s)
		return -1;
	s->arena = hc_arena_new();
	s->directory = toy_directory(s->arena);
	s->spec.history = 10;
	s->config = (struct agent_config){.node = "n1", .spec = &s->spec};
	s->generation.id = "aa11";
	s->engine.desired.arena = s->arena;
	(void)hc_resource_new(&s->engine.desired, &vm_type, NULL, "web");
	s->agent.registry = hc_registry_new();
	s->agent.engine = &s->engine;
	s->agent.generation = &s->generation;
	s->agent.settled = true;
	assert_true(sd_event_new(&s->agent.event) >= 0);
	s->agent.events = events_new(s->agent.event, &s->config, s->directory, false);
	s->is = (struct hc_resource){.type = &vm_type, .name = "web", .set = all, .spec = &s->have};
	s->asked =
		(struct hc_resource){.type = &vm_type, .name = "web", .set = all, .spec = &s->want};
	s->change = (struct hc_change){.action = HC_UPDATE,
				       .type = &vm_type,
				       .name = "web",
				       .have = &s->is,
				       .want = &s->asked,
				       .reason = "pve3 is lost"};
	s->have = (struct toy){.size = 1, .on = "pve3", .id = 6};
	s->want = (struct toy){.size = 2, .on = "pve2", .id = 7};
	s->changes = &s->change;
	s->plan = (struct hc_plan){.arena = s->arena, .change = &s->changes};
	s->cycle = (struct hc_cycle){.arena = s->arena, .plan = &s->plan};
	s->cycle.live.unknown = &s->unknown;
	s->unknown.type = &vm_type;
	the_time = SECOND;
	*state = s;
	return 0;
}

static int end(void **state)
{
	struct scene *s = *state;

	notice_free(&s->agent);
	s->agent.events = events_free(s->agent.events);
	hc_registry_freep(&s->agent.registry);
	sd_event_unref(s->agent.event);
	toy_remove_directory(s->arena, s->directory);
	hc_arena_freep(&s->arena);
	free(s);
	return 0;
}

/* A look in which these fields differ; 0: none does. */
static void look(struct scene *s, uint64_t differs)
{
	s->change.differs = differs;
	s->plan.n = differs != 0;
	s->cycle.live.nunknown = 0;
	notice_look(&s->agent, &s->cycle);
}

static void look_blindly(struct scene *s, const char *why)
{
	s->change.refused = why;
	s->change.blind = true;
	look(s, 1);
}

/* ... in which nothing of it can be seen. */
static void look_in_vain(struct scene *s, const char *why, bool reading)
{
	s->unknown.why = why;
	s->unknown.reading = reading;
	s->plan.n = 0;
	s->cycle.live.nunknown = 1;
	notice_look(&s->agent, &s->cycle);
}

/* All that was told, a line each. */
static const char *told(struct scene *s)
{
	struct json_object *all = events_last(s->agent.events);
	const char *text = "";

	for (size_t i = 0; i < json_object_array_length(all); i++) {
		struct json_object *one = json_object_array_get_idx(all, i);

		text = hc_printf(s->arena, "%s%s\n", text,
				 json_object_get_string(json_object_object_get(one, "text")));
	}
	json_object_put(all);
	return text;
}

static void say_mended(struct scene *s)
{
	events_say(s->agent.events, &(struct event){.what = EVENT_STEP,
						    .object = "Vm/web",
						    .step = "begin",
						    .result = "done"});
}

enum {
	SIZE = 1,
	ON = 2,
	OWN = 4,
};

static void what_somebody_changed_is_drift(void **state)
{
	struct scene *s = *state;

	look(s, SIZE);
	look(s, SIZE);
	assert_string_equal(told(s), "Vm/web: drift: size 1 -> 2\n");
}

static void what_is_noted_is_named_where_nothing_else_is(void **state)
{
	struct scene *s = *state;

	look(s, SIZE | OWN);
	assert_string_equal(told(s), "Vm/web: drift: size 1 -> 2\n");
	look(s, 0);
	look(s, OWN);
	assert_non_null(strstr(told(s), "Vm/web: drift: id 6 -> 7\n"));
}

static void what_was_decided_is_no_drift(void **state)
{
	struct scene *s = *state;

	s->change.decided = true;
	look(s, ON | OWN);
	assert_string_equal(told(s), "Vm/web: decision: on pve3 -> pve2 (pve3 is lost)\n");
}

static void a_decision_is_told_while_nothing_is_at_rest(void **state)
{
	struct scene *s = *state;

	s->change.decided = true;
	s->agent.settled = false;
	look(s, ON);
	assert_string_equal(told(s), "Vm/web: decision: on pve3 -> pve2 (pve3 is lost)\n");
}

static void each_decision_is_told_once(void **state)
{
	struct scene *s = *state;

	s->change.decided = true;
	look(s, ON);
	say_mended(s);
	look(s, ON);         /* there is more to do of the same */
	s->want.on = "pve1"; /* before anything came of the first */
	look(s, ON);
	s->change.going = true;
	s->change.reason = "\"start it\" has begun and has not come to its end";
	look(s, ON);
	assert_string_equal(told(s), "Vm/web: decision: on pve3 -> pve2 (pve3 is lost)\n"
				     "Vm/web: begin: done\n"
				     "Vm/web: decision: on pve3 -> pve1 (pve3 is lost)\n");
}

static void the_way_back_is_another_decision(void **state)
{
	struct scene *s = *state;

	s->change.decided = true;
	look(s, ON);
	s->have.on = "pve2";
	s->want.on = "pve3";
	s->change.reason = "pve2 is lost";
	look(s, ON);
	assert_non_null(strstr(told(s), "decision: on pve2 -> pve3 (pve2 is lost)\n"));
}

static void what_is_made_by_a_decision_is_told_by_its_reason(void **state)
{
	struct scene *s = *state;

	s->change.decided = true;
	s->change.action = HC_CREATE;
	s->change.have = NULL;
	look(s, SIZE);
	assert_string_equal(told(s), "Vm/web: decision: pve3 is lost\n");
}

static void what_a_node_notes_of_a_decision_is_not_told(void **state)
{
	struct scene *s = *state;

	s->change.decided = true;
	look(s, OWN);
	assert_string_equal(told(s), "");
}

static void what_is_nested_goes_without_saying(void **state)
{
	struct scene *s = *state;

	s->change.decided = true;
	s->change.type = s->is.type = s->asked.type = &part_type;
	look(s, SIZE);
	assert_string_equal(told(s), "");
}

/* HA's order is noted as answered, which is not worth a word, and then the guest dies. */
static void a_decision_hides_no_drift_that_comes_later(void **state)
{
	struct scene *s = *state;

	s->change.decided = true;
	look(s, OWN);
	s->change.decided = false;
	look(s, SIZE);
	look(s, SIZE);
	assert_string_equal(told(s), "Vm/web: drift: size 1 -> 2\n");
}

static void a_held_decision_hides_no_edit(void **state)
{
	struct scene *s = *state;

	s->change.decided = true;
	s->change.decision = ON | OWN;
	s->change.hold = HC_HOLD_SUSPENDED;
	s->change.refused = "a person suspended it";
	look(s, ON | OWN);
	look(s, ON | OWN | SIZE);
	look(s, ON | OWN | SIZE);
	assert_string_equal(told(s), "Vm/web: decision: on pve3 -> pve2 (pve3 is lost)\n"
				     "Vm/web: drift: size 1 -> 2\n");
}

static void a_decision_follows_what_has_drifted(void **state)
{
	struct scene *s = *state;

	look(s, SIZE);
	s->change.decided = true;
	s->change.decision = ON;
	look(s, SIZE | ON);
	s->change.decided = false;
	look(s, SIZE); /* as it was before */
	say_mended(s);
	s->change.decided = true;
	look(s, ON);
	s->change.decided = false;
	look(s, SIZE);
	assert_string_equal(told(s), "Vm/web: drift: size 1 -> 2\n"
				     "Vm/web: decision: on pve3 -> pve2 (pve3 is lost)\n"
				     "Vm/web: begin: done\n"
				     "Vm/web: drift: size 1 -> 2\n");
}

static void what_the_manifests_changed_is_no_drift_later(void **state)
{
	struct scene *s = *state;

	s->agent.changed = true;
	look(s, SIZE);
	s->agent.changed = false;
	look(s, SIZE);
	assert_string_equal(told(s), "");
}

static void what_another_node_decides_it_tells(void **state)
{
	struct scene *s = *state;

	s->change.decided = s->change.decided_away = true;
	look(s, ON);
	look(s, ON);
	assert_string_equal(told(s), "");
	s->change.decided_away = false; /* that node is gone, and now it is up to this one */
	look(s, ON);
	assert_string_equal(told(s), "Vm/web: decision: on pve3 -> pve2 (pve3 is lost)\n");
}

static void words_that_alternate_are_one_failure(void **state)
{
	struct scene *s = *state;

	for (int i = 0; i < 40; i++) {
		look_blindly(s, i % 2 ? "it is still being read" : "it cannot be read");
		if (i == 9)
			assert_string_equal(strstr(told(s), "failed") ? "too soon" : "", "");
		the_time += SECOND;
	}
	s->change.refused = NULL;
	s->change.blind = false;
	look(s, SIZE); /* it can be seen, and has to be mended */
	look(s, 0);
	assert_string_equal(told(s), "Vm/web: failed: it cannot be read\n"
				     "Vm/web: drift: size 1 -> 2\n"
				     "Vm/web: recovered\n");
}

static void what_is_blind_for_a_moment_is_not_told(void **state)
{
	struct scene *s = *state;

	look_blindly(s, "it is still being read");
	the_time += 9 * SECOND;
	look_blindly(s, "it cannot be read");
	look(s, 0);
	the_time += 9 * SECOND;
	look_blindly(s, "it cannot be read");
	assert_string_equal(told(s), "");
}

static void a_provider_without_answer_is_one_failure(void **state)
{
	struct scene *s = *state;

	for (int i = 0; i < 40; i++) {
		look_in_vain(s, i % 3 ? "Connection timed out" : "it is still being read",
			     i % 3 == 0);
		the_time += SECOND;
	}
	look(s, 0);
	assert_string_equal(told(s), "Vm: failed: Connection timed out\nVm: recovered\n");
}

static void a_read_that_goes_on_is_none(void **state)
{
	struct scene *s = *state;

	for (int i = 0; i < 40; i++) {
		look_in_vain(s, "it is still being read", true);
		the_time += SECOND;
	}
	assert_string_equal(told(s), "");
}

static void blindness_outlives_a_kind_that_is_not_read(void **state)
{
	struct scene *s = *state;

	for (int i = 0; i < 20; i++) {
		if (i % 2)
			look_in_vain(s, "it is still being read", true);
		else
			look_blindly(s, "it cannot be read");
		the_time += SECOND;
	}
	look(s, 0);
	assert_string_equal(told(s), "Vm/web: failed: it cannot be read\nVm/web: recovered\n");
}

static void what_waits_for_a_person_is_not_blind(void **state)
{
	struct scene *s = *state;

	s->agent.settled = false;
	s->change.hold = HC_HOLD_APPROVAL;
	look_blindly(s, "it restarts what runs");
	the_time += 20 * SECOND;
	look_blindly(s, "it restarts what runs");
	assert_string_equal(told(s), "Vm/web: waits for approval: it restarts what runs\n");
}

static void one_that_is_mended_after_a_failure_has_recovered(void **state)
{
	struct scene *s = *state;

	s->agent.settled = false;
	s->change.refused = "it is not allowed";
	look(s, SIZE);
	s->change.refused = NULL;
	look(s, SIZE);
	look(s, 0);
	look(s, 0);
	assert_string_equal(told(s), "Vm/web: failed: it is not allowed\nVm/web: recovered\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_somebody_changed_is_drift, begin, end),
		cmocka_unit_test_setup_teardown(what_is_noted_is_named_where_nothing_else_is, begin,
						end),
		cmocka_unit_test_setup_teardown(what_was_decided_is_no_drift, begin, end),
		cmocka_unit_test_setup_teardown(a_decision_is_told_while_nothing_is_at_rest, begin,
						end),
		cmocka_unit_test_setup_teardown(each_decision_is_told_once, begin, end),
		cmocka_unit_test_setup_teardown(the_way_back_is_another_decision, begin, end),
		cmocka_unit_test_setup_teardown(what_is_made_by_a_decision_is_told_by_its_reason,
						begin, end),
		cmocka_unit_test_setup_teardown(what_a_node_notes_of_a_decision_is_not_told, begin,
						end),
		cmocka_unit_test_setup_teardown(what_is_nested_goes_without_saying, begin, end),
		cmocka_unit_test_setup_teardown(a_decision_hides_no_drift_that_comes_later, begin,
						end),
		cmocka_unit_test_setup_teardown(a_held_decision_hides_no_edit, begin, end),
		cmocka_unit_test_setup_teardown(a_decision_follows_what_has_drifted, begin, end),
		cmocka_unit_test_setup_teardown(what_the_manifests_changed_is_no_drift_later, begin,
						end),
		cmocka_unit_test_setup_teardown(what_another_node_decides_it_tells, begin, end),
		cmocka_unit_test_setup_teardown(words_that_alternate_are_one_failure, begin, end),
		cmocka_unit_test_setup_teardown(what_is_blind_for_a_moment_is_not_told, begin, end),
		cmocka_unit_test_setup_teardown(a_provider_without_answer_is_one_failure, begin,
						end),
		cmocka_unit_test_setup_teardown(a_read_that_goes_on_is_none, begin, end),
		cmocka_unit_test_setup_teardown(blindness_outlives_a_kind_that_is_not_read, begin,
						end),
		cmocka_unit_test_setup_teardown(what_waits_for_a_person_is_not_blind, begin, end),
		cmocka_unit_test_setup_teardown(one_that_is_mended_after_a_failure_has_recovered,
						begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
