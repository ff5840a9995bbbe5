/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders that nobody answers: the node is heard of, and what it was told to do it neither does nor
 * refuses. Nothing follows from that but a word to a person.
 */

#include "ha_scene.h"

static const struct ha_warning *word_of(const struct scene *s)
{
	for (size_t i = 0; i < s->decision.nwarning; i++)
		if (strstr(s->decision.warnings[i].text, "has not answered order"))
			return &s->decision.warnings[i];
	return NULL;
}

/* After a failover to a node that does nothing. */
static struct scene *recovered(void **state)
{
	struct scene *s = settled(state);

	away(s, "n1");
	node(s, "n1")->shut_out = true;
	rounds(s, 4);
	is_now(s, "vm1", HA_IS_STARTED, "n2");
	seen(s, "vm1")->answer = HA_NO_ANSWER;
	seen(s, "vm1")->on = NULL;
	seen(s, "vm1")->unanswered = s->seen.now;
	return s;
}

static void a_start_that_is_not_answered_is_told_after_ten_rounds(void **state)
{
	struct scene *s = recovered(state);
	uint64_t order = vm(s, "vm1")->order, since = s->seen.now;
	const struct ha_warning *warning;

	rounds(s, 9);
	assert_null(word_of(s));
	rounds(s, 1);
	warning = word_of(s);
	assert_non_null(warning);
	assert_string_equal(warning->vm, "vm1");
	assert_string_equal(warning->node, "n2");
	assert_non_null(strstr(warning->text, "n2 is there, but has not answered order"));
	assert_int_equal(warning->since, since);
	rounds(s, 100);
	is_now(s, "vm1", HA_IS_STARTED, "n2");
	assert_int_equal(vm(s, "vm1")->order, order);
	seen(s, "vm1")->unanswered = 0;
	obey(s, 1);
	assert_null(word_of(s));
}

static void one_of_a_node_that_is_away_is_no_matter_of_an_answer(void **state)
{
	struct scene *s = recovered(state);

	rounds(s, 50);
	node(s, "n2")->member = false;
	node(s, "n2")->apart = true;
	rounds(s, 1);
	assert_null(word_of(s));
}

static void a_moment_to_come_is_none(void **state)
{
	struct scene *s = recovered(state);

	seen(s, "vm1")->unanswered = s->seen.now + 3600000;
	rounds(s, 50);
	assert_null(word_of(s));
}

/* Minutes are nothing to a guest that shuts down or is copied. */
static void a_stop_and_a_move_are_waited_for_longer(void **state)
{
	struct scene *s = settled(state);

	want(s, "vm1")->wish = HC_HA_STOPPED;
	next(s);
	is_now(s, "vm1", HA_IS_REQUEST_STOP, "n1");
	seen(s, "vm1")->unanswered = s->seen.now;
	rounds(s, 899);
	assert_null(word_of(s));
	next(s);
	assert_non_null(word_of(s));
	seen(s, "vm1")->unanswered = 0;
	want(s, "vm1")->wish = HC_HA_STARTED;
	obey(s, 3);
	ask(s, "vm1", HA_MIGRATE_TO, "n3");
	next(s);
	goes_to(s, "vm1", HA_IS_MIGRATE, "n3");
	seen(s, "vm1")->unanswered = s->seen.now;
	rounds(s, 899);
	assert_null(word_of(s));
	next(s);
	assert_string_equal(word_of(s)->node, "n1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(a_start_that_is_not_answered_is_told_after_ten_rounds),
		scene_test(one_of_a_node_that_is_away_is_no_matter_of_an_answer),
		scene_test(a_moment_to_come_is_none),
		scene_test(a_stop_and_a_move_are_waited_for_longer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
