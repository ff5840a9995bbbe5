/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's side of git: what it believes of an answer, how often it asks, what it remembers, and
 * how it gets on with a child that hangs, dies or talks nonsense. The child is a script of the
 * test.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include <hcstate/file.h>
#include <reconciler/agent/source.h>
#include <reconciler/agent/source_git.h>

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

#define ID1 "1111111111111111111111111111111111111111"
#define ID2 "2222222222222222222222222222222222222222"
#define COMMITS                                                                                    \
	"\"commits\":[{\"id\":\"" ID1 "\",\"author\":\"A\",\"subject\":\"S\",\"when\":5,"          \
	"\"signer\":\"x@y\"},{\"id\":\"" ID2 "\"}]"
#define NODE                                                                                       \
	"apiVersion: hcstate/v1\nkind: Node\nmetadata: {name: n1}\nspec: {id: 1, links: {link0: "  \
	"10.0.0.1}}\n"

struct scene {
	struct hc_arena *arena;
	char directory[32];
	sd_event *event;
	struct hc_agent_git git;
	struct agent_config config;
	struct source *source;
	unsigned changes;
};

static int begin(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct scene *scene = hc_new(arena, struct scene);

	scene->arena = arena;
	strcpy(scene->directory, "/tmp/agent-git-XXXXXX");
	if (!mkdtemp(scene->directory) || sd_event_new(&scene->event) < 0 ||
	    setenv("HCSTATE_LIBEXEC", scene->directory, 1))
		return -1;
	scene->git = (struct hc_agent_git){
		.url = "https://u:secret@host/r.git",
		.path = "cluster",
		.interval = 30,
		.timeout = 20,
	};
	scene->config = (struct agent_config){.git = &scene->git};
	*state = scene;
	return 0;
}

static int end(void **state)
{
	struct scene *scene = *state;

	(void)source_free(scene->source);
	(void)sd_event_unref(scene->event);
	(void)hc_file_clear(scene->directory);
	(void)hc_arena_free(scene->arena);
	return 0;
}

static void changed(void *arg)
{
	((struct scene *)arg)->changes++;
}

static char *in(struct scene *scene, const char *name)
{
	return hc_printf(scene->arena, "%s/%s", scene->directory, name);
}

/* What the child does, as a shell script. */
static void child_is(struct scene *scene, const char *script)
{
	const char *text =
		hc_printf(scene->arena, "#!/bin/sh\ncd %s\n%s\n", scene->directory, script);

	assert_int_equal(hc_file_write(in(scene, "hcstate-git"), 0755, text, strlen(text)), 0);
}

static void child_answers(struct scene *scene, const char *answer)
{
	assert_int_equal(hc_file_write(in(scene, "answer"), 0644, answer, strlen(answer)), 0);
	child_is(scene, "cat >request; cat answer");
}

/* Until a fetch has come to an end. */
static void run(struct scene *scene)
{
	uint64_t until = hc_now() + UINT64_C(10000000);

	if (!scene->source)
		scene->source =
			source_new(scene->event, &scene->config, scene->directory, changed, scene);
	else
		source_hurry(scene->source);
	scene->source->state.answered = 0;
	while (!scene->source->state.answered && hc_now() < until)
		assert_true(sd_event_run(scene->event, 100000) >= 0);
	assert_true(scene->source->state.answered);
}

static const char *good(struct scene *scene, const char *text)
{
	return hc_printf(scene->arena,
			 "{\"ok\":true,\"same\":false,\"verified\":true,\"refused\":false,"
			 "\"error\":null," COMMITS ",\"files\":[{\"path\":\"cluster/a.yaml\","
			 "\"size\":%zu,\"hunks\":[[1,2,1],[3,2,0]]}]}\n%s",
			 strlen(text), text);
}

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

#define HEAD "{\"ok\":true,\"verified\":true,"
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

