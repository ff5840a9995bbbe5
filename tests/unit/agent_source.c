/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests that are edited in all the ways there are: each edit is heard of, and none by halves.
 */

#include "agent_note.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>

#include <hcstate/file.h>
#include <reconciler/agent/source_path.h>

/* The git source is of another test. */
const struct source_kind source_git;

/* Short, but long enough for a machine that has other things to do. */
static const struct path_pace fast = {
	.settle = 20 * 1000ul,
	.most = 600 * 1000ul,
	.look = 3600ul * 1000 * 1000,
	.blind = 100 * 1000ul,
};

/* So that an edit falls between the look that noticed another and its end. */
static const struct path_pace seldom = {
	.settle = 300 * 1000ul,
	.most = 5000 * 1000ul,
	.look = 3600ul * 1000 * 1000,
	.blind = 700 * 1000ul,
};

/* For tests in which it may be late, but not by that much. */
static const struct path_pace slow = {
	.settle = 300 * 1000ul,
	.most = 900 * 1000ul,
	.look = 3600ul * 1000 * 1000,
	.blind = 3600ul * 1000 * 1000,
};

struct scene {
	struct hc_arena *arena;
	sd_event *event;
	const struct path_pace *pace;
	const char *directory; /* all of the scene is in there */
	struct agent_config config;
	struct source source; /* DIRECTORY/m unless begin() says another */
	unsigned changed;
};

/* Done in the middle of a load, once. */
static void (*meddle)(struct scene *scene);
static struct scene *meddled;

/* The real one comes after it: whoever edits meanwhile has edited before it. */
struct hc_generation *hc_load(const struct hc_registry *registry, const char *const *paths)
{
	struct hc_generation *(*real)(const struct hc_registry *, const char *const *);
	void (*edit)(struct scene *) = meddle;

	*(void **)&real = dlsym(RTLD_NEXT, "hc_load");
	meddle = NULL;
	if (edit)
		edit(meddled);
	return real(registry, paths);
}

static void on_change(void *arg)
{
	((struct scene *)arg)->changed++;
}

/* In the scene's directory; `note NAME TEXT` prints a manifest. */
static void sh(const struct scene *scene, const char *command)
{
	const char *text = hc_printf(
		scene->arena,
		"cd '%s' && set -e; note() { printf 'apiVersion: hcstate/v1\\nkind: Note\\n"
		"metadata: {name: %%s}\\nspec: {text: %%s}\\n' $1 $2; }; %s",
		scene->directory, command);

	assert_int_equal(system(text), 0);
}

static void begin(struct scene *scene, const char *path, const struct path_pace *pace)
{
	scene->pace = pace;
	scene->config.source = hc_printf(scene->arena, "%s/%s", scene->directory, path);
	scene->source = (struct source){
		.event = scene->event,
		.config = &scene->config,
		.changed = on_change,
		.arg = scene,
		.kind = &source_path,
	};
	scene->source.self = path_begin(&scene->source, pace);
}

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	char path[] = "/tmp/hcstate-unit-XXXXXX";

	scene->arena = hc_arena_new();
	assert_non_null(mkdtemp(path));
	scene->directory = hc_strdup(scene->arena, path);
	assert_true(sd_event_new(&scene->event) >= 0);
	sh(scene, "mkdir m; note a one > m/a.yaml");
	begin(scene, "m", &fast);
	*state = scene;
	return 0;
}

static void begin_again(struct scene *scene, const char *path, const struct path_pace *pace)
{
	source_path.end(scene->source.self);
	begin(scene, path, pace);
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	source_path.end(scene->source.self);
	sd_event_unref(scene->event);
	sh(scene, "cd /; rm -rf $OLDPWD");
	(void)hc_arena_free(scene->arena);
	free(scene);
	meddle = NULL;
	return 0;
}

static void run_for(const struct scene *scene, uint64_t us)
{
	uint64_t end = hc_now() + us;

	for (uint64_t now = hc_now(); now < end; now = hc_now())
		assert_true(sd_event_run(scene->event, end - now) >= 0);
}

static void assert_nothing(struct scene *scene)
{
	run_for(scene, 5 * scene->pace->settle / 2);
	assert_int_equal(scene->changed, 0);
}

static void wait_change(struct scene *scene)
{
	uint64_t end = hc_now() + 10ul * 1000 * 1000;

	while (!scene->changed && hc_now() < end)
		assert_true(sd_event_run(scene->event, end - hc_now()) >= 0);
	assert_int_equal(scene->changed, 1);
	scene->changed = 0;
}

static void assert_loads(struct scene *scene, const char *want)
{
	_cleanup_(hc_generation_freep) struct hc_generation *generation =
		source_path.load(scene->source.self, &notes);

	assert_non_null(generation);
	assert_null(scene->source.state.error);
	assert_string_equal(note_all(generation), want);
}

/* One change is heard of, then no more. */
static void assert_becomes(struct scene *scene, const char *want)
{
	wait_change(scene);
	assert_loads(scene, want);
	assert_nothing(scene);
}

static void assert_edit(struct scene *scene, const char *command, const char *want)
{
	sh(scene, command);
	assert_becomes(scene, want);
}

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

static void an_unreadable_file_is_an_error_until_it_is_mended(void **state)
{
	if (!geteuid())
		skip();
	assert_edit(*state, "chmod 000 m/a.yaml", "?");
	assert_edit(*state, "chmod 600 m/a.yaml", "a=one");
	assert_edit(*state, "chmod 000 m", "?");
	assert_edit(*state, "chmod 700 m", "a=one");
}

static void modes_matter(void **state)
{
	assert_edit(*state, "chmod 640 m/a.yaml", "a=one");
	assert_edit(*state, "chmod 750 m", "a=one");
	assert_edit(*state, "mkdir m/d", "a=one");
	assert_edit(*state, "chmod 750 m/d", "a=one");
}

static void put(const struct scene *scene, const char *path, const char *text)
{
	const char *base = strrchr(path, '/') + 1;
	FILE *file = fopen(hc_printf(scene->arena, "%s/%s", scene->directory, path), "w");

	assert_non_null(file);
	assert_true(fprintf(file, NOTE("%c", "%s"), *base, text) > 0);
	assert_int_equal(fclose(file), 0);
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

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

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
		TEST(an_unreadable_file_is_an_error_until_it_is_mended),
		TEST(modes_matter),
		TEST(a_thousand_edits_are_few_changes),
		TEST(endless_edits_are_heard_now_and_then),
		TEST(a_lost_event_is_a_change),
		TEST(what_changes_while_it_is_read_is_not_taken),
		TEST(a_tree_that_changes_while_it_is_read_is_not_taken),
		TEST(an_edit_that_is_not_over_is_not_read),
		TEST(who_is_in_a_hurry_does_not_wait),
		TEST(the_agent_gets_it_by_its_configuration),
		TEST(without_watches_it_is_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
