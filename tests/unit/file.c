/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files: what is read, what is refused, what a failed write leaves behind. */

#include <hcstate/file.h>

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

struct place {
	struct hc_arena *arena;
	char *directory;
};

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));
	char path[] = "/tmp/hcstate-file-XXXXXX";

	place->arena = hc_arena_new();
	place->directory = hc_strdup(place->arena, mkdtemp(path));
	*state = place;
	return 0;
}

static const char *in(const struct place *place, const char *name)
{
	return hc_printf(place->arena, "%s/%s", place->directory, name);
}

static int tear_down(void **state)
{
	struct place *place = *state;
	const char *command = hc_printf(place->arena, "rm -rf %s", place->directory);
	int r = system(command);

	(void)hc_arena_free(place->arena);
	free(place);
	return r;
}

static void assert_content(const struct place *place, const char *path, const char *want)
{
	char *text;
	size_t size;

	assert_int_equal(hc_file_read(place->arena, path, 4096, &text, &size), 0);
	assert_int_equal(size, strlen(want));
	assert_string_equal(text, want); /* so a NUL follows */
}

/* How many entries the directory has, hidden ones too. */
static int entries(const struct place *place)
{
	FILE *pipe = popen(hc_printf(place->arena, "ls -A %s | wc -l", place->directory), "r");
	int n = -1;

	assert_int_equal(fscanf(pipe, "%d", &n), 1);
	pclose(pipe);
	return n;
}

static void what_was_written_is_read(void **state)
{
	const char *path = in(*state, "a");

	assert_int_equal(hc_file_write(path, 0644, "one", 3), 0);
	assert_content(*state, path, "one");
	assert_int_equal(hc_file_write(path, 0644, "", 0), 0);
	assert_content(*state, path, "");
	assert_int_equal(entries(*state), 1);
}

static void what_was_noted_is_read_too(void **state)
{
	const char *path = in(*state, "a");

	assert_int_equal(hc_file_write(path, 0644, "one", 3), 0);
	assert_int_equal(hc_file_note(path, 0600, "other", 5), 0);
	assert_content(*state, path, "other");
}

static void missing_directories_are_made(void **state)
{
	const char *path = in(*state, "b/c/d");

	assert_int_equal(hc_file_write(path, 0600, "deep", 4), 0);
	assert_content(*state, path, "deep");
}

static void the_mode_is_what_was_asked_whatever_the_umask(void **state)
{
	const char *path = in(*state, "a");
	mode_t before = umask(077);
	struct stat st;

	assert_int_equal(hc_file_write(path, 0644, "x", 1), 0);
	umask(before);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(hc_file_write(path, 0400, "y", 1), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0400);
}

static void creating_never_overwrites(void **state)
{
	const char *path = in(*state, "key");

	assert_int_equal(hc_file_create(path, 0600, "first", 5), 0);
	assert_int_equal(hc_file_create(path, 0600, "second", 6), -EEXIST);
	assert_content(*state, path, "first");
	assert_int_equal(entries(*state), 1);
}

static void a_failed_write_leaves_the_old_file_and_nothing_else(void **state)
{
	const char *path = in(*state, "a");
	int status;

	assert_int_equal(hc_file_write(path, 0600, "old", 3), 0);
	if (fork() == 0) {
		static const char large[65536];
		const struct rlimit small = {4096, 4096};

		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &small);
		_exit(hc_file_write(path, 0600, large, sizeof(large)) == -EFBIG ? 0 : 1);
	}
	wait(&status);
	assert_int_equal(status, 0);
	assert_content(*state, path, "old");
	assert_int_equal(entries(*state), 1);
}

static void what_a_killed_writer_left_is_gone_with_the_next_write(void **state)
{
	assert_int_equal(hc_file_write(in(*state, ".a.new"), 0600, "half", 4), 0);
	assert_int_equal(hc_file_write(in(*state, "a"), 0600, "whole", 5), 0);
	assert_content(*state, in(*state, "a"), "whole");
	assert_int_equal(entries(*state), 1);
}

