/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that are run: all they say comes back, and none of them can hold us up. */

#include <hcstate/exec.h>

#include <fcntl.h>
#include <signal.h>

#include "toy.h"

enum {
	LONG_US = 60 * 1000 * 1000, /* no test waits for it */
	LARGE = 1024 * 1024,
};

struct scene {
	struct hc_call call;
	struct hc_exec exec;
	const char *argv[4];
};

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	scene->call.arena = scene->call.diags.arena = hc_arena_new();
	scene->call.deadline = hc_now() + LONG_US;
	scene->exec.max = 4096;
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	(void)hc_arena_free(scene->call.arena);
	free(scene);
	return 0;
}

static int run(struct scene *scene, const char *script)
{
	scene->argv[0] = "sh";
	scene->argv[1] = "-c";
	scene->argv[2] = script;
	scene->exec.argv = scene->argv;
	return hc_exec(&scene->call, &scene->exec);
}

static const char *said(const struct scene *scene)
{
	return scene->call.diags.n ? scene->call.diags.v[0].text : "";
}

static void what_a_program_says_comes_back(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(run(scene, "echo out; echo err >&2"), 0);
	assert_string_equal(scene->exec.out, "out\n");
	assert_int_equal(scene->exec.size, 4);
	assert_string_equal(scene->exec.err, "err\n");
	assert_int_equal(scene->exec.status, 0);
	assert_int_equal(scene->call.diags.n, 0);
}

static void nothing_of_a_long_text_is_lost_at_its_end(void **state)
{
	struct scene *scene = *state;

	scene->exec.max = LARGE;
	assert_int_equal(run(scene, "head -c 60000 /dev/zero"), 0); /* a pipe holds it all */
	assert_int_equal(scene->exec.size, 60000);
}

static void a_failure_is_told_with_its_last_words(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(run(scene, "echo first >&2; echo last words >&2; echo >&2; exit 200"),
			 -EIO);
	assert_string_equal(said(scene), "sh failed with exit code 200: last words");
	assert_int_equal(scene->exec.status, 200);
}

static void an_expected_failure_is_a_status(void **state)
{
	struct scene *scene = *state;

	scene->exec.quiet = true;
	assert_int_equal(run(scene, "echo no; exit 3"), 0);
	assert_int_equal(scene->exec.status, 3);
	assert_string_equal(scene->exec.out, "no\n");
	assert_int_equal(scene->call.diags.n, 0);
}

static void a_program_that_is_not_there_is_named(void **state)
{
	struct scene *scene = *state;

	scene->argv[0] = "hcstate-has-no-such-program";
	scene->exec.argv = scene->argv;
	assert_int_equal(hc_exec(&scene->call, &scene->exec), -ENOENT);
	assert_string_equal(said(scene), "hcstate-has-no-such-program is not installed");
	assert_string_equal(scene->exec.err, "");
}

static void a_program_that_a_signal_ends_has_failed(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(run(scene, "kill -SEGV $$"), -EIO);
	assert_int_equal(scene->exec.status, 128 + SIGSEGV);
	assert_string_equal(said(scene), "sh was ended by signal 11");
}

/* Gone, or nobody has noticed yet that it is. */
static bool is_gone(struct scene *scene, long pid)
{
	_cleanup_(hc_closep) int fd =
		open(hc_printf(scene->call.arena, "/proc/%ld/stat", pid), O_RDONLY | O_CLOEXEC);
	char text[256] = "";

	return fd < 0 || read(fd, text, sizeof(text) - 1) <= 0 || strstr(text, ") Z ");
}

static void a_program_that_hangs_is_killed_with_all_it_started(void **state)
{
	struct scene *scene = *state;
	uint64_t began = hc_now();
	long child;

	scene->call.deadline = began + 300000;
	assert_int_equal(run(scene, "sleep 99 & echo $!; echo stuck >&2; wait"), -ETIMEDOUT);
	assert_true(hc_now() < began + 5000000);
	assert_non_null(strstr(said(scene), "and was killed: stuck"));
	assert_int_equal(scene->exec.status, 128 + SIGKILL);
	child = strtol(scene->exec.out, NULL, 10);
	assert_true(child > 0);
	while (!is_gone(scene, child)) /* the kill is on its way; ctest ends a test that hangs */
		assert_true(hc_now() < began + 30000000);
}

static void more_than_is_taken_ends_it(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(run(scene, "yes"), -EFBIG);
	assert_non_null(strstr(said(scene), "4096 bytes"));
}

static void exactly_what_is_taken_is_no_error(void **state)
{
	struct scene *scene = *state;

	scene->exec.max = 5;
	assert_int_equal(run(scene, "printf 12345"), 0);
	assert_string_equal(scene->exec.out, "12345");
	assert_int_equal(run(scene, "printf 123456"), -EFBIG);
}

static void a_flood_of_complaints_leaves_its_end(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(run(scene, "yes | head -c 1000000 >&2; echo end >&2; echo out; exit 1"),
			 -EIO);
	assert_int_equal(strlen(scene->exec.err), 4096);
	assert_string_equal(said(scene), "sh failed with exit code 1: end");
	assert_string_equal(scene->exec.out, "out\n");
}

