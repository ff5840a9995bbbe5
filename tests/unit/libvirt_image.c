/* SPDX-License-Identifier: Apache-2.0 */
/* Images in a directory: what is told of them, what becomes of what was there before, and of what
 * was left half made. */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include <cmocka.h>

#include <hcstate/file.h>

#include "providers/libvirt/image.h"
#include "providers/libvirt/job.h"

/* of "hello", as sha256sum says it */
#define RIGHT "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
#define WRONG "0000000000000000000000000000000000000000000000000000000000000000"

struct scene {
	struct hc_call call;
	struct hc_set desired;
	struct hc_state live;
	struct libvirt self;
	char top[32];
	const char *path, *source;
	struct hc_image *image;
};

static int begin(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct scene *scene = hc_new(arena, struct scene);
	struct hc_storage *storage;

	strcpy(scene->top, "/tmp/image-XXXXXX");
	if (!mkdtemp(scene->top) || setenv("HCSTATE_STATE", scene->top, 1))
		return -1;
	scene->path = hc_printf(arena, "%s/isos", scene->top);
	scene->source = hc_printf(arena, "%s/source", scene->top);
	scene->desired.arena = arena;
	scene->live.found.arena = arena;
	scene->call = (struct hc_call){
		.arena = arena,
		.node = "pve1",
		.deadline = hc_now() + 60000000,
		.diags = {.arena = arena},
		.desired = &scene->desired,
	};
	scene->self.jobs = jobs_new();
	storage = hc_resource_new(&scene->desired, &hc_storage, "pve1", "iso")->spec;
	storage->type = HC_STORAGE_DIR;
	storage->path = scene->path;
	scene->image = hc_resource_new(&scene->desired, &hc_image, NULL, "hello")->spec;
	scene->image->storage = "iso";
	scene->image->source = scene->source;
	scene->image->sha256 = RIGHT;
	hc_set_sort(&scene->desired);
	*state = scene;
	return hc_file_write(hc_printf(arena, "%s/.keep", scene->path), 0600, "", 0) ||
	       hc_file_write(scene->source, 0600, "hello", 5);
}

static int end(void **state)
{
	struct scene *scene = *state;

	scene->self.jobs = jobs_free(scene->self.jobs);
	(void)hc_file_clear(scene->top);
	hc_arena_free(scene->call.arena);
	return 0;
}

static const char *at(struct scene *scene, const char *name)
{
	return hc_printf(scene->call.arena, "%s/%s", scene->path, name);
}

static void put(struct scene *scene, const char *name, const char *text)
{
	assert_int_equal(hc_file_write(at(scene, name), 0600, text, strlen(text)), 0);
}

/* Makes it, to the job's end. */
static int make(struct scene *scene)
{
	int r = image_begin(&scene->call, &scene->self, "ImageFile/hello@pve1", scene->image,
			    "hello");

	while (!r || r == -EAGAIN) {
		r = job_settled(&scene->call, scene->self.jobs, "ImageFile/hello@pve1");
		if (!r)
			return 0;
		(void)usleep(1000);
	}
	return r;
}

static const struct hc_resource *look(struct scene *scene)
{
	const struct look look = {.call = &scene->call, .self = &scene->self, .live = &scene->live};

	scene->live.found.n = 0;
	assert_int_equal(image_file_noun.read(&look), 0);
	hc_set_sort(&scene->live.found);
	return hc_find(&scene->live.found, &hc_image_file, "pve1", "hello");
}

static const char *digest(struct scene *scene)
{
	const struct hc_resource *r = look(scene);
	const struct hc_image_file *file = r ? r->spec : NULL;

	return !r ? "none" : file->sha256 ? file->sha256 : "";
}

static void each_node_with_the_directory_wants_the_file(void **state)
{
	struct scene *scene = *state;
	const struct hc_resource *r;

	assert_int_equal(image_derive(&scene->call, &scene->desired), 0);
	r = hc_find(&scene->desired, &hc_image_file, "pve1", "hello");
	assert_non_null(r);
	assert_string_equal(((const struct hc_image_file *)r->spec)->sha256, RIGHT);
}

static void another_node_s_directory_is_its_own(void **state)
{
	struct scene *scene = *state;

	scene->call.node = "pve2";
	assert_int_equal(image_derive(&scene->call, &scene->desired), 0);
	assert_null(hc_find(&scene->desired, &hc_image_file, "pve2", "hello"));
}

static void it_is_made_whole_with_its_note(void **state)
{
	struct scene *scene = *state;
	char *text;

	assert_string_equal(digest(scene), "none");
	assert_int_equal(make(scene), 0);
	assert_string_equal(digest(scene), RIGHT);
	assert_true(look(scene)->made);
	assert_int_equal(hc_file_read(scene->call.arena, at(scene, "hello"), 10, &text, NULL), 0);
	assert_string_equal(text, "hello");
	assert_int_equal(access(at(scene, "hello.new"), F_OK), -1);
	/* what it was fetched as takes no room any more */
	assert_int_equal(access(hc_printf(scene->call.arena, "%s/fetch/" RIGHT, scene->top), F_OK),
			 -1);
}

