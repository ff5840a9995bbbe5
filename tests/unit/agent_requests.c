/* SPDX-License-Identifier: Apache-2.0 */
/* What can be asked over the agent's socket, and who waits for what. */

#include "agent_scene.h"

#include <errno.h>

static void a_status_is_of_a_look_that_began_after_it_was_asked_for(void **state)
{
	struct scene *scene = *state;
	struct heard heard;
	int fd;

	(void)toys_want(scene->toys, "a");
	adopt(scene);
	(void)look(scene);
	fd = ask(scene, "{\"do\":\"status\"}");
	assert_true(scene->agent.look); /* it was told to hurry */
	assert_true(requests_wait(scene->agent.requests));
	requests_looked(scene->agent.requests, false); /* of a look that was under way */
	assert_int_equal(hear(scene, fd).code, -1);
	hc_strings_add(scene->toys->arena, &scene->toys->there, "a");
	(void)look(scene);
	heard = hear(scene, fd);
	assert_int_equal(heard.code, 0);
	assert_string_equal(heard.out, "node n1, generation toys\nsource: path /m\n"
				       "Thing/a@n1  converged\n");
	assert_false(requests_wait(scene->agent.requests));
	assert_int_equal(scene->hurries, 0);
	(void)close(fd);
}

static void who_waits_too_long_gets_the_last_look_with_its_age(void **state)
{
	struct scene *scene = *state;
	struct heard heard;
	int fd;

	(void)toys_want(scene->toys, "a");
	adopt(scene);
	(void)look(scene);
	scene->agent.now->at -= 7;
	fd = ask(scene, "{\"do\":\"plan\",\"detailed_exitcode\":true}");
	assert_int_equal(scene->hurries, 1);
	while ((heard = hear(scene, fd)).code < 0 && !*heard.out)
		assert_true(sd_event_run(scene->agent.event, UINT64_C(5000000)) > 0);
	assert_int_equal(heard.code, 2);
	assert_true(has(heard.out, "+ Thing/a@n1"));
	assert_true(has(heard.err, "the agent is at work; this is what it saw "));
	assert_null(strstr(heard.err, "saw 0 s"));
	(void)close(fd);
}

static void status_says_what_is_refused_and_suspended(void **state)
{
	struct scene *scene = *state;
	struct hc_source source = {.path = "m.yaml", .text = "x\n", .size = 2};
	struct hc_diags *refused = &scene->agent.refused;
	struct json_object *root, *agent;
	struct heard heard;
	int fd;

	adopt(scene);
	refused->arena = scene->toys->arena;
	hc_say(refused, HC_ERROR, (struct hc_place){&source, 1, 1}, "x means nothing");
	scene->source.state.error = "it burns";
	assert_int_equal(
		asked(scene,
		      "{\"do\":\"suspend\",\"selector\":\"Thing/a*\",\"reason\":\"why not\"}")
			.code,
		0);
	fd = ask(scene, "{\"do\":\"status\"}");
	(void)look(scene);
	heard = hear(scene, fd);
	assert_true(has(heard.out, "source: error: it burns\n"));
	assert_true(has(heard.out, "refused: m.yaml:1: error: x means nothing\n"));
	assert_true(has(heard.out, "suspended: Thing/a* by root: why not\n"));
	(void)close(fd);
	fd = ask(scene, "{\"do\":\"status\",\"output\":\"json\"}");
	(void)look(scene);
	root = json_tokener_parse(hear(scene, fd).out);
	agent = member_object(root, "agent");
	assert_string_equal(member_text(member_object(agent, "source"), "kind"), "path");
	assert_int_equal(member_count(member_list(agent, "refused")), 1);
	assert_int_equal(member_count(member_list(agent, "suspended")), 1);
	assert_int_equal(member_count(member_list(root, "nodes")), 1);
	json_object_put(root);
	(void)close(fd);
	fd = ask(scene, "{\"do\":\"plan\"}");
	(void)look(scene);
	assert_int_equal(hear(scene, fd).code, 65);
	(void)close(fd);
	refused->errors = refused->n = 0;
}

