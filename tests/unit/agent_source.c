/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests that are edited in all the ways there are: each edit is heard of. */

#include "agent_source.h"

/* How many directories inotify watches for the source. */
static int watched(const struct scene *scene)
{
	int n = 0;

	for (int fd = 0; fd < 64; fd++) {
		FILE *info = fopen(hc_printf(scene->arena, "/proc/self/fdinfo/%d", fd), "r");
		char line[256];

		while (info && fgets(line, sizeof(line), info))
			n += !strncmp(line, "inotify ", 8);
		if (info)
			(void)fclose(info);
	}
	return n;
}

static void nothing_happens_by_itself(void **state)
{
	assert_loads(*state, "a=one");
	assert_nothing(*state);
	assert_loads(*state, "a=one");
	assert_nothing(*state);
	assert_null(((struct scene *)*state)->source.state.warning);
}

static void a_file_is_written_in_place(void **state)
{
	assert_edit(*state, "note a two > m/a.yaml", "a=two");
	assert_edit(*state, "note b three > m/b.yaml", "a=two b=three");
	assert_edit(*state, "rm m/a.yaml", "b=three");
}

static void a_file_is_replaced_by_a_rename(void **state)
{
	assert_edit(*state, "note a two > m/.a.yaml.tmp; mv m/.a.yaml.tmp m/a.yaml", "a=two");
	assert_edit(*state, "note a six > other; mv other m/a.yaml", "a=six");
	assert_edit(*state, "mv m/a.yaml m/b.yaml", "a=six");
	assert_edit(*state, "mv m/b.yaml m/b.off", "?");
}

static void vim_saves_a_file(void **state)
{
	assert_edit(*state,
		    "echo > m/.a.yaml.swp; echo > m/.a.yaml.swx; rm m/.a.yaml.swx; echo > m/4913;"
		    "chmod 600 m/4913; rm m/4913; mv m/a.yaml m/a.yaml~; note a two > m/a.yaml;"
		    "chmod 644 m/a.yaml; rm m/a.yaml~; rm m/.a.yaml.swp",
		    "a=two");
}

static void emacs_saves_a_file(void **state)
{
	assert_edit(*state,
		    "ln -s me@here.1:2 m/.#a.yaml; note a half > m/#a.yaml#; cp m/a.yaml m/a.yaml~;"
		    "note a two > m/a.yaml; rm m/.#a.yaml m/#a.yaml#",
		    "a=two");
}

static void what_is_no_manifest_does_not_matter(void **state)
{
	struct scene *scene = *state;

	sh(scene, "echo > m/README");
	wait_change(scene); /* it might have been a link */
	sh(scene, "echo more > m/README; echo > m/.a.yaml.swp; mkdir m/.git; echo > m/.git/b.yaml;"
		  "note b two > m/#b.yaml; note b two > b.yaml; rm m/.a.yaml.swp; touch m/README");
	assert_nothing(scene);
	assert_edit(scene, "note a two > m/a.yaml", "a=two"); /* now all was walked over */
	sh(scene, "note b two > m/.git/b.yaml");
	assert_nothing(scene);
	assert_loads(scene, "a=two");
}

static void a_directory_is_moved_into_place(void **state)
{
	sh(*state, "mkdir -p d/e; note b two > d/b.yaml; note c three > d/e/c.yaml");
	assert_nothing(*state);
	assert_edit(*state, "mv d m/d", "a=one b=two c=three");
	assert_edit(*state, "note c four > m/d/e/c.yaml", "a=one b=two c=four");
	assert_edit(*state, "mv m/d m/f", "a=one b=two c=four");
	assert_edit(*state, "note c five > m/f/e/c.yaml", "a=one b=two c=five");
}

static void a_directory_is_made_and_filled(void **state)
{
	assert_edit(*state, "mkdir -p m/d/e/f; note b two > m/d/e/f/b.yaml", "a=one b=two");
	assert_edit(*state, "mkdir -p m/d/e/g; note c two > m/d/e/g/c.yaml", "a=one b=two c=two");
}

/* More is written in a new directory as soon as there is one: it is not read before that ends. */
static void a_new_directory_is_waited_for(void **state)
{
	struct scene *scene = *state;

	begin_again(scene, "m", &slow);
	sh(scene, "mkdir -p m/d/e");
	run_for(scene, 4 * slow.settle / 3);
	assert_int_equal(scene->changed, 0);
	sh(scene, "note b two > m/d/e/b.yaml");
	run_for(scene, slow.settle / 2);
	assert_int_equal(scene->changed, 0);
	assert_becomes(scene, "a=one b=two");
}

