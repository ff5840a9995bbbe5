/* SPDX-License-Identifier: Apache-2.0 */
/* What is believed of an answer of hcstate-git, what is shown of a URL, and what is remembered. */

#include "agent_git.h"

static int read_answer(struct scene *scene, const char *text, struct git_answer *answer,
		       const char **why)
{
	size_t size = strlen(text);
	char *copy = malloc(size + !size); /* not more than there is: a step too far is seen */
	int r;

	assert_non_null(copy);
	memcpy(copy, text, size); /* NOLINT(bugprone-not-null-terminated-result): none is wanted */
	r = git_answer_read(scene->arena, copy, size, answer, why);
	free(copy);
	return r;
}

static void an_answer_is_read(void **state)
{
	struct scene *scene = *state;
	struct git_answer answer;
	const char *why;

	assert_int_equal(read_answer(scene, good(scene, NODE), &answer, &why), 0);
	assert_true(answer.ok && answer.verified && !answer.same && !answer.refused);
	assert_string_equal(answer.tip->id, ID1);
	assert_string_equal(answer.tip->signer, "x@y");
	assert_int_equal(answer.tip->when, 5);
	assert_int_equal(answer.n, 1);
	assert_string_equal(answer.sources[0]->path, "cluster/a.yaml");
	assert_string_equal(answer.sources[0]->text, NODE);
	assert_int_equal(answer.sources[0]->nhunk, 2);
	assert_string_equal(answer.sources[0]->hunk[0].commit->id, ID2);
}

#define FILES(v) HEAD COMMITS ",\"files\":[" v "]}\n"
#define FILE_AT(path) FILES("{\"path\":\"" path "\",\"size\":0}")
#define HUNKS(v) FILES("{\"path\":\"a.yaml\",\"size\":0,\"hunks\":" v "}")

static void a_hostile_answer_is_not_believed(void **state)
{
	static const char *const bad[] = {
		"",
		"{}",
		"\n",
		"[]\n",
		"{}\n",
		"{\"ok\":true}\n",
		"{\"ok\":false}\n",
		"{\"ok\":true,\"same\":true,\"commits\":[]}\n",
		HEAD "\"commits\":[{\"id\":\"12\"}],\"same\":true}\n",
		HEAD "\"commits\":[{}],\"same\":true}\n",
		HEAD COMMITS ",\"error\":\"x\",\"same\":true}\n",
		HEAD COMMITS ",\"refused\":true,\"same\":true}\n",
		FILES(""),
		FILE_AT("/etc/a.yaml"),
		FILE_AT("../a.yaml"),
		FILE_AT("x/../a.yaml"),
		FILE_AT("x//a.yaml"),
		FILE_AT(".a.yaml"),
		FILE_AT(".git/a.yaml"),
		FILE_AT("a\\n.yaml"),
		FILE_AT("a\\u0000.yaml"),
		FILE_AT("a.txt"),
		FILE_AT("a.yaml/"),
		FILE_AT(""),
		FILES("{\"size\":0}"),
		FILES("{\"path\":7,\"size\":0}"),
		FILES("{\"path\":\"a.yaml\"}"),
		FILES("{\"path\":\"a.yaml\",\"size\":1}"),
		FILES("{\"path\":\"a.yaml\",\"size\":-1}"),
		FILES("{\"path\":\"a.yaml\",\"size\":9223372036854775807}"),
		FILES("{\"path\":\"a.yaml\",\"size\":0}") "x",
		FILES("{\"path\":\"a.yaml\",\"size\":0},{\"path\":\"a.yaml\",\"size\":0}"),
		FILES("{\"path\":\"b.yaml\",\"size\":0},{\"path\":\"a.yaml\",\"size\":0}"),
		HUNKS("[[0,1,0]]"),
		HUNKS("[[1,0,0]]"),
		HUNKS("[[1,1,2]]"),
		HUNKS("[[1,1,-1]]"),
		HUNKS("[[1,1]]"),
		HUNKS("[7]"),
		HUNKS("[[1,4294967296,0]]"),
		HUNKS("[[5,4294967295,0],[6,1,0]]"),
	};
	struct scene *scene = *state;
	struct git_answer answer;
	const char *why;

	/* The same with nothing wrong in it. */
	assert_int_equal(read_answer(scene, FILE_AT("a.yaml"), &answer, &why), 0);
	assert_int_equal(read_answer(scene, HUNKS("[[5,4294967295,1]]"), &answer, &why), 0);
	assert_int_equal(read_answer(scene, HEAD COMMITS ",\"same\":true}\n", &answer, &why), 0);
	for (size_t i = 0; i < HC_COUNT(bad); i++)
		if (!read_answer(scene, bad[i], &answer, &why))
			fail_msg("believed: %s", bad[i]);
}

static void an_error_does_not_command_the_terminal(void **state)
{
	struct scene *scene = *state;
	struct git_answer answer;
	const char *why;

	assert_int_equal(read_answer(scene, "{\"ok\":false,\"error\":\"a\\u001b[2Jb\"}\n", &answer,
				     &why),
			 0);
	assert_string_equal(answer.error, "a?[2Jb");
}

static void a_password_is_not_shown(void **state)
{
	struct scene *scene = *state;

	assert_string_equal(git_url_shown(scene->arena, scene->git.url), "https://u@host/r.git");
	assert_string_equal(git_url_shown(scene->arena, "ssh://git@h:22/a@b:c"),
			    "ssh://git@h:22/a@b:c");
	assert_string_equal(git_url_shown(scene->arena, "git@h:x"), "git@h:x");
	assert_string_equal(git_url_shown(scene->arena, "/srv/a.git"), "/srv/a.git");
}

static void the_newest_commit_outlives_a_restart(void **state)
{
	struct scene *scene = *state;
	struct git_known known = {0};
	char *text;
	struct stat before, after;

	assert_int_equal(git_known_write(scene->directory, &scene->git, &known, ID1), 0);
	assert_int_equal(stat(in(scene, "git.json"), &before), 0);
	assert_int_equal(git_known_write(scene->directory, &scene->git, &known, ID1), 0);
	assert_int_equal(stat(in(scene, "git.json"), &after), 0);
	assert_int_equal(before.st_ino, after.st_ino); /* nothing new: not written */
	git_known_read(scene->directory, &scene->git, &known);
	assert_string_equal(known.commit, ID1);
	assert_string_equal(git_known_path(scene->arena, scene->directory), "cluster");
	assert_int_equal(hc_file_read(scene->arena, in(scene, "git.json"), 4096, &text, NULL), 0);
	assert_null(strstr(text, "secret"));

	scene->git.branch = "other";
	git_known_read(scene->directory, &scene->git, &known);
	assert_string_equal(known.commit, "");
	scene->git.branch = "main"; /* as when none is said */
	git_known_read(scene->directory, &scene->git, &known);
	assert_string_equal(known.commit, ID1);
	scene->git.url = "https://elsewhere/r.git";
	git_known_read(scene->directory, &scene->git, &known);
	assert_string_equal(known.commit, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_answer_is_read),
		TEST(a_hostile_answer_is_not_believed),
		TEST(an_error_does_not_command_the_terminal),
		TEST(a_password_is_not_shown),
		TEST(the_newest_commit_outlives_a_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