static void a_wrong_one_is_never_there(void **state)
{
	struct scene *scene = *state;

	scene->image->sha256 = WRONG;
	assert_int_equal(make(scene), -EBADMSG);
	assert_non_null(strstr(hc_said(&scene->call, ""), "has sha256 " RIGHT ", not " WRONG));
	assert_string_equal(digest(scene), "none");
	assert_int_equal(access(at(scene, "hello"), F_OK), -1);
}

static void the_very_file_that_was_put_there_is_taken(void **state)
{
	struct scene *scene = *state;

	put(scene, "hello", "hello");
	assert_string_equal(digest(scene), "none");
	scene->image->source = "/nowhere";
	assert_int_equal(make(scene), 0);
	assert_string_equal(digest(scene), RIGHT);
}

static void another_file_that_was_put_there_is_left(void **state)
{
	struct scene *scene = *state;
	char *text;

	put(scene, "hello", "other");
	assert_int_equal(make(scene), -EEXIST);
	assert_int_equal(hc_file_read(scene->call.arena, at(scene, "hello"), 10, &text, NULL), 0);
	assert_string_equal(text, "other");
}

static void one_that_changed_is_not_it_any_more(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(make(scene), 0);
	put(scene, "hello", "hello, world");
	assert_string_equal(digest(scene), "");
	assert_true(look(scene)->made);
}

static void one_of_another_format_is_not_it(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(make(scene), 0);
	scene->image->format = HC_IMAGE_QCOW2;
	assert_string_equal(digest(scene), "");
}

static void a_note_without_its_file_is_of_nothing(void **state)
{
	struct scene *scene = *state;

	put(scene, ".hello.sha256", RIGHT " raw 5");
	assert_string_equal(digest(scene), "none");
}

static bool is_there(struct scene *scene, const char *name)
{
	return !access(at(scene, name), F_OK);
}

/* As a run that was killed leaves it; "debian" has no document. */
static void leave_half(struct scene *scene, const char *name)
{
	const char *new = hc_printf(scene->call.arena, "%s.new", name);
	const struct volume made = {.type = HC_STORAGE_DIR, .pool = scene->path, .name = new};

	assert_int_equal(image_mark(scene->call.arena, NULL, &made), 0);
	put(scene, new, "hel");
	put(scene, hc_printf(scene->call.arena, ".%s.copied", new), "0 " RIGHT);
	put(scene, hc_printf(scene->call.arena, ".%s.sha256", name), RIGHT " raw 5");
}

static const struct hc_resource *find_half(struct scene *scene, const char *name)
{
	const struct hc_resource *r;

	(void)look(scene);
	r = hc_find(&scene->live.found, &hc_image_file, "pve1", name);
	return r && ((const struct hc_image_file *)r->spec)->unfinished ? r : NULL;
}

static void half_of_what_nobody_asks_for_goes_without_a_question(void **state)
{
	struct scene *scene = *state;
	struct hc_change change = {.action = HC_REMOVE, .type = &hc_image_file, .name = "debian"};
	struct hc_plan plan = {.arena = scene->call.arena};

	leave_half(scene, "debian");
	change.have = find_half(scene, "debian");
	assert_non_null(change.have);
	assert_true(change.have->made);
	assert_int_equal(image_file_noun.adjust(&scene->call, &change), 0);
	assert_null(change.kept);
	assert_int_equal(image_file_noun.plan(&scene->call, &change, &plan), 0);
	assert_int_equal(change.nstep, 1);
	assert_int_equal(image_file_noun.apply(&scene->call, &scene->self, change.steps[0]), 0);
	assert_false(is_there(scene, "debian.new"));
	assert_false(is_there(scene, ".debian.new.copied"));
	assert_false(is_there(scene, ".debian.new.owner"));
	assert_false(is_there(scene, ".debian.sha256"));
	assert_null(find_half(scene, "debian"));
}

static void half_of_what_is_asked_for_is_gone_on_with(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(image_derive(&scene->call, &scene->desired), 0);
	leave_half(scene, "hello");
	assert_null(find_half(scene, "hello"));
	assert_int_equal(make(scene), 0);
	assert_string_equal(digest(scene), RIGHT);
	assert_false(is_there(scene, ".hello.new.owner"));
	assert_false(is_there(scene, ".hello.new.copied"));
}

static void a_file_of_that_name_that_is_not_ours_stays(void **state)
{
	struct scene *scene = *state;

	put(scene, "debian.new", "mine");
	assert_null(find_half(scene, "debian"));
	leave_half(scene, "other");
	assert_int_equal(image_sweep(&scene->call, NULL, "other"), 0);
	assert_true(is_there(scene, "debian.new"));
}