static void a_directory_moved_away_is_watched_no_more(void **state)
{
	struct scene *scene = *state;
	int before;

	assert_loads(scene, "a=one");
	before = watched(scene);
	assert_edit(scene, "mkdir -p m/d/e; note b two > m/d/e/b.yaml", "a=one b=two");
	assert_int_equal(watched(scene), before + 2);
	assert_edit(scene, "mv m/d d", "a=one");
	assert_int_equal(watched(scene), before);
	sh(scene, "note b three > d/e/b.yaml");
	assert_nothing(scene);
	assert_edit(scene, "mkdir m/d; note b two > m/d/b.yaml", "a=one b=two");
	assert_edit(scene, "rm -r m/d", "a=one");
	assert_int_equal(watched(scene), before);
}

static void the_directory_is_removed_and_comes_back(void **state)
{
	assert_edit(*state, "rm -r m", "?");
	assert_edit(*state, "mkdir m", "?");
	assert_edit(*state, "note a two > m/a.yaml", "a=two");
	assert_edit(*state, "mv m n; mkdir m; note a three > m/a.yaml", "a=three");
	sh(*state, "note a six > n/a.yaml");
	assert_nothing(*state);
	assert_edit(*state, "rm -r m; mv n m", "a=six");
}

static void what_is_above_comes_later(void **state)
{
	struct scene *scene = *state;

	begin_again(scene, "x/y/z", &fast);
	assert_loads(scene, "?");
	assert_nothing(scene);
	sh(scene, "mkdir -p x; echo > x/other");
	wait_change(scene);
	assert_edit(scene, "mkdir -p x/y/z; note a two > x/y/z/a.yaml", "a=two");
	assert_edit(scene, "mv x w; mkdir -p x/y/z; note a three > x/y/z/a.yaml", "a=three");
	sh(scene, "note a four > w/y/z/a.yaml; echo > x/other; echo > x/y/other; echo > other");
	assert_nothing(scene);
	assert_edit(scene, "mv x v; mv w x", "a=four");
	assert_edit(scene, "note a five > x/y/z/a.yaml", "a=five");
}

static void the_path_is_a_file(void **state)
{
	begin_again(*state, "m/a.yaml", &fast);
	assert_loads(*state, "a=one");
	assert_edit(*state, "note a two > m/a.yaml", "a=two");
	assert_edit(*state, "note a three > m/x; mv m/x m/a.yaml", "a=three");
	assert_edit(*state, "rm m/a.yaml", "?");
	assert_edit(*state, "note a four > m/a.yaml", "a=four");
	sh(*state, "note b two > m/b.yaml");
	assert_nothing(*state);
}

static void the_path_is_a_link(void **state)
{
	sh(*state, "mkdir n; note a two > n/a.yaml; ln -s m/../m/./. l; ln -s l k");
	begin_again(*state, "k/", &fast);
	assert_loads(*state, "a=one");
	assert_edit(*state, "ln -sfn n l", "a=two");
	assert_edit(*state, "note a three > n/a.yaml", "a=three");
	sh(*state, "note a four > m/a.yaml");
	assert_nothing(*state);
	assert_edit(*state, "ln -sfn $PWD/m k", "a=four");
	sh(*state, "ln -s . m/.same");
	begin_again(*state, "m/.same", &fast);
	assert_loads(*state, "a=four");
	assert_edit(*state, "note a six > m/a.yaml", "a=six");
}

static void a_links_target_is_edited(void **state)
{
	assert_edit(*state, "mkdir -p x/y; note b two > x/y/b; ln -s ../x/y/b m/b.yaml",
		    "a=one b=two");
	assert_edit(*state, "note b three > x/y/b", "a=one b=three");
	assert_edit(*state, "note b four > x/y/t; mv x/y/t x/y/b", "a=one b=four");
	sh(*state, "note b four > x/y/c; echo > x/other");
	assert_nothing(*state);
	assert_edit(*state, "mv x w; mkdir -p x/y; note b five > x/y/b", "a=one b=five");
	assert_edit(*state, "rm -r x", "?");
	assert_edit(*state, "ln -sfn $PWD/w/y/b m/b.yaml", "a=one b=four");
	assert_edit(*state, "note b six > w/y/b", "a=one b=six");
	assert_edit(*state, "note a two > m/a.yaml", "a=two b=six");
}

