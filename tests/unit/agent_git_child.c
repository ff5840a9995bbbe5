/* SPDX-License-Identifier: Apache-2.0 */
/* How the agent gets on with a child that hangs, dies or talks nonsense, and what it tells one. */

#include "agent_git.h"

/* The file is there when it is whole. */
#define PID_IS(pid) "echo " pid " >pid.new; mv pid.new pid"

static void fails_with(struct scene *scene, const char *script, const char *why)
{
	child_is(scene, script);
	run(scene);
	assert_non_null(scene->source->state.error);
	if (!strstr(scene->source->state.error, why))
		fail_msg("'%s' is not about '%s'", scene->source->state.error, why);
}

static void a_child_that_fails_is_survived(void **state)
{
	struct scene *scene = *state;

	/* more than a pipe takes, and nobody reads it */
	scene->git.url = hc_alloc(scene->arena, 300000);
	memset((void *)(uintptr_t)scene->git.url, 'a', 299999);
	fails_with(scene, "exit 0", "no first line");
	fails_with(scene, "exec <&-; sleep 0.2; exit 3", "exit code 3");
	fails_with(scene, "echo oops >&2; exit 7", "exit code 7: oops");
	fails_with(scene, "kill -9 $$", "signal 9");
	fails_with(scene, "echo '{}'", "not believed");
	fails_with(scene, "head -c 1000000 /dev/zero >&2; echo '{}'", "not believed");
	assert_int_equal(remove(in(scene, "hcstate-git")), 0);
	source_hurry(scene->source);
	while (!strstr(scene->source->state.error, "cannot be run"))
		assert_true(sd_event_run(scene->event, 100000) >= 0);
}

static bool is_gone(const char *pid_file, struct hc_arena *arena)
{
	char *text;

	if (hc_file_read(arena, pid_file, 64, &text, NULL))
		return false;
	text[strcspn(text, "\n")] = '\0';
	return access(hc_printf(arena, "/proc/%s", text), F_OK) != 0;
}

/* Who ends it is not us, and whoever reaps it has no deadline. */
static void goes(struct scene *scene)
{
	uint64_t until = hc_now() + UINT64_C(20000000);

	while (!is_gone(in(scene, "pid"), scene->arena) && hc_now() < until)
		(void)usleep(1000);
	assert_true(is_gone(in(scene, "pid"), scene->arena));
}

static void a_child_that_hangs_is_ended_with_what_it_started(void **state)
{
	struct scene *scene = *state;

	scene->git.timeout = 1;
	/* on a busy machine its second may be over before it started anything */
	for (int i = 0; i < 20 && access(in(scene, "pid"), F_OK); i++)
		fails_with(scene, "sleep 1000 & " PID_IS("$!") "; wait", "longer than 1 s");
	goes(scene);
}

static void an_end_in_the_middle_leaves_no_child(void **state)
{
	struct scene *scene = *state;

	child_is(scene, PID_IS("$$") "; sleep 1000");
	scene->source = source_new(scene->event, &scene->config, scene->directory, changed, scene);
	while (access(in(scene, "pid"), F_OK))
		assert_true(sd_event_run(scene->event, 10000) >= 0);
	scene->source = source_free(scene->source);
	assert_true(is_gone(in(scene, "pid"), scene->arena));
}

static void secrets_are_read_anew_and_a_missing_one_is_named(void **state)
{
	struct scene *scene = *state;

	scene->git.username = "u";
	scene->git.password_file = in(scene, "password");
	assert_int_equal(hc_file_write(in(scene, "password"), 0600, "first\n", 6), 0);
	child_answers(scene, good(scene, NODE));
	run(scene);
	assert_non_null(strstr(request_of(scene, "fetch"), "\"password\":\"first\""));
	assert_int_equal(hc_file_write(in(scene, "password"), 0600, "second", 6), 0);
	run(scene);
	assert_non_null(strstr(request_of(scene, "fetch"), "\"password\":\"second\""));
	assert_int_equal(remove(in(scene, "password")), 0);
	source_hurry(scene->source);
	while (!scene->source->state.error)
		assert_true(sd_event_run(scene->event, 100000) >= 0);
	assert_non_null(strstr(scene->source->state.error, "password_file: cannot read"));
}

/* Who judges has the same user, and could be reached into. */
static void nothing_of_who_fetched_outlives_it(void **state)
{
	struct scene *scene = *state;

	children_answer(scene, FETCHED, good(scene, NODE));
	child_is(scene, "cat >/dev/null; sleep 1000 >&- 2>&- & " PID_IS("$!") "; cat fetch");
	run(scene);
	goes(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_child_that_fails_is_survived),
		TEST(a_child_that_hangs_is_ended_with_what_it_started),
		TEST(an_end_in_the_middle_leaves_no_child),
		TEST(secrets_are_read_anew_and_a_missing_one_is_named),
		TEST(nothing_of_who_fetched_outlives_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
