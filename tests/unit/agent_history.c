/* SPDX-License-Identifier: Apache-2.0 */
/* The history file, whole and in every bad shape that a crash, a full disk or a person leaves. */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <json-c/json.h>

#include <hcstate/file.h>
#include <reconciler/agent/history.h>

#define MIB ((off_t)1 << 20)

struct scene {
	struct hc_arena *arena;
	char directory[32];
	const char *state_dir, *path;
	struct history *history;
	unsigned complaints;
	char complaint[256]; /* the last one */
};

static void complain(void *arg, const char *text)
{
	struct scene *scene = arg;

	scene->complaints++;
	(void)snprintf(scene->complaint, sizeof(scene->complaint), "%s", text);
}

static int begin(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct scene *scene = hc_new(arena, struct scene);

	scene->arena = arena;
	strcpy(scene->directory, "/tmp/history-XXXXXX");
	*state = scene;
	if (!mkdtemp(scene->directory))
		return -1;
	scene->state_dir = scene->directory;
	scene->path = hc_printf(arena, "%s/history.jsonl", scene->directory);
	return 0;
}

static int end(void **state)
{
	struct scene *scene = *state;

	history_free(scene->history);
	(void)hc_file_clear(scene->directory);
	hc_arena_free(scene->arena);
	return 0;
}

static void open_history(struct scene *scene, uint32_t limit)
{
	history_free(scene->history);
	scene->history = history_new(scene->state_dir, limit, complain, scene);
}

static void put_file(struct scene *scene, const char *text)
{
	assert_int_equal(hc_file_write(scene->path, 0600, text, strlen(text)), 0);
}

static const char *file(struct scene *scene)
{
	char *text;

	assert_int_equal(hc_file_read(scene->arena, scene->path, (size_t)(64 * MIB), &text, NULL),
			 0);
	return text;
}

static void add(struct scene *scene, int number)
{
	struct json_object *one = json_object_new_object();

	json_object_object_add(one, "n", json_object_new_int(number));
	history_add(scene->history, one);
	json_object_put(one);
}

/* The numbers of the last ones: "1 2 3". */
static const char *last(struct scene *scene, size_t n)
{
	struct json_object *all = history_last(scene->history, n);
	const char *text = "";

	for (size_t i = 0; i < json_object_array_length(all); i++)
		text = hc_printf(scene->arena, "%s%s%d", text, *text ? " " : "",
				 json_object_get_int(
					 json_object_object_get(json_object_array_get_idx(all, i),
								"n")));
	json_object_put(all);
	return text;
}

static void what_is_added_is_there_in_the_next_run(void **state)
{
	struct scene *scene = *state;
	struct stat is;

	open_history(scene, 10);
	assert_string_equal(last(scene, 10), "");
	add(scene, 1);
	add(scene, 2);
	add(scene, 3);
	assert_string_equal(last(scene, 10), "1 2 3");
	open_history(scene, 10);
	assert_string_equal(last(scene, 2), "2 3");
	assert_string_equal(last(scene, 0), "");
	assert_string_equal(file(scene), "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n");
	assert_int_equal(scene->complaints, 0);
	assert_int_equal(stat(scene->path, &is), 0);
	assert_int_equal(is.st_mode & 07777, 0600);
}

static void a_start_writes_nothing(void **state)
{
	struct scene *scene = *state;

	open_history(scene, 10);
	assert_int_not_equal(access(scene->path, F_OK), 0);
}

static void half_a_line_is_dropped(void **state)
{
	struct scene *scene = *state;

	put_file(scene, "{\"n\":1}\n{\"n\":2}\n{\"n\":3");
	open_history(scene, 10);
	assert_int_equal(scene->complaints, 1);
	assert_non_null(strstr(scene->complaint, "dropped: 1"));
	add(scene, 4);
	assert_string_equal(file(scene), "{\"n\":1}\n{\"n\":2}\n{\"n\":4}\n");
	assert_string_equal(last(scene, 10), "1 2 4");
}

/* Also one that would be whole, if its end were there. */
static void a_line_without_its_end_is_half_a_line(void **state)
{
	struct scene *scene = *state;

	put_file(scene, "{\"n\":1}\n{\"n\":2}");
	open_history(scene, 10);
	add(scene, 3);
	assert_string_equal(last(scene, 10), "1 3");
}

static void lines_of_anything_else_are_dropped_and_counted(void **state)
{
	static const char text[] = "{\"n\":1}\nrubbish\n[1]\n\n{\"n\":2}\n{\"n\":9}\0 {}\n"
				   "{\"n\":9} {\n\"n\"\n{\"n\":3}\n";
	struct scene *scene = *state;

	assert_int_equal(hc_file_write(scene->path, 0600, text, sizeof(text) - 1), 0);
	open_history(scene, 10);
	assert_int_equal(scene->complaints, 1);
	assert_non_null(strstr(scene->complaint, "dropped: 6"));
	assert_string_equal(file(scene), "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n");
}

static void what_breaks_while_it_runs_is_not_shown(void **state)
{
	struct scene *scene = *state;

	open_history(scene, 10);
	add(scene, 1);
	put_file(scene, "{\"n\":1}\nrubbish\n{\"n\":2}\n");
	assert_string_equal(last(scene, 10), "1 2");
}