static void a_plan_says_what_is_held_and_what_lets_it_through(void **state)
{
	struct scene *scene = *state;
	struct json_object *root, *change;
	struct heard heard;
	int fd;

	(void)toys_want(scene->toys, "held");
	(void)toys_want(scene->toys, "window");
	adopt(scene);
	fd = ask(scene, "{\"do\":\"plan\"}");
	(void)look(scene);
	heard = hear(scene, fd);
	assert_int_equal(heard.code, 0); /* held is not refused */
	assert_true(has(heard.out, "    held: because\n"));
	assert_true(has(heard.out, "0 to remove; 2 held.\n"));
	assert_true(has(heard.out, hc_printf(scene->toys->arena, "hcstate approve %s lets",
					     scene->agent.now->plan)));
	(void)close(fd);
	fd = ask(scene, "{\"do\":\"plan\",\"output\":\"json\"}");
	(void)look(scene);
	root = json_tokener_parse(hear(scene, fd).out);
	assert_string_equal(member_text(root, "id"), scene->agent.now->plan);
	change = json_object_array_get_idx(member_list(root, "changes"), 0);
	assert_string_equal(member_text(change, "hold"), "approval");
	json_object_put(root);
	(void)close(fd);
}

static void get_prints_what_is_there(void **state)
{
	struct scene *scene = *state;
	int fd;

	hc_strings_add(scene->toys->arena, &scene->toys->there, "a");
	adopt(scene);
	fd = ask(scene, "{\"do\":\"get\",\"args\":[\"Thing/a\"]}");
	(void)look(scene);
	assert_string_equal(hear(scene, fd).out, "Thing/a@n1  size 1\n");
	(void)close(fd);
	fd = ask(scene, "{\"do\":\"get\",\"args\":[\"Thing/b\"]}");
	(void)look(scene);
	assert_int_equal(hear(scene, fd).code, 1);
	(void)close(fd);
}

static void who_follows_events_hears_those_that_come(void **state)
{
	struct scene *scene = *state;
	const struct event event = {.what = EVENT_SAID, .result = "something"};
	int fd = ask(scene, "{\"do\":\"events\",\"follow\":true}");

	assert_int_equal(hear(scene, fd).events, 0);
	events_say(scene->agent.events, &event);
	assert_int_equal(hear(scene, fd).events, 1);
	assert_false(requests_wait(scene->agent.requests)); /* nothing waits for a look */
	(void)close(fd);
	pump(scene);
	events_say(scene->agent.events, &event);
}

static void a_reconcile_waits_for_the_fetch(void **state)
{
	struct scene *scene = *state;
	struct heard heard;
	uint64_t begun;
	int fd;

	adopt(scene);
	scene->source.state.kind = "git";
	fd = ask(scene, "{\"do\":\"reconcile\"}");
	assert_int_equal(scene->hurries, 1);
	(void)look(scene);
	(void)look(scene);
	assert_int_equal(hear(scene, fd).code, -1);
	scene->source.state.answers++; /* within the second of the one before */
	scene->source.state.error = "it burns";
	scene->agent.look = false;
	begun = hc_now();
	while (!scene->agent.look) /* it asks again every now and then */
		assert_true(sd_event_run(scene->agent.event, UINT64_C(5000000)) > 0);
	assert_in_range(hc_now() - begun, 0, 20000000);
	(void)look(scene);
	heard = hear(scene, fd);
	assert_int_equal(heard.code, 1);
	assert_true(has(heard.out, "n1, generation toys: converged\n"));
	assert_true(has(heard.err, "/m: it burns"));
	(void)close(fd);
}

static void without_good_manifests_there_is_nothing_to_answer_with(void **state)
{
	struct scene *scene = *state;
	struct heard heard;

	heard = asked(scene, "{\"do\":\"approve\",\"what\":\"Thing/a\"}");
	assert_int_equal(heard.code, 75);
	assert_int_equal(asked(scene, "{\"do\":\"apply\",\"approved\":[\"a/b\"]}").code, 75);
	scene->agent.refused.errors = 1;
	assert_int_equal(asked(scene, "{\"do\":\"approve\",\"what\":\"Thing/a\"}").code, 65);
}

static void who_goes_away_is_forgotten(void **state)
{
	struct scene *scene = *state;
	int fd;

	adopt(scene);
	fd = ask(scene, "{\"do\":\"apply\"}");
	assert_true(requests_wait(scene->agent.requests));
	(void)close(fd);
	pump(scene);
	assert_false(requests_wait(scene->agent.requests));
	(void)look(scene);
}

/* Lines until the end, and whether it came. */
static size_t lines_of(struct scene *scene, int fd, bool *ended)
{
	static char chunk[65536];
	size_t lines = 0;
	ssize_t n;

	while ((n = recv(fd, chunk, sizeof(chunk), 0)) > 0 || (n < 0 && errno == EAGAIN)) {
		for (ssize_t i = 0; i < n; i++)
			lines += chunk[i] == '\n';
		assert_true(sd_event_run(scene->agent.event, 0) >= 0);
	}
	*ended = n == 0;
	return lines;
}

