/* SPDX-License-Identifier: Apache-2.0 */
/* The kept generation: comes back as it was, or not at all. */

#include "agent_note.h"

#include <dirent.h>
#include <errno.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <hcstate/file.h>
#include <reconciler/agent/store.h>

struct place {
	struct hc_arena *arena;
	const char *directory, *state_dir;
	struct hc_diags diags;
};

static const struct hc_commit tip = {
	.id = "1111111111111111111111111111111111111111",
	.author = "Ada \"the first\" Lovelace",
	.subject = "notes: \x01 one, and \xff",
	.signer = "ada@example.org",
	.when = 1700000000,
};
static const struct hc_commit older = {
	.id = "2222222222222222222222222222222222222222",
	.author = "Bob",
	.subject = "",
	.when = 1600000000,
};

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));
	char path[] = "/tmp/hcstate-unit-XXXXXX";

	place->arena = place->diags.arena = hc_arena_new();
	assert_non_null(mkdtemp(path));
	place->directory = hc_strdup(place->arena, path);
	place->state_dir = hc_printf(place->arena, "%s/state", path);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;
	int r = system(hc_printf(place->arena, "rm -rf %s", place->directory));

	(void)hc_arena_free(place->arena);
	free(place);
	return r;
}

static const char *in(const struct place *place, const char *name)
{
	return hc_printf(place->arena, "%s/generation/%s", place->state_dir, name);
}

static struct hc_source *source(struct hc_arena *arena, const char *path, const char *text)
{
	struct hc_source *made = hc_new(arena, struct hc_source);

	made->path = path;
	made->text = text;
	made->size = strlen(text);
	return made;
}

/* Two files; of a commit, or only of a path. */
static struct hc_generation *generation(const char *text, const struct hc_commit *commit)
{
	static const struct hc_hunk hunks[] = {{1, 2, &tip}, {3, 1, &older}, {4, 1, &tip}};
	struct hc_arena *arena = hc_arena_new();
	struct hc_source **sources = hc_alloc(arena, 2 * sizeof(*sources));

	sources[0] = source(arena, "m/a.yaml", NOTE("a", "one"));
	sources[1] = source(arena, "m/s\xfc \"b\".yaml",
			    hc_printf(arena, NOTE("b", "%s") "# no line's end", text));
	if (commit) {
		sources[0]->hunk = hunks;
		sources[0]->nhunk = HC_COUNT(hunks);
	}
	return hc_load_texts(&notes, &arena, "m", sources, 2, commit ? commit->id : NULL, commit);
}

static void keep(struct place *place, const char *text, const struct hc_commit *commit)
{
	_cleanup_(hc_generation_freep) struct hc_generation *made = generation(text, commit);

	assert_int_equal(store_keep(place->state_dir, made, &place->diags), 0);
	assert_int_equal(place->diags.n, 0);
}

static struct hc_generation *load(struct place *place)
{
	return store_load(place->state_dir, &notes, &place->diags);
}

static void assert_kept(struct place *place, const char *want)
{
	_cleanup_(hc_generation_freep) struct hc_generation *kept = load(place);

	assert_non_null(kept);
	assert_int_equal(place->diags.n, 0);
	assert_string_equal(note_all(kept), want);
}

static void assert_said(struct place *place, const char *part)
{
	assert_int_equal(place->diags.errors, 1);
	if (!strstr(place->diags.v[0].text, part))
		fail_msg("\"%s\" is not in: %s", part, place->diags.v[0].text);
	place->diags = (struct hc_diags){.arena = place->arena};
}

static void assert_damaged(struct place *place, const char *part)
{
	assert_null(load(place));
	assert_said(place, part);
}

/* The one that is not the index. */
static const char *texts(const struct place *place)
{
	DIR *directory = opendir(in(place, "."));
	const struct dirent *entry;
	const char *path = NULL;
	int n = 0;

	while ((entry = readdir(directory)))
		if (*entry->d_name != '.') {
			n++;
			if (strcmp(entry->d_name, "index.json") != 0)
				path = in(place, entry->d_name);
		} else if (entry->d_name[1] && entry->d_name[1] != '.')
			fail_msg("%s is left over", entry->d_name);
	closedir(directory);
	assert_int_equal(n, 2);
	return path;
}

static char *read_file(const struct place *place, const char *path)
{
	char *text;

	assert_int_equal(hc_file_read(place->arena, path, 1 << 20, &text, NULL), 0);
	return text;
}

