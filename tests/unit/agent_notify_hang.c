/* SPDX-License-Identifier: Apache-2.0 */
/* Webhooks that hang: nobody else waits for them, nor does the end. */

#include "agent_notify.h"

static void one_that_hangs_keeps_no_other_waiting(void **state)
{
	struct scene *scene = *state;

	scene->server.answer = hang_first;
	scene->config.nwebhook = 2;
	start(scene);
	post(scene, "drift", 1);
	post(scene, "drift", 2);
	wait_for(&scene->server.arrived, 1);
	wait_for(&scene->other.arrived, 2);
	assert_string_equal(body(&scene->other, 1), "{\"n\":2}");
	assert_int_equal(scene->server.asked, 1);
	(void)sem_post(&scene->server.let_go);
}

static void one_that_hangs_is_tried_again_after_a_while(void **state)
{
	struct scene *scene = *state;

	scene->server.answer = hang_first;
	scene->pace.transfer = 50 * MS;
	start(scene);
	post(scene, "drift", 1);
	wait_for(&scene->complained, 1);
	assert_true(complains(scene, "timed out"));
	(void)sem_post(&scene->server.let_go);
	wait_for(&scene->server.arrived, 2);
	assert_string_equal(body(&scene->server, 1), "{\"n\":1}");
}

static void the_end_breaks_off_what_hangs(void **state)
{
	struct scene *scene = *state;
	uint64_t began;

	scene->server.answer = hang_first;
	scene->pace.flush = 10 * MS;
	start(scene);
	post(scene, "drift", 1);
	post(scene, "drift", 2);
	wait_for(&scene->server.arrived, 1);
	began = hc_now();
	stop(scene);
	assert_true(hc_now() - began < 8 * S);
	(void)sem_post(&scene->server.let_go);
	wait_for(&scene->server.left, 1);
	assert_int_equal(complaints(scene), 0);
	assert_int_equal(scene->server.asked, 1);
}

static void the_end_does_not_wait_for_what_hangs_for_good(void **state)
{
	struct scene *scene = *state;
	uint64_t began;

	scene->server.answer = hang_first;
	scene->pace.flush = scene->pace.stop = 10 * MS;
	scene->config.nwebhook = 2;
	start(scene);
	post(scene, "drift", 1);
	wait_for(&scene->server.arrived, 1);
	began = hc_now();
	stop(scene);
	assert_true(hc_now() - began < 900 * MS); /* curl looks up once a second */
	(void)sem_post(&scene->server.let_go);
	wait_for(&scene->server.left, 1);
	assert_int_equal(complaints(scene), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_that_hangs_keeps_no_other_waiting),
		TEST(one_that_hangs_is_tried_again_after_a_while),
		TEST(the_end_breaks_off_what_hangs),
		TEST(the_end_does_not_wait_for_what_hangs_for_good),
	};

	(void)alarm(120); /* a test that waits for what never comes */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
