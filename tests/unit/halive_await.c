/* SPDX-License-Identifier: Apache-2.0 */
/* Since when an order is not answered, as one process after its readings has it. */

#include "halive_scene.h"

#include "providers/ha/await.h"

/* web1 is to run on pve3, which is there and says nothing. */
static struct scene *usual(void)
{
	struct scene *s = scene_new(true);
	const struct ha_vm web1 = {.vm = "web1",
				   .is = HA_IS_STARTED,
				   .node = "pve3",
				   .since = NOW - 3600000,
				   .order = 3};

	scene_vm(s, "web1");
	scene_memory(s, &web1, 1);
	scene_claim(s, "web1", "pve3", HC_CLAIM_FREE);
	return s;
}

/* The next reading, so many ms later; gives for how long it waits, -1: it does not. */
static int64_t later(struct scene *s, struct awaits *awaits, uint64_t ms)
{
	const struct sight *sight = s->sight;

	s->sight->now += ms;
	s->sight->began += ms * US;
	s->sight->beats.last += ms * US;
	for (size_t i = 0; i < 3; i++)
		if (!s->beat[i].stale)
			s->beat[i].heard = s->sight->began;
	ha_hear_answers(&s->call, s->sight);
	awaits_look(awaits, &s->call, s->sight);
	return sight->answers[0].unanswered ? (int64_t)(sight->now - sight->answers[0].unanswered)
					    : -1;
}

static void it_is_counted_from_the_first_look_that_misses_it(void **state)
{
	struct scene *s = usual();
	struct awaits *awaits = awaits_new();

	(void)state;
	scene_ready(s);
	assert_int_equal(later(s, awaits, 0), 0);
	assert_int_equal(later(s, awaits, 4000), 4000);
	assert_int_equal(ha_due(s->sight), 6000);
	assert_int_equal(later(s, awaits, 5000), 9000);
	hc_map_put(s->arena, &s->peer[2].facts, "ha.web1", "3 done");
	assert_int_equal(later(s, awaits, 1000), -1);
	assert_int_equal(ha_due(s->sight), 0);
	assert_null(awaits_free(awaits));
	scene_end(s);
}

/* Else each reading might tell it with another second. */
static void the_moment_is_told_as_it_was_first(void **state)
{
	struct scene *s = usual();
	struct awaits *awaits = awaits_new();
	uint64_t first;

	(void)state;
	scene_ready(s);
	(void)later(s, awaits, 0);
	first = s->sight->answers[0].unanswered;
	s->sight->now -= 3;
	assert_int_equal(later(s, awaits, 4000), 3997);
	assert_int_equal(s->sight->answers[0].unanswered, first);
	s->sight->now -= 3600000; /* the clock is set */
	assert_int_equal(later(s, awaits, 1000), 5000);
	assert_null(awaits_free(awaits));
	scene_end(s);
}

static void another_order_begins_anew(void **state)
{
	struct scene *s = usual();
	struct awaits *awaits = awaits_new();

	(void)state;
	scene_ready(s);
	(void)later(s, awaits, 0);
	assert_int_equal(later(s, awaits, 4000), 4000);
	s->sight->memory.vms[0].order = 4;
	assert_int_equal(later(s, awaits, 1000), 0);
	s->sight->memory.vms[0].is = HA_IS_FREEZE;
	assert_int_equal(later(s, awaits, 1000), -1);
	assert_null(awaits_free(awaits));
	scene_end(s);
}

static void a_node_that_is_away_owes_no_answer(void **state)
{
	struct scene *s = usual();
	struct awaits *awaits = awaits_new();
	const uint32_t two[] = {1, 2}, all[] = {1, 2, 3};

	(void)state;
	scene_ready(s);
	(void)later(s, awaits, 0);
	(void)sighting_take(&s->sight->view, true, two, 2, s->sight->began);
	assert_int_equal(later(s, awaits, 4000), -1);
	(void)sighting_take(&s->sight->view, true, all, 3, s->sight->began);
	assert_int_equal(later(s, awaits, 1000), 0);
	s->beat[2].stale = true; /* here: it is not heard of any more */
	assert_int_equal(later(s, awaits, 9000), -1);
	s->beat[2].stale = false;
	s->beat[2].word.says = BEAT_STOPPED;
	assert_int_equal(later(s, awaits, 1000), -1);
	s->beat[2].word.says = BEAT_POWERS_OFF;
	assert_int_equal(later(s, awaits, 1000), -1);
	assert_null(awaits_free(awaits));
	scene_end(s);
}

static bool warns(const struct scene *s, const char *text)
{
	const struct hc_strings *warnings = &s->sight->policy->warnings;

	for (size_t i = 0; i < warnings->n; i++)
		if (!strcmp(warnings->v[i], text))
			return true;
	return false;
}

#define SINCE "1970-01-12T13:46:40Z" /* NOW */

static void that_it_is_late_is_shown(void **state)
{
	struct scene *s = usual();
	struct awaits *awaits = awaits_new();
	const struct hc_ha_resource *live;

	(void)state;
	scene_ready(s);
	(void)later(s, awaits, 0);
	(void)later(s, awaits, 10000);
	s->sight->memory.vms[0].restarts = 1;
	s->live.found.n = 0;
	scene_claim(s, "web1", "pve3", HC_CLAIM_FREE);
	scene_show(s);
	live = hc_find(&s->live.found, &hc_ha_resource, NULL, "web1")->spec;
	assert_string_equal(live->attempts, "1 restart, order 3 not answered since " SINCE);
	assert_null(scene_adjust(s, &hc_ha_resource, "web1"));
	assert_true(warns(
		s,
		"web1: pve3 is there, but has not answered order 3 (started) yet, since " SINCE));
	assert_null(awaits_free(awaits));
	scene_end(s);
}

/* Who only looks has heard nobody. */
static void without_a_memory_of_its_own_nothing_is_late(void **state)
{
	struct scene *s = usual();

	(void)state;
	scene_ready(s);
	assert_int_equal(later(s, NULL, 60000), -1);
	scene_end(s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_counted_from_the_first_look_that_misses_it),
		cmocka_unit_test(the_moment_is_told_as_it_was_first),
		cmocka_unit_test(another_order_begins_anew),
		cmocka_unit_test(a_node_that_is_away_owes_no_answer),
		cmocka_unit_test(that_it_is_late_is_shown),
		cmocka_unit_test(without_a_memory_of_its_own_nothing_is_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