/* A disk's half is the disk's. */
static void half_of_a_disk_is_no_image(void **state)
{
	struct scene *scene = *state;

	put(scene, ".vm-100-disk-0.new.owner", "vm/disk-0");
	put(scene, "vm-100-disk-0.new", "x");
	assert_null(find_half(scene, "vm-100-disk-0"));
}

static const char *fetched(struct scene *scene, const char *name)
{
	return hc_printf(scene->call.arena, "%s/fetch/%s", scene->top, name);
}

static void put_fetched(struct scene *scene, const char *name)
{
	assert_int_equal(hc_file_write(fetched(scene, name), 0600, "x", 1), 0);
}

static bool is_fetched(struct scene *scene, const char *name)
{
	return !access(fetched(scene, name), F_OK);
}

static void what_nobody_waits_for_is_not_kept_fetched(void **state)
{
	static const char *const names[] = {
		WRONG,        WRONG ".part",    WRONG ".part.tag", "." WRONG ".part.tag.new",
		WRONG ".raw", WRONG ".raw.part"};
	struct scene *scene = *state;

	for (size_t i = 0; i < HC_COUNT(names); i++)
		put_fetched(scene, names[i]);
	put_fetched(scene, "x" WRONG);
	put_fetched(scene, WRONG "0");
	put_fetched(scene, WRONG ".iso");
	(void)look(scene);
	for (size_t i = 0; i < HC_COUNT(names); i++)
		assert_false(is_fetched(scene, names[i]));
	assert_true(is_fetched(scene, "x" WRONG));
	assert_true(is_fetched(scene, WRONG "0"));
	assert_true(is_fetched(scene, WRONG ".iso"));
}

static void what_is_waited_for_is_kept_until_it_is_there(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(image_derive(&scene->call, &scene->desired), 0);
	put_fetched(scene, RIGHT ".part");
	(void)look(scene);
	assert_true(is_fetched(scene, RIGHT ".part"));
	assert_int_equal(make(scene), 0);
	put_fetched(scene, RIGHT ".part");
	(void)look(scene);
	assert_false(is_fetched(scene, RIGHT ".part"));
}

static void who_only_looks_leaves_it(void **state)
{
	struct scene *scene = *state;

	put_fetched(scene, WRONG ".part");
	scene->call.dry = true;
	(void)look(scene);
	assert_true(is_fetched(scene, WRONG ".part"));
}

static void what_is_just_being_fetched_stays(void **state)
{
	struct scene *scene = *state;
	int fd;

	put_fetched(scene, WRONG ".part");
	fd = open(fetched(scene, WRONG ".part"), O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	(void)look(scene);
	assert_true(is_fetched(scene, WRONG ".part"));
	(void)close(fd);
	(void)look(scene);
	assert_false(is_fetched(scene, WRONG ".part"));
}

static void notes_of_others_are_not_believed(void **state)
{
	static const char *const notes[] = {
		"",
		"x",
		RIGHT,
		RIGHT " raw",
		RIGHT " raw x",
		RIGHT " raw 5 more",
		RIGHT " vmdk 5",
		"2cf24dba raw 5",
		RIGHT "00 raw 5",
	};
	struct scene *scene = *state;
	struct image_note note;

	for (size_t i = 0; i < HC_COUNT(notes); i++)
		assert_false(image_note_read(scene->call.arena, notes[i], &note));
	assert_false(image_note_read(scene->call.arena, NULL, &note));
	assert_true(image_note_read(scene->call.arena, RIGHT " qcow2 5", &note));
	assert_int_equal(note.format, HC_IMAGE_QCOW2);
	assert_int_equal(note.size, 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_node_with_the_directory_wants_the_file),
		TEST(another_node_s_directory_is_its_own),
		TEST(it_is_made_whole_with_its_note),
		TEST(a_wrong_one_is_never_there),
		TEST(the_very_file_that_was_put_there_is_taken),
		TEST(another_file_that_was_put_there_is_left),
		TEST(one_that_changed_is_not_it_any_more),
		TEST(one_of_another_format_is_not_it),
		TEST(a_note_without_its_file_is_of_nothing),
		TEST(half_of_what_nobody_asks_for_goes_without_a_question),
		TEST(half_of_what_is_asked_for_is_gone_on_with),
		TEST(a_file_of_that_name_that_is_not_ours_stays),
		TEST(half_of_a_disk_is_no_image),
		TEST(what_nobody_waits_for_is_not_kept_fetched),
		TEST(what_is_waited_for_is_kept_until_it_is_there),
		TEST(who_only_looks_leaves_it),
		TEST(what_is_just_being_fetched_stays),
		TEST(notes_of_others_are_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
