/* SPDX-License-Identifier: Apache-2.0 */
/* Servers that are gone, or do not have it yet: how often they are asked, and what is said of it.
 */

#include "agent_git.h"

#include <malloc.h>

/* Pauses between fetches pass at once while `fast` is set, and are counted. */
static bool fast;
static uint64_t passed, shortest, longest; /* us */

int sd_event_source_set_time_relative(sd_event_source *timer, uint64_t us)
{
	uint64_t now = 0;

	if (fast) {
		passed += us;
		shortest = us < shortest ? us : shortest;
		longest = us > longest ? us : longest;
		us = 0;
	}
	(void)sd_event_now(sd_event_source_get_event(timer), CLOCK_MONOTONIC, &now);
	return sd_event_source_set_time(timer, now + us);
}

static void a_server_that_is_gone_is_asked_less_and_less(void **state)
{
	const uint32_t middle = UINT32_MAX / 2;
	uint64_t day = UINT64_C(86400) * 1000000, asked = 0;

	(void)state;
	for (unsigned failures = 0; failures < 100; failures++)
		for (uint32_t i = 0; i < 3; i++) {
			uint64_t us = git_pause(30, failures, i == 2 ? UINT32_MAX : i * middle);
			uint64_t s = failures < 2    ? 30
				     : failures == 2 ? 60
				     : failures == 5 ? 480
				     : failures > 5  ? 600
						     : (uint64_t)30 << (failures - 1);

			assert_in_range(us, s * 900000, s * 1100000);
		}
	assert_true(git_pause(30, 0, 0) < git_pause(30, 0, UINT32_MAX));
	/* one that is asked rarely anyway is not asked more often */
	assert_in_range(git_pause(3600, 3, middle), UINT64_C(3590000000), UINT64_C(3610000000));
	for (uint64_t at = 0; at < day; asked++)
		at += git_pause(30, (unsigned)asked + 1, middle);
	assert_in_range(asked, 140, 160);
}

/* Fetches until that much time has passed; gives how many. */
static uint64_t fetch_for(struct scene *scene, uint64_t us)
{
	uint64_t before = scene->source->state.answers;

	source_hurry(scene->source);
	passed = longest = 0;
	shortest = UINT64_MAX;
	fast = true;
	while (passed < us)
		assert_true(sd_event_run(scene->event, UINT64_C(10000000)) > 0);
	fast = false;
	return scene->source->state.answers - before;
}

static void a_day_without_a_server_leaves_no_trace(void **state)
{
	const uint64_t minute = UINT64_C(60000000);
	_cleanup_(hc_registry_freep) struct hc_registry *registry = hc_registry_new();
	struct hc_generation *generation;
	struct scene *scene = *state;
	const char *said;
	size_t used;

	child_answers(scene, good(scene, NODE));
	run(scene);
	assert_int_equal(scene->changes, 1);
	server_answers(scene, "{\"ok\":false,\"error\":\"the host is gone\"}\n");
	run(scene);
	(void)fetch_for(scene, 60 * minute);
	said = hc_strdup(scene->arena, scene->source->state.error);
	used = mallinfo2().uordblks;
	assert_in_range(fetch_for(scene, minute * 60 * 24), 130, 160);
	/* at ten minutes, never all nodes at the same moment */
	assert_in_range(shortest, 9 * minute, 98 * minute / 10);
	assert_in_range(longest, 102 * minute / 10, 11 * minute);
	assert_true(mallinfo2().uordblks <= used + 1024);
	assert_int_equal(scene->changes, 2); /* it was told once */
	assert_string_equal(scene->source->state.error, said);
	assert_true(scene->source->state.gone);
	generation = source_load(scene->source, registry); /* what was good is still there */
	assert_non_null(generation);
	assert_string_equal(generation->id, ID1);
	(void)hc_generation_free(generation);

	child_answers(scene, HEAD COMMITS ",\"same\":true}\n");
	(void)fetch_for(scene, 5 * minute);
	assert_in_range(longest, 0, minute); /* it is at its usual pace again */
	assert_int_equal(scene->changes, 3);
	assert_null(scene->source->state.error);
	assert_false(scene->source->state.gone);
}

/* The lab is set up before the first push. */
static void a_branch_that_is_not_there_yet_is_asked_for_as_usual(void **state)
{
	struct scene *scene = *state;

	server_answers(scene, "{\"ok\":false,\"reached\":true,\"error\":\"no branch main\"}\n");
	for (int i = 0; i < 4; i++)
		run(scene);
	assert_string_equal(scene->source->state.error, "no branch main");
	assert_in_range(scene->source->state.next - scene->source->state.answered, 26, 34);
}

/* Who waits for the end of a fetch does not wait for one that never begins. */
static void what_cannot_be_asked_has_come_to_an_end(void **state)
{
	struct scene *scene = *state;
	uint64_t answers;

	child_answers(scene, good(scene, NODE));
	run(scene);
	answers = scene->source->state.answers;
	assert_true(answers > 0);
	scene->git.password_file = "/nonexistent";
	source_hurry(scene->source);
	while (!scene->source->state.error)
		assert_true(sd_event_run(scene->event, UINT64_MAX) >= 0);
	assert_int_equal(scene->source->state.answers, answers + 1);
}

static void what_is_wrong_is_said_once_with_its_begin(void **state)
{
	_cleanup_(hc_registry_freep) struct hc_registry *registry = hc_registry_new();
	struct scene *scene = *state;
	const char *first;

	server_answers(scene, "{\"ok\":false,\"error\":\"the host is gone\"}\n");
	run(scene);
	first = hc_strdup(scene->arena, scene->source->state.error);
	assert_ptr_equal(strstr(first, "the host is gone (since 2"), first);
	assert_null(source_load(scene->source, registry));
	assert_int_equal(scene->changes, 1);
	run(scene);
	assert_string_equal(scene->source->state.error, first);
	assert_int_equal(scene->changes, 1);
	assert_in_range(scene->source->state.next - scene->source->state.answered, 53, 67);

	child_answers(scene, good(scene, NODE));
	run(scene);
	assert_null(scene->source->state.error);
	assert_in_range(scene->source->state.next - scene->source->state.answered, 26, 34);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_server_that_is_gone_is_asked_less_and_less),
		TEST(a_day_without_a_server_leaves_no_trace),
		TEST(a_branch_that_is_not_there_yet_is_asked_for_as_usual),
		TEST(what_cannot_be_asked_has_come_to_an_end),
		TEST(what_is_wrong_is_said_once_with_its_begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
