/* SPDX-License-Identifier: Apache-2.0 */
/* Questions that nobody answers: what is said, and that nothing of them is left behind. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "providers/ceph/ceph.h"
#include "providers/ceph/connection.h"

struct scene {
	struct hc_call call;
	struct hc_set whole; /* without a CephCluster */
	struct ceph ceph;
};

static int begin(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct scene *scene = hc_new(arena, struct scene);

	scene->call = (struct hc_call){
		.arena = arena,
		.node = "pve1",
		.deadline = hc_now() + 1000000,
		.diags = {.arena = arena},
		.whole = &scene->whole,
	};
	scene->ceph.connection = connection_new();
	*state = scene;
	return 0;
}

static int end(void **state)
{
	struct scene *scene = *state;

	scene->ceph.connection = connection_free(scene->ceph.connection);
	hc_arena_free(scene->call.arena);
	return 0;
}

static void a_question_that_nobody_answers_is_given_back(void **state)
{
	struct scene *scene = *state;
	struct ask question = {.command = command("status", NULL), .quiet = true};

	assert_int_equal(ask(&scene->call, scene->ceph.connection, &question), -ENOENT);
	assert_null(question.command);
	assert_null(question.json);
	assert_string_equal(scene->call.diags.v[0].text, "the manifests have no CephCluster");
	ask_done(&question); /* also harmless */
}

static void the_manager_s_question_too(void **state)
{
	struct scene *scene = *state;
	struct ask question = {.command = command("osd df", NULL), .manager = true};

	connection_manager_failed(scene->ceph.connection);
	assert_int_equal(ask(&scene->call, scene->ceph.connection, &question), -ENOTCONN);
	assert_null(question.command);
}

static void without_time_nothing_is_asked(void **state)
{
	struct scene *scene = *state;
	struct ask question = {.command = command("status", NULL)};

	scene->call.deadline = hc_now();
	assert_int_equal(ask(&scene->call, scene->ceph.connection, &question), -ENOTCONN);
	assert_null(question.command);
}

static void what_is_needed_is_waited_for(void **state)
{
	struct scene *scene = *state;
	struct facts facts;

	facts_read(&scene->call, &scene->ceph, &facts);
	assert_string_equal(facts.why, "the manifests have no CephCluster");
	assert_string_equal(facts.fsid, "");
	assert_int_equal(scene->call.diags.n, 0);
	assert_int_equal(facts_need(&scene->call, &scene->ceph, &facts), -EAGAIN);
	assert_string_equal(scene->call.diags.v[0].text, "the manifests have no CephCluster");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_question_that_nobody_answers_is_given_back, begin,
						end),
		cmocka_unit_test_setup_teardown(the_manager_s_question_too, begin, end),
		cmocka_unit_test_setup_teardown(without_time_nothing_is_asked, begin, end),
		cmocka_unit_test_setup_teardown(what_is_needed_is_waited_for, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
