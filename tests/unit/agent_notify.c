/* SPDX-License-Identifier: Apache-2.0 */
/* Webhooks: what is told, to whom, and when it is tried again. */

#include "agent_notify.h"

static void an_event_is_posted_as_json(void **state)
{
	struct scene *scene = *state;

	start(scene);
	post(scene, "drift", 7);
	wait_for(&scene->server.arrived, 1);
	assert_int_equal(strncmp(scene->server.requests[0], "POST /secret-path HTTP/1.1\r\n", 28),
			 0);
	assert_non_null(
		strstr(scene->server.requests[0], "\r\nContent-Type: application/json\r\n"));
	assert_non_null(strstr(scene->server.requests[0], "\r\nUser-Agent: hcstate/"));
	assert_string_equal(body(&scene->server, 0), "{\"n\":7}");
	stop(scene);
	assert_int_equal(scene->server.asked, 1);
	assert_int_equal(complaints(scene), 0);
}

static void what_was_posted_goes_before_the_end(void **state)
{
	struct scene *scene = *state;

	start(scene);
	for (int i = 0; i < 20; i++)
		post(scene, "drift", i);
	stop(scene);
	assert_int_equal(scene->server.asked, 20);
	assert_string_equal(body(&scene->server, 19), "{\"n\":19}");
}

static const char *take_sixth(const struct server *server, const char *request)
{
	static const char *const answers[] = {
		NO("500"), hang_up, NO("503"), NO("429"), NO("408"),
	};

	(void)request;
	return server->asked < HC_COUNT(answers) ? answers[server->asked] : OK;
}

static void what_fails_is_tried_again_and_order_is_kept(void **state)
{
	struct scene *scene = *state;

	scene->server.answer = take_sixth;
	start(scene);
	post(scene, "drift", 1);
	post(scene, "drift", 2);
	wait_for(&scene->server.arrived, 7);
	for (size_t i = 0; i < 6; i++)
		assert_string_equal(body(&scene->server, i), "{\"n\":1}");
	assert_string_equal(body(&scene->server, 6), "{\"n\":2}");
	stop(scene);
	assert_int_equal(scene->server.asked, 7);
	assert_int_equal(complaints(scene), 5);
	assert_string_equal(scene->complaint, "webhook chat cannot be told, and is tried again: it "
					      "answers 408");
}

static const char *take_twelfth(const struct server *server, const char *request)
{
	(void)request;
	return server->asked < 11 ? NO("502") : OK;
}

static void pauses_double_up_to_a_longest(void **state)
{
	struct scene *scene = *state;
	const uint64_t *at = scene->server.at;

	scene->server.answer = take_twelfth;
	scene->pace.first = 20 * MS;
	scene->pace.longest = 80 * MS;
	start(scene);
	post(scene, "drift", 1);
	wait_for(&scene->server.arrived, 12);
	assert_true(at[1] - at[0] >= 20 * MS);
	assert_true(at[2] - at[1] >= 40 * MS);
	assert_true(at[3] - at[2] >= 80 * MS);
	assert_true(at[11] - at[0] >= 780 * MS);
	assert_true(at[11] - at[0] < 10 * S); /* without a longest: 40 s */
}

static const char *take_second_later(const struct server *server, const char *request)
{
	(void)request;
	return server->asked ? OK
			     : "HTTP/1.1 429 No\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n";
}

static void who_wants_to_be_left_alone_is_for_a_while(void **state)
{
	struct scene *scene = *state;

	scene->server.answer = take_second_later;
	scene->pace.longest = 200 * MS;
	start(scene);
	post(scene, "drift", 1);
	wait_for(&scene->server.arrived, 2);
	assert_true(scene->server.at[1] - scene->server.at[0] >= 200 * MS);
}

static const char *refuse_first(const struct server *server, const char *request)
{
	(void)request;
	return server->asked ? OK : NO("404");
}

static void what_is_refused_is_dropped_and_said_with_the_next(void **state)
{
	struct scene *scene = *state;

	scene->server.answer = refuse_first;
	start(scene);
	post(scene, "drift", 1);
	post(scene, "drift", 2);
	post(scene, "drift", 3);
	wait_for(&scene->server.arrived, 3);
	assert_string_equal(body(&scene->server, 1), "{\"n\":2,\"dropped\":1}");
	assert_string_equal(body(&scene->server, 2), "{\"n\":3}");
	assert_int_equal(complaints(scene), 1);
	assert_string_equal(
		scene->complaint,
		"webhook chat does not take an event, which is dropped: it answers 404");
}

static const char *send_away(const struct server *server, const char *request)
{
	(void)request;
	return server->asked ? OK
			     : "HTTP/1.1 307 Away\r\nLocation: /else\r\nContent-Length: 0\r\n\r\n";
}

