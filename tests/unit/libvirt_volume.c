/* SPDX-License-Identifier: Apache-2.0 */
/* Volumes in a directory: nothing that is half made is ever taken for the thing. */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include <hcstate/file.h>

#include "providers/libvirt/storage.h"
#include "providers/libvirt/volume.h"
#include "providers/libvirt/volume_copy.h"
#include "providers/libvirt/volume_mark.h"
#include "providers/libvirt/volume_note.h"

#define MIB ((size_t)1 << 20)

enum {
	LONG_US = 60000000,
};

struct scene {
	struct hc_call call;
	struct hc_set desired;
	char path[32];
	struct volume disk, image;
};

static void want_storage(struct scene *scene, const char *name, const char *pool)
{
	struct hc_resource *r = hc_resource_new(&scene->desired, &hc_storage, "pve1", name);
	struct hc_storage *storage = r->spec;

	storage->type = pool ? HC_STORAGE_RBD : HC_STORAGE_DIR;
	storage->pool = pool;
	storage->path = pool ? NULL : scene->path;
}

static int begin(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct scene *scene = hc_new(arena, struct scene);

	scene->desired.arena = arena;
	scene->call = (struct hc_call){
		.arena = arena,
		.node = "pve1",
		.deadline = hc_now() + LONG_US,
		.diags = {.arena = arena},
		.desired = &scene->desired,
	};
	strcpy(scene->path, "/tmp/volume-XXXXXX");
	if (!mkdtemp(scene->path))
		return -1;
	want_storage(scene, "local", NULL);
	want_storage(scene, "shared", "vms");
	hc_set_sort(&scene->desired);
	assert_true(volume_of(&scene->call, "local", "vm-100-disk-0", &scene->disk));
	assert_true(volume_of(&scene->call, "local", "debian", &scene->image));
	*state = scene;
	return 0;
}

static int end(void **state)
{
	struct scene *scene = *state;

	(void)hc_file_clear(scene->path);
	hc_arena_free(scene->call.arena);
	return 0;
}

static const char *path_of(struct scene *scene, const char *name)
{
	return hc_printf(scene->call.arena, "%s/%s", scene->path, name);
}

static uint64_t size_of(struct scene *scene, const struct volume *volume)
{
	uint64_t size;

	assert_int_equal(volume_sizes(&scene->call, NULL, volume, 1, &size), 0);
	return size;
}

/* Of 9 MiB: a MiB of data, zeros, and data at its end. */
static char *write_image(struct scene *scene)
{
	char *data = hc_alloc(scene->call.arena, 9 * MIB);

	memset(data, 'a', MIB);
	memset(data + 9 * MIB - 5, 'z', 5);
	assert_int_equal(hc_file_write(path_of(scene, "debian"), 0600, data, 9 * MIB), 0);
	return data;
}

static int make(struct scene *scene, uint64_t size, const struct volume *image)
{
	return volume_make(&scene->call, NULL, &scene->disk, size, image, "vm/disk-0");
}

static void a_storage_says_where_a_volume_is(void **state)
{
	struct scene *scene = *state;
	struct volume volume;

	assert_string_equal(volume_text(scene->call.arena, &scene->disk),
			    path_of(scene, "vm-100-disk-0"));
	assert_true(volume_of(&scene->call, "shared", "x", &volume));
	assert_string_equal(volume_text(scene->call.arena, &volume), "vms/x");
	assert_false(volume_of(&scene->call, "nowhere", "x", &volume));
}

static void a_mark_says_whose_it_is_and_whether_it_was_whole(void **state)
{
	struct scene *scene = *state;
	struct hc_arena *arena = scene->call.arena;
	bool made;

	assert_string_equal(volume_mark_read(arena, "vm/disk-0", &made), "vm/disk-0");
	assert_false(made);
	assert_string_equal(volume_mark_read(arena, "vm/disk-0 made", &made), "vm/disk-0");
	assert_true(made);
	assert_string_equal(volume_mark_read(arena, "vm/disk-0 made up", &made), "vm/disk-0");
	assert_false(made);
	assert_string_equal(volume_mark_read(arena, "", &made), "");
	assert_false(made);
}