static void a_commit_is_taken_once_and_loaded_as_often_as_wanted(void **state)
{
	_cleanup_(hc_registry_freep) struct hc_registry *registry = hc_registry_new();
	struct scene *scene = *state;
	char *request;

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
	assert_int_equal(hc_file_read(scene->arena, in(scene, "request"), 65536, &request, NULL),
			 0);
	assert_null(strstr(request, "loaded"));

	child_answers(scene, HEAD COMMITS ",\"same\":true}\n");
	run(scene);
	assert_int_equal(scene->changes, 1);
	assert_int_equal(hc_file_read(scene->arena, in(scene, "request"), 65536, &request, NULL),
			 0);
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

/* The lab is set up before the first push. */
static void a_branch_that_is_not_there_yet_is_asked_for_as_usual(void **state)
{
	struct scene *scene = *state;

	child_answers(scene, "{\"ok\":false,\"reached\":true,\"error\":\"no branch main\"}\n");
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

	child_answers(scene, "{\"ok\":false,\"error\":\"the host is gone\"}\n");
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

static void a_child_that_hangs_is_ended_with_what_it_started(void **state)
{
	struct scene *scene = *state;
	uint64_t until;

	scene->git.timeout = 1;
	fails_with(scene, "sleep 1000 & echo $! >pid; wait", "longer than 1 s");
	until = hc_now() + 2000000;
	while (!is_gone(in(scene, "pid"), scene->arena) && hc_now() < until)
		(void)usleep(1000);
	assert_true(is_gone(in(scene, "pid"), scene->arena));
}

static void an_end_in_the_middle_leaves_no_child(void **state)
{
	struct scene *scene = *state;

	child_is(scene, "echo $$ >pid; sleep 1000");
	scene->source = source_new(scene->event, &scene->config, scene->directory, changed, scene);
	while (access(in(scene, "pid"), F_OK))
		assert_true(sd_event_run(scene->event, 10000) >= 0);
	scene->source = source_free(scene->source);
	assert_true(is_gone(in(scene, "pid"), scene->arena));
}

static void secrets_are_read_anew_and_a_missing_one_is_named(void **state)
{
	struct scene *scene = *state;
	char *request;

	scene->git.username = "u";
	scene->git.password_file = in(scene, "password");
	assert_int_equal(hc_file_write(in(scene, "password"), 0600, "first\n", 6), 0);
	child_answers(scene, good(scene, NODE));
	run(scene);
	assert_int_equal(hc_file_read(scene->arena, in(scene, "request"), 65536, &request, NULL),
			 0);
	assert_non_null(strstr(request, "\"password\":\"first\""));
	assert_int_equal(hc_file_write(in(scene, "password"), 0600, "second", 6), 0);
	run(scene);
	assert_int_equal(hc_file_read(scene->arena, in(scene, "request"), 65536, &request, NULL),
			 0);
	assert_non_null(strstr(request, "\"password\":\"second\""));
	assert_int_equal(remove(in(scene, "password")), 0);
	source_hurry(scene->source);
	while (!scene->source->state.error)
		assert_true(sd_event_run(scene->event, 100000) >= 0);
	assert_non_null(strstr(scene->source->state.error, "password_file: cannot read"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_answer_is_read),
		TEST(a_hostile_answer_is_not_believed),
		TEST(an_error_does_not_command_the_terminal),
		TEST(a_server_that_is_gone_is_asked_less_and_less),
		TEST(a_password_is_not_shown),
		TEST(the_newest_commit_outlives_a_restart),
		TEST(a_commit_is_taken_once_and_loaded_as_often_as_wanted),
		TEST(a_broken_manifest_is_loaded_with_its_commit),
		TEST(a_refused_tip_is_not_known),
		TEST(a_branch_that_is_not_there_yet_is_asked_for_as_usual),
		TEST(what_cannot_be_asked_has_come_to_an_end),
		TEST(what_is_wrong_is_said_once_with_its_begin),
		TEST(a_child_that_fails_is_survived),
		TEST(a_child_that_hangs_is_ended_with_what_it_started),
		TEST(an_end_in_the_middle_leaves_no_child),
		TEST(secrets_are_read_anew_and_a_missing_one_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