static void nobody_is_sent_elsewhere(void **state)
{
	struct scene *scene = *state;

	scene->server.answer = send_away;
	start(scene);
	post(scene, "drift", 1);
	post(scene, "drift", 2);
	wait_for(&scene->server.arrived, 2);
	assert_null(strstr(scene->server.requests[1], "/else"));
	assert_string_equal(body(&scene->server, 1), "{\"n\":2,\"dropped\":1}");
	assert_true(complains(scene, "it answers 307, and redirects are not followed"));
}

static const char *take_others(const struct server *server, const char *request)
{
	(void)server;
	return strstr(request, "{\"n\":1}") ? NO("500") : OK;
}

static void what_is_too_old_is_given_up(void **state)
{
	struct scene *scene = *state;

	scene->server.answer = take_others;
	scene->pace.patience = 50 * MS;
	start(scene);
	post(scene, "drift", 1);
	while (!complains(scene, "was not told of an event: it was tried for too long"))
		wait_for(&scene->complained, 1);
	post(scene, "drift", 2);
	stop(scene);
	assert_string_equal(body(&scene->server, scene->server.asked - 1),
			    "{\"n\":2,\"dropped\":1}");
}

static void complaints_are_rare(void **state)
{
	struct scene *scene = *state;

	scene->server.answer = take_sixth;
	scene->pace.complain = 300 * S;
	start(scene);
	post(scene, "drift", 1);
	wait_for(&scene->server.arrived, 6);
	stop(scene);
	assert_int_equal(complaints(scene), 1);
	assert_false(complains(scene, "secret-path"));
}

static void nobody_at_home_is_a_reason_to_try_again(void **state)
{
	struct scene *scene = *state;

	scene->hooks[0].url = "http://127.0.0.1:1/secret-path";
	start(scene);
	post(scene, "drift", 1);
	wait_for(&scene->complained, 3);
	assert_true(complains(scene, "is tried again: Failed to connect"));
	assert_false(complains(scene, "secret-path"));
	scene->pace.flush = 0;
}

static void of_too_many_the_oldest_are_dropped(void **state)
{
	struct scene *scene = *state;

	scene->server.answer = hang_first;
	start(scene);
	post(scene, "drift", 1);
	wait_for(&scene->server.arrived, 1);
	for (int i = 2; i <= 300; i++)
		post(scene, "drift", i);
	(void)sem_post(&scene->server.let_go);
	wait_for(&scene->server.arrived, 256);
	assert_string_equal(body(&scene->server, 1), "{\"n\":45,\"dropped\":43}");
	assert_string_equal(body(&scene->server, 2), "{\"n\":46}");
	assert_string_equal(body(&scene->server, 256), "{\"n\":300}");
	stop(scene);
	assert_int_equal(scene->server.asked, 257);
}

static void the_end_does_not_wait_for_a_next_try(void **state)
{
	struct scene *scene = *state;

	scene->server.answer = take_second_later;
	scene->pace.longest = scene->pace.flush = 60 * S;
	start(scene);
	post(scene, "drift", 1);
	wait_for(&scene->complained, 1);
	stop(scene);
	assert_int_equal(scene->server.asked, 1);
}

static void each_is_told_what_it_wants(void **state)
{
	struct scene *scene = *state;

	hc_strings_add(scene->arena, &scene->hooks[0].events, "failed");
	scene->config.nwebhook = 2;
	start(scene);
	post(scene, "drift", 1);
	post(scene, "failed", 2);
	stop(scene);
	assert_int_equal(scene->server.asked, 1);
	assert_string_equal(body(&scene->server, 0), "{\"n\":2}");
	assert_int_equal(scene->other.asked, 2);
}

static void without_webhooks_there_is_nothing_to_do(void **state)
{
	struct scene *scene = *state;

	scene->config.nwebhook = 0;
	start(scene);
	post(scene, "drift", 1);
	stop(scene);
	assert_int_equal(scene->server.asked, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_event_is_posted_as_json),
		TEST(what_was_posted_goes_before_the_end),
		TEST(what_fails_is_tried_again_and_order_is_kept),
		TEST(pauses_double_up_to_a_longest),
		TEST(who_wants_to_be_left_alone_is_for_a_while),
		TEST(what_is_refused_is_dropped_and_said_with_the_next),
		TEST(nobody_is_sent_elsewhere),
		TEST(what_is_too_old_is_given_up),
		TEST(complaints_are_rare),
		TEST(nobody_at_home_is_a_reason_to_try_again),
		TEST(of_too_many_the_oldest_are_dropped),
		TEST(the_end_does_not_wait_for_a_next_try),
		TEST(each_is_told_what_it_wants),
		TEST(without_webhooks_there_is_nothing_to_do),
	};

	(void)alarm(120); /* a test that waits for what never comes */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