static void an_empty_one_takes_no_room(void **state)
{
	struct scene *scene = *state;
	struct stat is;

	assert_int_equal(size_of(scene, &scene->disk), 0);
	assert_int_equal(make(scene, 3 * MIB, NULL), 0);
	assert_int_equal(size_of(scene, &scene->disk), 3 * MIB);
	assert_int_equal(stat(path_of(scene, "vm-100-disk-0"), &is), 0);
	assert_int_equal(is.st_blocks, 0);
	assert_int_equal(is.st_mode & 07777, 0600);
}

static void one_that_is_there_is_left_as_it_is(void **state)
{
	struct scene *scene = *state;
	char *text;

	assert_int_equal(hc_file_write(path_of(scene, "vm-100-disk-0"), 0600, "data", 4), 0);
	assert_int_equal(make(scene, MIB, NULL), 0);
	assert_int_equal(hc_file_read(scene->call.arena, path_of(scene, "vm-100-disk-0"), MIB,
				      &text, NULL),
			 0);
	assert_string_equal(text, "data");
}

static void one_of_an_image_has_its_bytes_and_its_own_size(void **state)
{
	struct scene *scene = *state;
	char *image = write_image(scene), *disk;

	assert_int_equal(make(scene, 12 * MIB, &scene->image), 0);
	assert_int_equal(size_of(scene, &scene->disk), 12 * MIB);
	assert_int_equal(hc_file_read(scene->call.arena, path_of(scene, "vm-100-disk-0"), 16 * MIB,
				      &disk, NULL),
			 0);
	assert_memory_equal(image, disk, 9 * MIB);
	assert_int_equal(access(path_of(scene, "vm-100-disk-0.new"), F_OK), -1);
	assert_int_equal(access(path_of(scene, ".vm-100-disk-0.new.copied"), F_OK), -1);
}

static void one_smaller_than_its_image_is_refused(void **state)
{
	struct scene *scene = *state;

	(void)write_image(scene);
	assert_int_equal(make(scene, MIB, &scene->image), -EINVAL);
	assert_int_equal(size_of(scene, &scene->disk), 0);
}

static void an_image_that_is_not_there_is_waited_for(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(make(scene, MIB, &scene->image), -EAGAIN);
	assert_int_equal(size_of(scene, &scene->disk), 0);
}

static bool never(void *arg, uint64_t done, uint64_t size)
{
	(void)arg, (void)done, (void)size;
	return false;
}

static bool twice(void *arg, uint64_t done, uint64_t size)
{
	unsigned *left = arg;

	(void)done, (void)size;
	return (*left)-- > 0;
}

static bool always(void *arg, uint64_t done, uint64_t size)
{
	(void)size;
	if (arg)
		*(uint64_t *)arg = done;
	return true;
}

/* Copies of `what`; gives what came of it. */
static int copy(struct scene *scene, const char *what, copy_goes_on *goes_on, void *arg)
{
	const struct volume made = volume_unfinished(scene->call.arena, &scene->disk);
	struct opened from;
	int r;

	assert_int_equal(volume_open(scene->call.arena, NULL, &scene->image, VOLUME_READ, &from),
			 0);
	r = volume_copy(&scene->call, NULL, &from, what, &made, goes_on, arg);
	volume_close(&from);
	return r;
}

