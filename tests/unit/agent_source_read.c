/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests that change while they are read, or cannot be read to an end: none is taken by halves.
 */

#include "agent_source.h"

/* What hangs until the test lets it go on. */
static int hung[2];

static const struct path_pace impatient = {
	.settle = 20 * 1000ul,
	.most = 600 * 1000ul,
	.look = 3600ul * 1000 * 1000,
	.blind = 3600ul * 1000 * 1000,
	.patience = 200 * 1000ul,
};

static void hang(struct scene *scene)
{
	char c;

	(void)scene;
	(void)!read(hung[0], &c, 1);
}

static void begin_to_hang(struct scene *scene)
{
	uint64_t began = hc_now();

	begin_again(scene, "m", &impatient);
	assert_int_equal(scene->changed, 0);
	assert_int_equal(pipe2(hung, O_CLOEXEC), 0);
	meddle = hang;
	meddled = scene;
	assert_null(source_path.load(scene->source.self, &notes));
	assert_in_range(hc_now() - began, 200000, 5000000);
	assert_int_equal(scene->changed, 1);
	assert_true(scene->source.state.hangs);
	assert_ptr_equal(strstr(scene->source.state.error,
				hc_printf(scene->arena,
					  "the manifests cannot be read: %s/m hangs since 2",
					  scene->directory)),
			 scene->source.state.error);
}

static void a_file_system_that_hangs_holds_up_nobody(void **state)
{
	struct scene *scene = *state;
	const char *said;
	uint64_t began;

	begin_to_hang(scene);
	said = hc_strdup(scene->arena, scene->source.state.error);
	began = hc_now();
	for (int i = 0; i < 100; i++) { /* it is not waited for again */
		assert_null(source_path.load(scene->source.self, &notes));
		source_path.hurry(scene->source.self);
	}
	assert_in_range(hc_now() - began, 0, 50 * impatient.patience);
	sh(scene, "note a two > m/a.yaml");
	run_for(scene, 100000);
	assert_int_equal(scene->changed, 1); /* it was said once */
	assert_string_equal(scene->source.state.error, said);
	scene->changed = 0;
	(void)close(hung[1]);
	wait_change(scene);
	assert_false(scene->source.state.hangs);
	assert_loads(scene, "a=two");
	(void)close(hung[0]);
}

static size_t threads(void)
{
	struct stat is;

	assert_int_equal(stat("/proc/self/task", &is), 0);
	return is.st_nlink;
}

/* A reload, or the agent's end. */
static void what_hangs_is_left_behind(void **state)
{
	struct scene *scene = *state;
	uint64_t until;
	size_t hanging;

	begin_to_hang(scene);
	hanging = threads(); /* those of the test before have ended long ago */
	scene->changed = 0;
	begin_again(scene, "m", &fast);
	assert_loads(scene, "a=one");
	(void)close(hung[1]);
	until = hc_now() + 20000000;
	while (hc_now() < until && threads() >= hanging)
		run_for(scene, 10000);
	assert_true(hc_now() < until); /* the thread has ended, and freed what was its own */
	assert_nothing(scene);
	(void)close(hung[0]);
}

static void an_unreadable_file_is_an_error_until_it_is_mended(void **state)
{
	if (!geteuid())
		skip();
	assert_edit(*state, "chmod 000 m/a.yaml", "?");
	assert_edit(*state, "chmod 600 m/a.yaml", "a=one");
	assert_edit(*state, "chmod 000 m", "?");
	assert_edit(*state, "chmod 700 m", "a=one");
}

static void edit_a_file(struct scene *scene)
{
	put(scene, "m/a.yaml", "torn");
}

static void turn_a_directory(struct scene *scene)
{
	sh(scene, "mv m n; mkdir m; note a torn > m/a.yaml");
}

/* It looks as before, but who knows what was read meanwhile. */
static void turn_it_back(struct scene *scene)
{
	sh(scene, "mv m n; mv n m");
}

static void edit_below(struct scene *scene)
{
	put(scene, "m/d/e/f/g/c.yaml", "torn");
}

/* What is read in the end is all of it. */
static void assert_torn(struct scene *scene, void (*edit)(struct scene *), const char *want)
{
	meddle = edit;
	meddled = scene;
	assert_null(source_path.load(scene->source.self, &notes));
	assert_string_equal(scene->source.state.error, "the manifests are being edited");
	assert_becomes(scene, want);
}

static void what_changes_while_it_is_read_is_not_taken(void **state)
{
	assert_torn(*state, edit_a_file, "a=torn");
}

static void a_tree_that_changes_while_it_is_read_is_not_taken(void **state)
{
	assert_torn(*state, turn_it_back, "a=one");
	assert_torn(*state, turn_a_directory, "a=torn");
}