/* As Kubernetes brings a ConfigMap: all files are turned to others by one rename. */
static void all_links_are_turned_at_once(void **state)
{
	sh(*state, "rm m/a.yaml; mkdir m/..1 m/..2; note a one > m/..1/a.yaml;"
		   "note b one > m/..1/b.yaml; note a two > m/..2/a.yaml;"
		   "note b two > m/..2/b.yaml; ln -s ..1 m/..data;"
		   "ln -s ..data/a.yaml m/a.yaml; ln -s ..data/b.yaml m/b.yaml");
	assert_becomes(*state, "a=one b=one");
	assert_edit(*state, "ln -s ..2 m/..data_tmp; mv -T m/..data_tmp m/..data; rm -r m/..1",
		    "a=two b=two");
	assert_edit(*state, "note a six > m/..2/a.yaml", "a=six b=two");
}

/* What cannot be read is said by what is loaded, until it can be. */
static void a_link_to_nothing_is_an_error_until_it_is_mended(void **state)
{
	assert_edit(*state, "ln -s nowhere m/b.yaml", "?");
	assert_edit(*state, "note b two > m/nowhere", "a=one b=two");
	assert_edit(*state, "ln -s . m/circle", "?");
	assert_edit(*state, "rm m/circle", "a=one b=two");
	assert_edit(*state, "ln -s round m/round; ln -s round m/round.yaml", "?");
	assert_edit(*state, "rm m/round*", "a=one b=two");
}

static void modes_matter(void **state)
{
	assert_edit(*state, "chmod 640 m/a.yaml", "a=one");
	assert_edit(*state, "chmod 750 m", "a=one");
	assert_edit(*state, "mkdir m/d", "a=one");
	assert_edit(*state, "chmod 750 m/d", "a=one");
}

static void a_thousand_edits_are_few_changes(void **state)
{
	struct scene *scene = *state;
	uint64_t begun = hc_now();

	begin_again(scene, "m", &slow);
	for (int i = 0; i <= 1000; i++) {
		put(scene, "m/a.yaml", hc_printf(scene->arena, "n%d", i));
		assert_true(sd_event_run(scene->event, 0) >= 0);
	}
	run_for(scene, 2 * slow.settle);
	assert_in_range(scene->changed, 1, 1 + (hc_now() - begun) / slow.most);
	assert_loads(scene, "a=n1000");
}

/* Who writes without end is heard all the same. */
static void endless_edits_are_heard_now_and_then(void **state)
{
	struct scene *scene = *state;
	uint64_t begun = hc_now(), first = 0;

	begin_again(scene, "m", &slow);
	for (int i = 0; scene->changed < 2 && i < 200; i++) {
		put(scene, "m/a.yaml", "x");
		run_for(scene, slow.settle / 6);
		if (scene->changed && !first)
			first = hc_now();
	}
	assert_int_equal(scene->changed, 2);
	assert_in_range(first - begun, slow.most - slow.settle, 5 * slow.most);
}

/* So much happens that the kernel cannot tell of it, and what it cannot tell of is what matters. */
static void a_lost_event_is_a_change(void **state)
{
	struct scene *scene = *state;
	const char *path = hc_printf(scene->arena, "%s/m/.x", scene->directory);

	for (int i = 0; i < 12000; i++) {
		int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

		assert_true(fd >= 0);
		(void)close(fd);
		assert_int_equal(unlink(path), 0);
	}
	assert_edit(scene, "note a two > m/a.yaml", "a=two");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_happens_by_itself),
		TEST(a_file_is_written_in_place),
		TEST(a_file_is_replaced_by_a_rename),
		TEST(vim_saves_a_file),
		TEST(emacs_saves_a_file),
		TEST(what_is_no_manifest_does_not_matter),
		TEST(a_directory_is_moved_into_place),
		TEST(a_directory_is_made_and_filled),
		TEST(a_new_directory_is_waited_for),
		TEST(a_directory_moved_away_is_watched_no_more),
		TEST(the_directory_is_removed_and_comes_back),
		TEST(what_is_above_comes_later),
		TEST(the_path_is_a_file),
		TEST(the_path_is_a_link),
		TEST(a_links_target_is_edited),
		TEST(all_links_are_turned_at_once),
		TEST(a_link_to_nothing_is_an_error_until_it_is_mended),
		TEST(modes_matter),
		TEST(a_thousand_edits_are_few_changes),
		TEST(endless_edits_are_heard_now_and_then),
		TEST(a_lost_event_is_a_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