static void a_copy_goes_on_where_it_was_stopped(void **state)
{
	struct scene *scene = *state;
	char *image = write_image(scene), *disk;
	unsigned chunks = 2;
	uint64_t last = 0;

	assert_int_equal(copy(scene, "v1", twice, &chunks), -EINTR);
	assert_int_equal(size_of(scene, &scene->disk), 0);
	/* what was copied is not copied again: a change of it there stays */
	int fd = open(path_of(scene, "vm-100-disk-0.new"), O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "b", 1, 0), 1);
	(void)close(fd);
	assert_int_equal(copy(scene, "v1", always, &last), 0);
	assert_int_equal(last, 8 * MIB);
	assert_int_equal(hc_file_read(scene->call.arena, path_of(scene, "vm-100-disk-0.new"),
				      16 * MIB, &disk, NULL),
			 0);
	assert_int_equal(disk[0], 'b');
	assert_memory_equal(image + 1, disk + 1, 9 * MIB - 1);
}

static void a_copy_of_something_else_begins_anew(void **state)
{
	struct scene *scene = *state;
	char *image = write_image(scene), *disk;
	unsigned chunks = 2;

	assert_int_equal(copy(scene, "v1", twice, &chunks), -EINTR);
	int fd = open(path_of(scene, "vm-100-disk-0.new"), O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "b", 1, 0), 1);
	(void)close(fd);
	assert_int_equal(copy(scene, "v2", always, NULL), 0);
	assert_int_equal(hc_file_read(scene->call.arena, path_of(scene, "vm-100-disk-0.new"),
				      16 * MIB, &disk, NULL),
			 0);
	assert_memory_equal(image, disk, 9 * MIB);
}

static void a_note_of_others_is_not_believed(void **state)
{
	static const char *const notes[] = {
		"99999999999999999999 v1", "-4194304 v1", "4194305 v1", "8388608 v2", "x", "",
	};
	struct scene *scene = *state;
	const struct volume made = volume_unfinished(scene->call.arena, &scene->disk);
	char *image = write_image(scene), *disk;

	for (size_t i = 0; i < HC_COUNT(notes); i++) {
		assert_int_equal(copy(scene, "v1", never, NULL), -EINTR);
		assert_int_equal(volume_note(scene->call.arena, NULL, &made, "copied", notes[i]),
				 0);
		assert_int_equal(copy(scene, "v1", always, NULL), 0);
		assert_int_equal(hc_file_read(scene->call.arena,
					      path_of(scene, "vm-100-disk-0.new"), 16 * MIB, &disk,
					      NULL),
				 0);
		assert_memory_equal(image, disk, 9 * MIB);
	}
}

static void a_copy_that_takes_longer_than_the_call_is_waited_for(void **state)
{
	struct scene *scene = *state;

	(void)write_image(scene);
	scene->call.deadline = hc_now();
	assert_int_equal(make(scene, 9 * MIB, &scene->image), -EAGAIN);
	assert_int_equal(size_of(scene, &scene->disk), 0);
	scene->call.deadline = hc_now() + LONG_US;
	assert_int_equal(make(scene, 9 * MIB, &scene->image), 0);
	assert_int_equal(size_of(scene, &scene->disk), 9 * MIB);
}

static void it_grows_and_never_shrinks(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(make(scene, 2 * MIB, NULL), 0);
	assert_int_equal(volume_grow(&scene->call, NULL, &scene->disk, 4 * MIB), 0);
	assert_int_equal(size_of(scene, &scene->disk), 4 * MIB);
	assert_int_equal(volume_grow(&scene->call, NULL, &scene->disk, MIB), 0);
	assert_int_equal(size_of(scene, &scene->disk), 4 * MIB);
}

static void a_small_one_is_written_whole(void **state)
{
	struct scene *scene = *state;
	char *text;

	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(volume_write(&scene->call, NULL, &scene->disk,
					      i ? "seed" : "longer", i ? 4 : 6, "vm"),
				 0);
	assert_int_equal(hc_file_read(scene->call.arena, path_of(scene, "vm-100-disk-0"), MIB,
				      &text, NULL),
			 0);
	assert_string_equal(text, "seed");
}