static void a_history_of_any_length_is_told(void **state)
{
	enum { CYCLES = 120, SIZE = 60000 };
	struct scene *scene = *state;
	char *path = hc_printf(scene->toys->arena, "%s/history.jsonl", scene->toys->directory);
	char *text = hc_alloc(scene->toys->arena, SIZE);
	FILE *file = fopen(path, "we");
	bool ended;
	int fd;

	memset(text, 'x', SIZE - 1);
	assert_non_null(file);
	for (int i = 0; i < CYCLES; i++)
		assert_true(fprintf(file, "{\"text\":\"%d %s\"}\n", i, text) > 0);
	assert_int_equal(fclose(file), 0);
	scene->spec.history = CYCLES;
	events_configure(scene->agent.events, &scene->config);
	fd = ask(scene, "{\"do\":\"history\"}");
	assert_int_equal(lines_of(scene, fd, &ended), CYCLES + 1); /* and the exit code */
	assert_true(ended);
	(void)close(fd);
	/* who goes away in the middle of it leaves nothing behind */
	fd = ask(scene, "{\"do\":\"history\"}");
	(void)close(fd);
	pump(scene);
}

static void nonsense_is_refused_or_harmless(void **state)
{
	static const char *const bad[] = {
		"{}",
		"{\"do\":7}",
		"{\"do\":\"\"}",
		"{\"do\":\"status\",\"output\":\"html\"}",
		"{\"do\":\"approve\",\"what\":[]}",
		"{\"do\":\"approve\"}",
		"{\"do\":\"suspend\",\"selector\":\"\\u001b[31m\",\"until\":-1}",
		"{\"do\":\"resume\",\"selector\":\"\\u001b[31m\"}",
		"{\"do\":\"approve\",\"what\":\"\\u001b[31m\"}",
	};
	static const char *const odd[] = {
		"{\"do\":\"get\",\"args\":{\"a\":1},\"desired\":5,\"output\":null}",
		"{\"do\":\"plan\",\"cluster\":\"yes\",\"output\":\"yaml\"}",
		"{\"do\":\"status\",\"terminal\":[]}",
		"{\"do\":\"apply\",\"approved\":{\"x\":1},\"timeout_us\":-5}",
		"{\"do\":\"apply\",\"approved\":[[],7],\"timeout_us\":99999999999999999999}",
		"{\"do\":\"reconcile\",\"do\":\"reconcile\"}",
		"{\"do\":\"history\",\"n\":\"all\"}",
	};
	struct scene *scene = *state;

	adopt(scene);
	(void)look(scene);
	for (size_t i = 0; i < HC_COUNT(bad); i++) {
		struct heard heard = asked(scene, bad[i]);

		assert_true(heard.code > 0);
		assert_null(strchr(heard.err, '\x1b'));
	}
	for (size_t i = 0; i < HC_COUNT(odd); i++) {
		int fd = ask(scene, odd[i]);

		(void)look(scene);
		assert_int_equal(hear(scene, fd).code, 0);
		(void)close(fd);
	}
	assert_int_equal(scene->agent.approvals.n, 0);
	assert_int_equal(scene->agent.suspensions.n, 0);
}

static void an_agent_that_ends_says_so(void **state)
{
	struct scene *scene = *state;
	struct heard heard;
	int fd;

	adopt(scene);
	fd = ask(scene, "{\"do\":\"status\"}");
	scene->agent.requests = requests_free(scene->agent.requests);
	heard = hear(scene, fd);
	assert_int_equal(heard.code, 75);
	assert_true(has(heard.err, "the agent ends"));
	(void)close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_status_is_of_a_look_that_began_after_it_was_asked_for),
		CASE(who_waits_too_long_gets_the_last_look_with_its_age),
		CASE(status_says_what_is_refused_and_suspended),
		CASE(a_plan_says_what_is_held_and_what_lets_it_through),
		CASE(get_prints_what_is_there),
		CASE(who_follows_events_hears_those_that_come),
		CASE(a_reconcile_waits_for_the_fetch),
		CASE(without_good_manifests_there_is_nothing_to_answer_with),
		CASE(who_goes_away_is_forgotten),
		CASE(a_history_of_any_length_is_told),
		CASE(nonsense_is_refused_or_harmless),
		CASE(an_agent_that_ends_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
