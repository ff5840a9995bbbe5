/* SPDX-License-Identifier: Apache-2.0 */
/* Images in a directory: what is told of them, and what becomes of what was there before. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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
		TEST(notes_of_others_are_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