static void it_stays_below_twice_the_limit(void **state)
{
	struct scene *scene = *state;

	open_history(scene, 3);
	for (int i = 1; i <= 5; i++)
		add(scene, i);
	assert_string_equal(file(scene), "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n{\"n\":4}\n{\"n\":5}\n");
	assert_string_equal(last(scene, 10), "3 4 5");
	add(scene, 6);
	assert_string_equal(file(scene), "{\"n\":4}\n{\"n\":5}\n{\"n\":6}\n");
	for (int i = 7; i <= 9; i++)
		add(scene, i);
	assert_string_equal(file(scene), "{\"n\":7}\n{\"n\":8}\n{\"n\":9}\n");
}

static void lines_of_earlier_runs_count(void **state)
{
	struct scene *scene = *state;

	put_file(scene, "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n");
	open_history(scene, 2);
	add(scene, 4);
	assert_string_equal(file(scene), "{\"n\":3}\n{\"n\":4}\n");
}

static void a_lower_limit_holds_from_the_next_line(void **state)
{
	struct scene *scene = *state;

	open_history(scene, 10);
	for (int i = 1; i <= 5; i++)
		add(scene, i);
	history_limit(scene->history, 1);
	assert_string_equal(last(scene, 10), "5");
	add(scene, 6);
	assert_string_equal(file(scene), "{\"n\":6}\n");
}

static void long_lines_are_bounded_too(void **state)
{
	struct scene *scene = *state;
	struct json_object *one = json_object_new_object();
	char *text = hc_alloc(scene->arena, (size_t)MIB + 1);
	struct stat is;

	memset(text, 'x', (size_t)MIB);
	json_object_object_add(one, "text", json_object_new_string(text));
	open_history(scene, 1000);
	for (unsigned i = 0; i < 20; i++) {
		history_add(scene->history, one);
		assert_int_equal(stat(scene->path, &is), 0);
		assert_true(is.st_size < 17 * MIB);
	}
	add(scene, 7);
	assert_int_equal(stat(scene->path, &is), 0);
	assert_in_range(is.st_size, 7 * MIB, 13 * MIB);
	assert_string_equal(last(scene, 1), "7");
	assert_int_equal(scene->complaints, 0);
	json_object_put(one);
}

static void what_is_no_file_goes_aside(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(mkdir(scene->path, 0700), 0);
	open_history(scene, 10);
	assert_int_equal(scene->complaints, 1);
	assert_non_null(strstr(scene->complaint, "begun anew"));
	add(scene, 1);
	assert_string_equal(last(scene, 10), "1");
	assert_int_equal(scene->complaints, 1);
}

static void what_is_too_large_goes_aside(void **state)
{
	struct scene *scene = *state;

	put_file(scene, "{\"n\":1}\n");
	assert_int_equal(truncate(scene->path, 33 * MIB), 0);
	open_history(scene, 10);
	assert_int_equal(scene->complaints, 1);
	add(scene, 2);
	assert_string_equal(file(scene), "{\"n\":2}\n");
	assert_int_equal(access(hc_printf(scene->arena, "%s.broken", scene->path), F_OK), 0);
}

static void that_it_cannot_be_written_is_said_once(void **state)
{
	struct scene *scene = *state;

	scene->state_dir = hc_printf(scene->arena, "%s/later", scene->directory);
	open_history(scene, 10);
	add(scene, 1);
	add(scene, 2);
	assert_int_equal(scene->complaints, 1);
	assert_non_null(strstr(scene->complaint, "cannot be written: No such file"));
	assert_int_equal(mkdir(scene->state_dir, 0700), 0);
	add(scene, 3);
	assert_int_equal(scene->complaints, 1);
	assert_string_equal(last(scene, 10), "3");
	assert_int_equal(hc_file_clear(scene->state_dir), 0);
	add(scene, 4);
	assert_int_equal(scene->complaints, 2);
}

static void a_full_disk_leaves_whole_lines(void **state)
{
	struct scene *scene = *state;
	struct rlimit before, small;

	open_history(scene, 10);
	add(scene, 1);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	(void)signal(SIGXFSZ, SIG_IGN);
	small = before;
	small.rlim_cur = strlen("{\"n\":1}\n") + 3;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	add(scene, 2);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(scene->complaints, 1);
	assert_string_equal(file(scene), "{\"n\":1}\n");
	add(scene, 3);
	assert_string_equal(file(scene), "{\"n\":1}\n{\"n\":3}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_added_is_there_in_the_next_run, begin, end),
		cmocka_unit_test_setup_teardown(a_start_writes_nothing, begin, end),
		cmocka_unit_test_setup_teardown(half_a_line_is_dropped, begin, end),
		cmocka_unit_test_setup_teardown(a_line_without_its_end_is_half_a_line, begin, end),
		cmocka_unit_test_setup_teardown(lines_of_anything_else_are_dropped_and_counted,
						begin, end),
		cmocka_unit_test_setup_teardown(what_breaks_while_it_runs_is_not_shown, begin, end),
		cmocka_unit_test_setup_teardown(it_stays_below_twice_the_limit, begin, end),
		cmocka_unit_test_setup_teardown(lines_of_earlier_runs_count, begin, end),
		cmocka_unit_test_setup_teardown(a_lower_limit_holds_from_the_next_line, begin, end),
		cmocka_unit_test_setup_teardown(long_lines_are_bounded_too, begin, end),
		cmocka_unit_test_setup_teardown(what_is_no_file_goes_aside, begin, end),
		cmocka_unit_test_setup_teardown(what_is_too_large_goes_aside, begin, end),
		cmocka_unit_test_setup_teardown(that_it_cannot_be_written_is_said_once, begin, end),
		cmocka_unit_test_setup_teardown(a_full_disk_leaves_whole_lines, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