static void write_file(const char *path, const char *text)
{
	assert_int_equal(hc_file_write(path, 0600, text, strlen(text)), 0);
}

static const char *replaced(struct hc_arena *arena, const char *text, const char *from,
			    const char *to)
{
	const char *at = strstr(text, from);

	if (!at)
		fail_msg("%s is not in %s", from, text);
	return hc_printf(arena, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

static void assert_commit(const struct hc_commit *have, const struct hc_commit *want)
{
	assert_string_equal(have->id, want->id);
	assert_string_equal(have->author, want->author);
	assert_string_equal(have->subject, want->subject);
	if (want->signer)
		assert_string_equal(have->signer, want->signer);
	else
		assert_null(have->signer);
	assert_int_equal(have->when, want->when);
}

static void all_of_a_generation_comes_back(void **state)
{
	struct place *place = *state;
	_cleanup_(hc_generation_freep) struct hc_generation *want = generation("two", &tip);
	_cleanup_(hc_generation_freep) struct hc_generation *have = NULL;

	keep(place, "two", &tip);
	have = load(place);
	assert_non_null(have);
	assert_string_equal(have->id, want->id);
	assert_string_equal(have->root, want->root);
	assert_commit(have->commit, &tip);
	assert_int_equal(have->nsource, want->nsource);
	for (size_t i = 0; i < have->nsource; i++) {
		assert_string_equal(have->sources[i]->path, want->sources[i]->path);
		assert_int_equal(have->sources[i]->size, want->sources[i]->size);
		assert_string_equal(have->sources[i]->text, want->sources[i]->text);
		assert_int_equal(have->sources[i]->nhunk, want->sources[i]->nhunk);
		for (size_t k = 0; k < have->sources[i]->nhunk; k++) {
			const struct hc_hunk *hunk = &have->sources[i]->hunk[k];

			assert_int_equal(hunk->first, want->sources[i]->hunk[k].first);
			assert_int_equal(hunk->lines, want->sources[i]->hunk[k].lines);
			assert_commit(hunk->commit, want->sources[i]->hunk[k].commit);
		}
	}
	assert_string_equal(note_all(have), "a=one b=two");
}

static void without_a_commit_it_has_the_name_of_its_texts(void **state)
{
	struct place *place = *state;
	_cleanup_(hc_generation_freep) struct hc_generation *want = generation("two", NULL);
	_cleanup_(hc_generation_freep) struct hc_generation *have = NULL;

	keep(place, "two", NULL);
	have = load(place);
	assert_string_equal(have->id, want->id);
	assert_null(have->commit);
	assert_null(have->sources[0]->hunk);
}

static void nothing_kept_is_nothing_said(void **state)
{
	struct place *place = *state;

	assert_null(load(place));
	assert_int_equal(place->diags.n, 0);
}

static bool same_time(const char *path, const struct stat *before)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_ino == before->st_ino && st.st_ctim.tv_sec == before->st_ctim.tv_sec &&
	       st.st_ctim.tv_nsec == before->st_ctim.tv_nsec;
}

static void the_same_again_is_not_written(void **state)
{
	struct place *place = *state;
	const char *path[3];
	struct stat st[3];

	keep(place, "two", &tip);
	path[0] = texts(place);
	path[1] = in(place, "index.json");
	path[2] = in(place, ".");
	for (int i = 0; i < 3; i++)
		assert_int_equal(stat(path[i], &st[i]), 0);
	(void)usleep(20 * 1000); /* the kernel's clock of files goes in steps */
	keep(place, "two", &tip);
	for (int i = 0; i < 3; i++)
		assert_true(same_time(path[i], &st[i]));
	keep(place, "two", NULL);
	assert_false(same_time(path[1], &st[1]));
	assert_true(same_time(path[0], &st[0])); /* the texts are the same */
}

static void another_one_leaves_nothing_of_the_first(void **state)
{
	struct place *place = *state;
	const char *first;

	keep(place, "two", &tip);
	first = texts(place);
	write_file(in(place, ".texts-killed.new"), "half");
	keep(place, "three", &tip);
	assert_string_not_equal(texts(place), first);
	assert_kept(place, "a=one b=three");
}

static void it_is_private(void **state)
{
	struct place *place = *state;
	struct stat st;

	keep(place, "two", NULL);
	assert_int_equal(stat(in(place, "."), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(in(place, "index.json"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(texts(place), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void damaged_texts_are_not_used(void **state)
{
	struct place *place = *state;
	const char *path, *text;

	keep(place, "two", &tip);
	path = texts(place);
	text = read_file(place, path);
	write_file(path, replaced(place->arena, text, "two", "too"));
	assert_damaged(place, "its texts are not what was written");
	keep(place, "two", &tip); /* the digest is the same, but not what is there */
	assert_kept(place, "a=one b=two");
	write_file(path, hc_printf(place->arena, "%.20s", text));
	assert_damaged(place, "its texts are not what was written");
	assert_int_equal(unlink(path), 0);
	assert_damaged(place, "its texts cannot be read");
}

static void an_index_that_is_not_ours_is_not_believed(void **state)
{
	static const char *const wrong[][2] = {
		{"\"id\":\"11", "\"id\":\"1/"},
		{"\"id\":\"11", "\"id\":\"1"},
		{"\"id\":\"1", "\"id\":\"A"},
		{"\"root\":\"m\"", "\"root\":\"\""},
		{"\"root\":\"m\"", "\"root\":7"},
		{"\"texts\":\"", "\"texts\":\"../"},
		{"\"commit\":\"11", "\"commit\":\"12"},
		{"\"commit\":\"", "\"commit\":null,\"x\":\""},
		{"\"commits\":{", "\"commits\":[],\"x\":{"},
		{"\"commits\":{\"11", "\"commits\":{\"1x"},
		{"\"when\":17", "\"when\":-17"},
		{"\"path\":\"m/a.yaml\"", "\"path\":\"\""},
		{"\"path\":\"m/a", "\"path\":\"m\\u0000/a"},
		{"\"path\":\"m/a.yaml\"", "\"path\":[]"},
		{"\"size\":", "\"size\":1"},
		{"\"size\":", "\"size\":-"},
		{"\"size\":", "\"size\":99999999999999999999"},
		{"\"size\":", "\"size\":0,\"x\":"},
		{"\"size\":", "\"size\":60000000,\"x\":"},
		{",{\"path\":\"m/s", "],\"x\":[{\"path\":\"m/s"},
		{"\"commits\":{", "\"commits\":{\"../x\":{\"when\":1},"},
		{"[4,1,", "[4,4294967295,"},
		{"\"files\":[{", "\"files\":[7,{"},
		{"\"files\":[{", "\"files\":[],\"x\":[{"},
		{"\"files\":[{", "\"files\":{},\"x\":[{"},
		{"[1,2,", "[0,2,"},
		{"[1,2,", "[1,0,"},
		{"[1,2,", "[1,3,"},
		{"[1,2,", "[4294967295,1,"},
		{"[1,2,\"1", "[1,2,\"3"},
		{"[1,2,\"1", "[1,2,7,\"1"},
		{"[1,2,", "[[1,2],"},
		{"\"hunks\":[", "\"hunks\":{},\"x\":["},
		{"{", "[[[[[[[[[[{"},
		{"{", "7,{"},
		{"{", "{}{"},
		{"}]}", "}]"},
		{"}]}", "}]}}"},
	};
	struct place *place = *state;
	const char *index;

	keep(place, "two", &tip);
	index = read_file(place, in(place, "index.json"));
	for (size_t i = 0; i < HC_COUNT(wrong); i++) {
		write_file(in(place, "index.json"),
			   replaced(place->arena, index, wrong[i][0], wrong[i][1]));
		print_message("%s\n", wrong[i][1]);
		assert_damaged(place, "damaged and not used: its index ");
	}
	write_file(in(place, "index.json"), "");
	assert_damaged(place, "its index cannot be read");
	write_file(in(place, "index.json"), index);
	assert_kept(place, "a=one b=two");
}

/* As large as they are together, but cut elsewhere. */
static void an_index_of_other_texts_is_not_used(void **state)
{
	static const int shift[] = {-2, 2};
	struct place *place = *state;
	_cleanup_(hc_generation_freep) struct hc_generation *made = generation("two", &tip);
	const char *index;

	keep(place, "two", &tip);
	index = read_file(place, in(place, "index.json"));
	for (int i = 0; i < 2; i++) {
		int size = (int)made->sources[i]->size;

		index = replaced(place->arena, index, hc_printf(place->arena, "\"size\":%d", size),
				 hc_printf(place->arena, "\"size\":%d", size + shift[i]));
	}
	write_file(in(place, "index.json"), index);
	assert_damaged(place, "its index is not of its texts");
}

static void texts_of_another_name_are_not_used(void **state)
{
	struct place *place = *state;
	const char *index;

	keep(place, "two", NULL);
	index = read_file(place, in(place, "index.json"));
	write_file(in(place, "index.json"), replaced(place->arena, index, "m/a.yaml", "m/c.yaml"));
	assert_damaged(place, "its name is not that of its texts");
}

static void what_another_version_does_not_know_is_said(void **state)
{
	static const struct hc_registry none = {.ntype = 0};
	struct place *place = *state;
	_cleanup_(hc_freep) char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	keep(place, "two", &tip);
	assert_null(store_load(place->state_dir, &none, &place->diags));
	assert_true(place->diags.errors > 1);
	hc_diags_print(&place->diags, out);
	(void)fclose(out);
	assert_non_null(strstr(text, "not good for this version"));
	assert_non_null(strstr(text, "m/a.yaml:2")); /* the places are still there */
}

/* As on a full disk: from a size on, no file can be written. */
static int keep_within(struct place *place, rlim_t size, const struct hc_generation *made)
{
	struct rlimit usual, small;
	int r;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &usual), 0);
	small = (struct rlimit){size, usual.rlim_max};
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	r = store_keep(place->state_dir, made, &place->diags);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &usual), 0);
	return r;
}

static void a_full_disk_leaves_the_one_before(void **state)
{
	struct place *place = *state;
	struct hc_commit wordy = tip;
	_cleanup_(hc_generation_freep) struct hc_generation *small = NULL;
	_cleanup_(hc_generation_freep) struct hc_generation *large = NULL;
	char *subject = hc_alloc(place->arena, 8192);

	wordy.subject = memset(subject, 'x', 8191);
	small = generation("three", &wordy); /* with a large index */
	large = generation(subject, NULL);
	keep(place, "two", &tip);
	assert_int_equal(keep_within(place, 4096, large), -EFBIG);
	assert_said(place, "/generation: File too large");
	(void)texts(place); /* nothing else is left */
	assert_kept(place, "a=one b=two");
	assert_int_equal(keep_within(place, 4096, small), -EFBIG);
	assert_said(place, "cannot be kept");
	(void)texts(place);
	assert_kept(place, "a=one b=two");
	keep(place, "two", NULL);
	assert_int_equal(keep_within(place, 16, large), -EFBIG);
	assert_said(place, "cannot be kept");
	assert_kept(place, "a=one b=two");
}

/* The index of the same texts, too large: the texts belong to the generation before. */
static void texts_that_are_in_use_stay(void **state)
{
	struct place *place = *state;
	struct hc_commit wordy = tip;
	_cleanup_(hc_generation_freep) struct hc_generation *same = NULL;

	wordy.subject = memset(hc_alloc(place->arena, 8192), 'x', 8191);
	same = generation("two", &wordy);
	keep(place, "two", &tip);
	assert_int_equal(keep_within(place, 4096, same), -EFBIG);
	assert_said(place, "cannot be kept");
	assert_kept(place, "a=one b=two");
}

static void keep_for_ever(const char *state_dir)
{
	struct hc_diags diags = {.arena = hc_arena_new()};
	struct hc_generation *one = generation("two", &tip), *other = generation("three", NULL);

	for (;;) {
		(void)store_keep(state_dir, one, &diags);
		(void)store_keep(state_dir, other, &diags);
	}
}

static void a_kill_leaves_the_old_or_the_new(void **state)
{
	struct place *place = *state;

	keep(place, "two", &tip);
	for (useconds_t i = 0; i < 60; i++) {
		_cleanup_(hc_generation_freep) struct hc_generation *kept = NULL;
		pid_t pid = fork();

		if (!pid)
			keep_for_ever(place->state_dir);
		(void)usleep(1000 + i * 311);
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		kept = load(place);
		assert_non_null(kept);
		assert_string_equal(note_all(kept), kept->commit ? "a=one b=two" : "a=one b=three");
	}
	assert_int_equal(place->diags.n, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_of_a_generation_comes_back),
		TEST(without_a_commit_it_has_the_name_of_its_texts),
		TEST(nothing_kept_is_nothing_said),
		TEST(the_same_again_is_not_written),
		TEST(another_one_leaves_nothing_of_the_first),
		TEST(it_is_private),
		TEST(damaged_texts_are_not_used),
		TEST(an_index_that_is_not_ours_is_not_believed),
		TEST(an_index_of_other_texts_is_not_used),
		TEST(texts_of_another_name_are_not_used),
		TEST(what_another_version_does_not_know_is_said),
		TEST(a_full_disk_leaves_the_one_before),
		TEST(texts_that_are_in_use_stay),
		TEST(a_kill_leaves_the_old_or_the_new),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