static void it_goes_with_what_was_left_half_made(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(make(scene, MIB, NULL), 0);
	assert_int_equal(hc_file_write(path_of(scene, "vm-100-disk-0.new"), 0600, "x", 1), 0);
	assert_int_equal(volume_remove(&scene->call, NULL, &scene->disk), 0);
	assert_int_equal(access(path_of(scene, "vm-100-disk-0.new"), F_OK), -1);
	assert_int_equal(size_of(scene, &scene->disk), 0);
	assert_int_equal(volume_remove(&scene->call, NULL, &scene->disk), 0);
}

static void a_text_says_where_a_volume_is(void **state)
{
	struct scene *scene = *state;
	struct volume volume;

	assert_true(volume_at(&scene->call, path_of(scene, "vm-100-disk-0"), &volume));
	assert_string_equal(volume.storage, "local");
	assert_string_equal(volume.name, "vm-100-disk-0");
	assert_true(volume_at(&scene->call, "vms/vm-100-disk-0", &volume));
	assert_string_equal(volume.storage, "shared");
	assert_int_equal(volume.type, HC_STORAGE_RBD);
	assert_false(volume_at(&scene->call, "/srv/other/vm-100-disk-0", &volume));
	assert_null(volume.storage);
	assert_int_equal(volume.type, HC_STORAGE_DIR);
	assert_string_equal(volume.pool, "/srv/other");
	assert_false(volume_at(&scene->call, "", &volume));
	assert_null(volume.pool);
}

static const char *marked(struct scene *scene, bool *made)
{
	char *owner;

	assert_int_equal(volume_marked(scene->call.arena, NULL, &scene->disk, &owner, made), 0);
	return owner ? owner : "";
}

static void a_file_is_marked_as_long_as_it_is_there(void **state)
{
	struct scene *scene = *state;
	const char *where = NULL;
	struct hc_map marks;
	bool made;

	(void)write_image(scene);
	assert_int_equal(make(scene, 9 * MIB, &scene->image), 0);
	assert_string_equal(marked(scene, &made), "vm/disk-0");
	assert_true(made);
	assert_int_equal(volume_marks_here(&scene->call, &marks, NULL, &where), 0);
	assert_int_equal(marks.n, 1);
	assert_string_equal(marks.v[0].key, path_of(scene, "vm-100-disk-0"));
	assert_string_equal(marks.v[0].value, "vm/disk-0");
	assert_int_equal(volume_remove(&scene->call, NULL, &scene->disk), 0);
	assert_string_equal(marked(scene, &made), "");
	/* and nothing else is beside the image */
	assert_int_equal(remove(path_of(scene, "debian")), 0);
	assert_int_equal(rmdir(scene->path), 0);
}

/* As QEMU does. */
static void one_that_somebody_has_open_is_not_removed(void **state)
{
	struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 100, .l_len = 1};
	struct scene *scene = *state;
	int fd;

	assert_int_equal(make(scene, MIB, NULL), 0);
	fd = open(path_of(scene, "vm-100-disk-0"), O_RDWR | O_CLOEXEC);
	assert_int_equal(fcntl(fd, F_OFD_SETLK, &lock), 0);
	assert_int_equal(volume_remove(&scene->call, NULL, &scene->disk), -EBUSY);
	assert_int_equal(size_of(scene, &scene->disk), MIB);
	(void)close(fd);
	assert_int_equal(volume_remove(&scene->call, NULL, &scene->disk), 0);
}

static void half_a_copy_goes_with_its_note(void **state)
{
	struct scene *scene = *state;

	(void)write_image(scene);
	scene->call.deadline = hc_now();
	assert_int_equal(make(scene, 9 * MIB, &scene->image), -EAGAIN);
	assert_int_equal(access(path_of(scene, ".vm-100-disk-0.new.copied"), F_OK), 0);
	assert_int_equal(volume_remove(&scene->call, NULL, &scene->disk), 0);
	assert_int_equal(access(path_of(scene, ".vm-100-disk-0.new.copied"), F_OK), -1);
	assert_int_equal(access(path_of(scene, "vm-100-disk-0.new"), F_OK), -1);
}

