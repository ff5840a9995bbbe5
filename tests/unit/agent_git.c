/* SPDX-License-Identifier: Apache-2.0 */
/* Commits that are fetched, judged, taken, refused. */

#include "agent_git.h"

static void a_commit_is_taken_once_and_loaded_as_often_as_wanted(void **state)
{
	_cleanup_(hc_registry_freep) struct hc_registry *registry = hc_registry_new();
	struct scene *scene = *state;
	const char *request;

	child_answers(scene, good(scene, NODE));
	run(scene);
	assert_null(scene->source->state.error);
	assert_string_equal(scene->source->state.tip, ID1);
	assert_int_equal(scene->changes, 1);
	for (int i = 0; i < 2; i++) {
		_cleanup_(hc_generation_freep) struct hc_generation *generation =
			source_load(scene->source, registry);

		assert_non_null(generation);
		assert_int_equal(generation->diags.errors, 0);
		assert_string_equal(generation->id, ID1);
		assert_string_equal(generation->commit->subject, "S");
		assert_string_equal(hc_place_text(scene->arena, generation->desired.v[0]->place),
				    "cluster/a.yaml:3 (commit 111111111111)");
	}
	request = request_of(scene, "check");
	assert_null(strstr(request, "loaded"));

	child_answers(scene, HEAD COMMITS ",\"same\":true}\n");
	run(scene);
	assert_int_equal(scene->changes, 1);
	request = request_of(scene, "check");
	assert_non_null(strstr(request, "\"loaded\":\"" ID1 "\""));
	assert_non_null(strstr(request, "\"known\":\"" ID1 "\""));
}

/* A broken manifest is the agent's to refuse; the branch has moved on all the same. */
static void a_broken_manifest_is_loaded_with_its_commit(void **state)
{
	_cleanup_(hc_registry_freep) struct hc_registry *registry = hc_registry_new();
	_cleanup_(hc_generation_freep) struct hc_generation *generation = NULL;
	struct scene *scene = *state;
	struct git_known known;

	child_answers(scene, good(scene, "kind: [}\n"));
	run(scene);
	generation = source_load(scene->source, registry);
	assert_non_null(generation);
	assert_int_not_equal(generation->diags.errors, 0);
	assert_non_null(strstr(hc_place_text(scene->arena, generation->diags.v[0].place),
			       ":1 (commit 222222222222)"));
	git_known_read(scene->directory, &scene->git, &known);
	assert_string_equal(known.commit, ID1);
}

static void a_refused_tip_is_not_known(void **state)
{
	struct scene *scene = *state;
	struct git_known known;

	child_answers(scene, "{\"ok\":false,\"verified\":false,\"refused\":true,\"reached\":true,"
			     "\"error\":\"commit 1111 is not signed\"," COMMITS "}\n");
	run(scene);
	assert_string_equal(scene->source->state.error, "commit 1111 is not signed");
	assert_string_equal(scene->source->state.tip, ID1);
	git_known_read(scene->directory, &scene->git, &known);
	assert_string_equal(known.commit, "");
	/* the mended one is not waited for longer than usual */
	assert_in_range(scene->source->state.next - scene->source->state.answered, 26, 34);
}

/* One that fetched may have been taken over by what it fetched. */
static void who_fetched_has_no_say_in_what_is_good(void **state)
{
	struct scene *scene = *state;
	struct git_known known;

	/* it says that all is well, and gives files of its own */
	children_answer(scene, good(scene, NODE),
			"{\"ok\":false,\"verified\":false,\"refused\":true,\"error\":\"it is not "
			"signed\"," COMMITS "}\n");
	run(scene);
	assert_string_equal(children(scene), "fetch check ");
	assert_string_equal(scene->source->state.error, "it is not signed");
	assert_null(source_load(scene->source, &(struct hc_registry){0}));
	git_known_read(scene->directory, &scene->git, &known);
	assert_string_equal(known.commit, "");
	/* and who judges gets no secret, and judges what was fetched */
	assert_null(strstr(request_of(scene, "check"), "secret"));
	assert_non_null(strstr(request_of(scene, "check"), "\"fetched\":\"" ID1 "\""));
	assert_null(strstr(request_of(scene, "fetch"), "known"));
	file_says(scene, "check", HEAD "\"same\":true,\"commits\":[{\"id\":\"" ID2 "\"}]}\n");
	run(scene);
	assert_non_null(strstr(scene->source->state.error, "judged another commit"));
}

/* As long as it is the same, and the same may sign: idle is cheap. */
static void what_was_judged_is_not_judged_again(void **state)
{
	struct scene *scene = *state;

	scene->git.allowed_signers = in(scene, "signers");
	file_says(scene, "signers", "one");
	child_answers(scene, good(scene, NODE));
	run(scene);
	file_says(scene, "check", HEAD COMMITS ",\"same\":true}\n");
	run(scene);
	assert_string_equal(children(scene), "fetch check fetch check ");
	for (int i = 0; i < 3; i++)
		run(scene);
	assert_string_equal(children(scene), "fetch fetch fetch ");
	file_says(scene, "signers", "two");
	file_says(scene, "check",
		  "{\"ok\":false,\"refused\":true,\"error\":\"not any more\"," COMMITS "}\n");
	run(scene);
	run(scene);
	assert_string_equal(children(scene), "fetch check fetch check ");
	assert_string_equal(scene->source->state.error, "not any more");
}

/* Without a pause, and once. */
static void a_broken_mirror_is_fetched_anew_at_once(void **state)
{
	struct scene *scene = *state;

	child_answers(scene, "{\"ok\":false,\"broken\":true,\"error\":\"half of it is gone\"}\n");
	run(scene);
	assert_string_equal(children(scene), "fetch check fetch check ");
	assert_string_equal(scene->source->state.error, "half of it is gone");
	file_says(scene, "check", good(scene, NODE));
	run(scene);
	assert_null(scene->source->state.error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_commit_is_taken_once_and_loaded_as_often_as_wanted),
		TEST(a_broken_manifest_is_loaded_with_its_commit),
		TEST(a_refused_tip_is_not_known),
		TEST(who_fetched_has_no_say_in_what_is_good),
		TEST(what_was_judged_is_not_judged_again),
		TEST(a_broken_mirror_is_fetched_anew_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