/* One that planted it gets no secret written where it points. */
static void a_link_in_the_way_is_not_followed(void **state)
{
	const char *other = in(*state, "other");

	assert_int_equal(hc_file_write(other, 0600, "theirs", 6), 0);
	assert_int_equal(symlink(other, in(*state, ".a.new")), 0);
	assert_int_equal(hc_file_write(in(*state, "a"), 0600, "ours", 4), 0);
	assert_content(*state, other, "theirs");
	assert_content(*state, in(*state, "a"), "ours");
}

static void many_writers_at_once_leave_one_whole_file(void **state)
{
	const char *path = in(*state, "a");
	char *text;
	size_t size;
	int status;

	for (int i = 0; i < 8; i++)
		if (fork() == 0) {
			char data[3000];
			int r = 0;

			memset(data, 'a' + i, sizeof(data));
			for (int n = 0; n < 20 && !r; n++)
				r = hc_file_write(path, 0600, data, sizeof(data));
			_exit(r ? 1 : 0);
		}
	while (wait(&status) > 0)
		assert_int_equal(status, 0);
	assert_int_equal(hc_file_read(((struct place *)*state)->arena, path, 4096, &text, &size),
			 0);
	assert_int_equal(size, 3000);
	for (size_t i = 1; i < size; i++)
		assert_int_equal(text[i], text[0]);
	assert_int_equal(entries(*state), 1);
}

static void reading_has_a_bound(void **state)
{
	struct place *place = *state;
	const char *path = in(place, "a");
	char *text;
	size_t size;

	assert_int_equal(hc_file_write(path, 0644, "12345", 5), 0);
	assert_int_equal(hc_file_read(place->arena, path, 5, &text, &size), 0);
	assert_int_equal(hc_file_read(place->arena, path, 4, &text, &size), -EFBIG);
	/* its size is said to be 0 */
	assert_int_equal(hc_file_read(place->arena, "/proc/self/stat", 8, &text, &size), -EFBIG);
	assert_int_equal(hc_file_read(place->arena, "/proc/self/stat", 65536, &text, &size), 0);
	assert_true(size > 8);
	assert_int_equal(strlen(text), size);
}

static void only_regular_files_are_read(void **state)
{
	struct place *place = *state;
	char *text;
	size_t size;

	assert_int_equal(mkfifo(in(place, "pipe"), 0600), 0);
	assert_int_equal(hc_file_read(place->arena, in(place, "pipe"), 9, &text, &size), -EINVAL);
	assert_int_equal(hc_file_read(place->arena, "/dev/zero", 9, &text, &size), -EINVAL);
	assert_int_equal(hc_file_read(place->arena, place->directory, 9, &text, &size), -EISDIR);
	assert_int_equal(hc_file_read(place->arena, in(place, "none"), 9, &text, &size), -ENOENT);
}

static void removing_twice_is_fine(void **state)
{
	const char *path = in(*state, "a");

	assert_int_equal(hc_file_write(path, 0644, "x", 1), 0);
	assert_int_equal(hc_file_remove(path), 0);
	assert_int_equal(hc_file_remove(path), 0);
	assert_int_equal(hc_file_remove(in(*state, "no/such")), 0);
	assert_int_equal(entries(*state), 0);
}

static void a_directory_is_no_file(void **state)
{
	assert_int_equal(hc_file_write(in(*state, ""), 0644, "x", 1), -EISDIR);
	assert_int_equal(hc_file_write("..", 0644, "x", 1), -EISDIR);
	assert_int_equal(hc_file_write(in(*state, "a"), 0644, "x", 1), 0);
	assert_int_equal(hc_file_write(in(*state, "a/b"), 0644, "x", 1), -ENOTDIR);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_written_is_read),
		TEST(what_was_noted_is_read_too),
		TEST(missing_directories_are_made),
		TEST(the_mode_is_what_was_asked_whatever_the_umask),
		TEST(creating_never_overwrites),
		TEST(a_failed_write_leaves_the_old_file_and_nothing_else),
		TEST(what_a_killed_writer_left_is_gone_with_the_next_write),
		TEST(a_link_in_the_way_is_not_followed),
		TEST(many_writers_at_once_leave_one_whole_file),
		TEST(reading_has_a_bound),
		TEST(only_regular_files_are_read),
		TEST(removing_twice_is_fine),
		TEST(a_directory_is_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