static void an_edit_that_is_not_over_is_not_read(void **state)
{
	struct scene *scene = *state;

	begin_again(scene, "m", &slow);
	sh(scene, "note a two > m/a.yaml");
	assert_null(source_path.load(scene->source.self, &notes)); /* the loop has not run yet */
	assert_non_null(scene->source.state.error);
	run_for(scene, slow.settle / 6);
	assert_null(source_path.load(scene->source.self, &notes));
	assert_becomes(scene, "a=two");
}

static void who_is_in_a_hurry_does_not_wait(void **state)
{
	struct scene *scene = *state;

	begin_again(scene, "m", &slow);
	sh(scene, "note a two > m/a.yaml");
	run_for(scene, 1000);
	source_path.hurry(scene->source.self);
	assert_int_equal(scene->changed, 1);
	scene->changed = 0;
	assert_loads(scene, "a=two");
	assert_nothing(scene);
	sh(scene, "note a three > m/a.yaml");
	source_path.hurry(scene->source.self); /* before the loop could hear of it */
	assert_int_equal(scene->changed, 1);
	scene->changed = 0;
	assert_loads(scene, "a=three");
	assert_nothing(scene);
	source_path.hurry(scene->source.self); /* nothing was noticed, but who knows */
	assert_int_equal(scene->changed, 1);
}

/* In a user namespace of its own the process may have fewer than the machine. */
static bool may_watch(int n)
{
	_cleanup_(hc_closep) int fd = -1;

	if (unshare(CLONE_NEWUSER))
		return false;
	fd = open("/proc/sys/user/max_inotify_watches", O_WRONLY | O_CLOEXEC);
	return fd >= 0 && dprintf(fd, "%d\n", n) > 0;
}

/* The last test: its limit stays. What is beyond it is looked at in short intervals, and is not
 * read before two looks have seen the same. */
static void without_watches_it_is_looked_at(void **state)
{
	struct scene *scene = *state;

	if (!may_watch(5))
		skip();
	sh(scene, "mkdir -p m/d/e/f/g; note b two > m/d/b.yaml; note c three > m/d/e/f/g/c.yaml");
	begin_again(scene, "m", &fast);
	assert_non_null(scene->source.state.warning);
	assert_non_null(strstr(scene->source.state.warning, "max_user_watches"));
	assert_loads(scene, "a=one b=two c=three");
	assert_edit(scene, "note c four > m/d/e/f/g/c.yaml", "a=one b=two c=four");
	assert_edit(scene, "touch m/d/e/f/g/c.yaml", "a=one b=two c=four");
	assert_torn(scene, edit_below, "a=one b=two c=torn");
	assert_edit(scene, "note c four > m/d/e/f/g/c.yaml", "a=one b=two c=four");
	begin_again(scene, "m", &seldom);
	sh(scene, "note c five > m/d/e/f/g/c.yaml");
	run_for(scene, seldom.blind + seldom.settle / 3);
	sh(scene, "note c fifteen > m/d/e/f/g/c.yaml");
	run_for(scene, seldom.settle);
	assert_int_equal(scene->changed, 0);
	assert_becomes(scene, "a=one b=two c=fifteen");
	assert_edit(scene, "rm -r m/d", "a=one");
	assert_null(scene->source.state.warning);
}

static void the_agent_gets_it_by_its_configuration(void **state)
{
	struct scene *scene = *state;
	struct source *source =
		source_new(scene->event, &scene->config, scene->directory, on_change, scene);
	struct hc_generation *generation = source_load(source, &notes);
	uint64_t begun;

	assert_string_equal(source->state.kind, "path");
	assert_string_equal(source->state.where, scene->config.source);
	assert_string_equal(note_all(generation), "a=one");
	(void)hc_generation_free(generation);
	source_path.end(scene->source.self);
	begun = hc_now();
	sh(scene, "note a two > m/a.yaml");
	wait_change(scene);
	assert_in_range(hc_now() - begun, 200 * 1000, 5000 * 1000);
	source_hurry(source);
	assert_int_equal(scene->changed, 1);
	(void)source_free(source);
	(void)source_free(NULL);
	begin(scene, "m", &fast);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_system_that_hangs_holds_up_nobody),
		TEST(what_hangs_is_left_behind),
		TEST(an_unreadable_file_is_an_error_until_it_is_mended),
		TEST(what_changes_while_it_is_read_is_not_taken),
		TEST(a_tree_that_changes_while_it_is_read_is_not_taken),
		TEST(an_edit_that_is_not_over_is_not_read),
		TEST(who_is_in_a_hurry_does_not_wait),
		TEST(the_agent_gets_it_by_its_configuration),
		TEST(without_watches_it_is_looked_at), /* the last: it cannot be taken back */
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