static void an_input_larger_than_a_pipe_arrives_whole(void **state)
{
	struct scene *scene = *state;
	char *input = hc_alloc(scene->call.arena, LARGE);

	memset(input, 'x', LARGE);
	scene->exec.input = input;
	scene->exec.input_size = LARGE;
	scene->exec.max = LARGE;
	assert_int_equal(run(scene, "cat"), 0);
	assert_int_equal(scene->exec.size, LARGE);
	assert_memory_equal(scene->exec.out, input, LARGE);
}

/* This process has no signal blocked: SIGPIPE would end it. */
static void nobody_has_to_read_the_input(void **state)
{
	struct scene *scene = *state;

	scene->exec.input = hc_alloc(scene->call.arena, LARGE);
	scene->exec.input_size = LARGE;
	assert_int_equal(run(scene, "exec <&-; echo done"), 0);
	assert_string_equal(scene->exec.out, "done\n");
}

static void an_empty_input_ends_at_once(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(run(scene, "cat"), 0);
	scene->exec.input = "";
	assert_int_equal(run(scene, "cat"), 0);
	assert_int_equal(scene->exec.size, 0);
}

static void its_end_is_its_own_end_and_not_that_of_its_stdout(void **state)
{
	struct scene *scene = *state;

	scene->exec.quiet = true;
	assert_int_equal(run(scene, "exec >&- 2>&-; read x </proc/self/stat; exit 7"), 0);
	assert_int_equal(scene->exec.status, 7);
}

static void what_it_leaves_behind_does_not_hold_us_up(void **state)
{
	struct scene *scene = *state;
	uint64_t began = hc_now();
	long child;

	assert_int_equal(run(scene, "sleep 99 & echo $!"), 0);
	assert_true(hc_now() < began + 30000000);
	child = strtol(scene->exec.out, NULL, 10);
	assert_true(child > 0);
	assert_int_equal(kill((pid_t)child, SIGKILL), 0);
}

static void stdout_that_nobody_wants_goes_nowhere(void **state)
{
	struct scene *scene = *state;

	scene->exec.max = 0;
	assert_int_equal(run(scene, "yes | head -c 1000000"), 0);
	assert_string_equal(scene->exec.out, "");
}

static void no_signal_is_blocked_or_ignored(void **state)
{
	struct scene *scene = *state;
	const char *ignored;
	sigset_t blocked;

	(void)signal(SIGHUP, SIG_IGN);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &blocked, NULL);
	scene->argv[0] = "cat"; /* a shell would clear the mask */
	scene->argv[1] = "/proc/self/status";
	scene->exec.argv = scene->argv;
	assert_int_equal(hc_exec(&scene->call, &scene->exec), 0);
	(void)sigprocmask(SIG_UNBLOCK, &blocked, NULL);
	(void)signal(SIGHUP, SIG_DFL);
	assert_non_null(strstr(scene->exec.out, "SigBlk:\t0000000000000000\n"));
	ignored = strstr(scene->exec.out, "SigIgn:");
	assert_non_null(ignored);
	/* Two, 32 and 33, are glibc's own. */
	assert_int_equal(strtoull(ignored + strlen("SigIgn:"), NULL, 16) & 0x7FFFFFFF, 0);
}

static void it_inherits_no_file_directory_or_setting(void **state)
{
	struct scene *scene = *state;
	int extra = dup(STDOUT_FILENO); /* not closed on exec */

	(void)setenv("HCSTATE_UNIT", "1", 1);
	assert_int_equal(run(scene, "pwd; echo fds $(ls /proc/self/fd); env"), 0);
	(void)close(extra);
	assert_non_null(strstr(scene->exec.out, "/\nfds 0 1 2 3\n")); /* 3: ls's own */
	assert_null(strstr(scene->exec.out, "HCSTATE_UNIT"));
}

static void its_complaints_cannot_command_a_terminal(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(run(scene, "printf 'a\\033[31mb\\n\\tc\\n' >&2; exit 1"), -EIO);
	assert_string_equal(scene->exec.err, "a?[31mb\n c\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		TEST(what_a_program_says_comes_back),
		TEST(nothing_of_a_long_text_is_lost_at_its_end),
		TEST(a_failure_is_told_with_its_last_words),
		TEST(an_expected_failure_is_a_status),
		TEST(a_program_that_is_not_there_is_named),
		TEST(a_program_that_a_signal_ends_has_failed),
		TEST(a_program_that_hangs_is_killed_with_all_it_started),
		TEST(more_than_is_taken_ends_it),
		TEST(exactly_what_is_taken_is_no_error),
		TEST(a_flood_of_complaints_leaves_its_end),
		TEST(an_input_larger_than_a_pipe_arrives_whole),
		TEST(nobody_has_to_read_the_input),
		TEST(an_empty_input_ends_at_once),
		TEST(its_end_is_its_own_end_and_not_that_of_its_stdout),
		TEST(what_it_leaves_behind_does_not_hold_us_up),
		TEST(stdout_that_nobody_wants_goes_nowhere),
		TEST(no_signal_is_blocked_or_ignored),
		TEST(it_inherits_no_file_directory_or_setting),
		TEST(its_complaints_cannot_command_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