static void a_file_that_was_whole_and_is_gone_is_not_made_anew(void **state)
{
	struct hc_strings approved = {0};
	struct scene *scene = *state;

	scene->call.approved = &approved;
	assert_int_equal(make(scene, MIB, NULL), 0);
	assert_int_equal(remove(path_of(scene, "vm-100-disk-0")), 0);
	assert_int_equal(make(scene, MIB, NULL), -ENODATA);
	hc_strings_add(scene->call.arena, &approved, "VmDisk/vm/disk-0");
	assert_int_equal(make(scene, MIB, NULL), 0);
	assert_int_equal(size_of(scene, &scene->disk), MIB);
}

/* Its file system may not be mounted. */
static void a_directory_is_not_made_for_a_mark(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(rmdir(scene->path), 0);
	assert_true(make(scene, MIB, NULL) < 0);
	assert_int_equal(access(scene->path, F_OK), -1);
}

static void a_link_is_no_volume(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(symlink("/etc/passwd", path_of(scene, "vm-100-disk-0")), 0);
	assert_int_equal(size_of(scene, &scene->disk), 0);
	assert_true(volume_grow(&scene->call, NULL, &scene->disk, MIB) < 0);
}

static void a_note_stays_with_its_volume(void **state)
{
	struct scene *scene = *state;
	struct hc_arena *arena = scene->call.arena;
	char *text;

	assert_int_equal(volume_noted(arena, NULL, &scene->disk, "seed", &text), 0);
	assert_null(text);
	assert_int_equal(volume_note(arena, NULL, &scene->disk, "seed", "abc"), 0);
	assert_int_equal(volume_noted(arena, NULL, &scene->disk, "seed", &text), 0);
	assert_string_equal(text, "abc");
	assert_int_equal(volume_note(arena, NULL, &scene->disk, "seed", NULL), 0);
	assert_int_equal(volume_noted(arena, NULL, &scene->disk, "seed", &text), 0);
	assert_null(text);
}

/* They are marks on real machines: another way to make them would orphan every pool. */
static void a_pool_s_uuid_is_the_same_for_ever(void **state)
{
	struct scene *scene = *state;

	assert_string_equal(storage_uuid(scene->call.arena, "stockage_ceph"),
			    "fb5a48a6-26a5-8987-bed1-f53c933160e1");
	assert_string_not_equal(storage_uuid(scene->call.arena, "iso"),
				storage_uuid(scene->call.arena, "iso2"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_storage_says_where_a_volume_is),
		TEST(a_mark_says_whose_it_is_and_whether_it_was_whole),
		TEST(an_empty_one_takes_no_room),
		TEST(one_that_is_there_is_left_as_it_is),
		TEST(one_of_an_image_has_its_bytes_and_its_own_size),
		TEST(one_smaller_than_its_image_is_refused),
		TEST(an_image_that_is_not_there_is_waited_for),
		TEST(a_copy_goes_on_where_it_was_stopped),
		TEST(a_copy_of_something_else_begins_anew),
		TEST(a_note_of_others_is_not_believed),
		TEST(a_copy_that_takes_longer_than_the_call_is_waited_for),
		TEST(it_grows_and_never_shrinks),
		TEST(a_small_one_is_written_whole),
		TEST(it_goes_with_what_was_left_half_made),
		TEST(a_text_says_where_a_volume_is),
		TEST(a_file_is_marked_as_long_as_it_is_there),
		TEST(one_that_somebody_has_open_is_not_removed),
		TEST(half_a_copy_goes_with_its_note),
		TEST(a_file_that_was_whole_and_is_gone_is_not_made_anew),
		TEST(a_directory_is_not_made_for_a_mark),
		TEST(a_link_is_no_volume),
		TEST(a_note_stays_with_its_volume),
		TEST(a_pool_s_uuid_is_the_same_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
