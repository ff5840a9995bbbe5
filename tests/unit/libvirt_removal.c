/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A volume in Ceph is removed by one node at a time, and an image that has a child of which nothing
 * else is left is not taken for one without children. librados and librbd are played by this file.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "providers/libvirt/image.h"

/* A node's Ceph, as its handle has it. */
struct played {
	int lock; /* what asking for the lock gives */
	bool locked;
	int opens; /* what opening an image gives */
	bool removed, while_locked;
};

int rados_ioctx_create(rados_t rados, const char *pool, rados_ioctx_t *io)
{
	(void)pool;
	*io = rados;
	return 0;
}

void rados_ioctx_destroy(rados_ioctx_t io)
{
	(void)io;
}

void rados_ioctx_set_namespace(rados_ioctx_t io, const char *name)
{
	(void)io;
	(void)name;
}

int rados_lock_exclusive(rados_ioctx_t io, const char *object, const char *name, const char *cookie,
			 const char *what, struct timeval *duration, uint8_t flags)
{
	struct played *played = io;

	(void)name;
	(void)cookie;
	(void)what;
	(void)duration;
	(void)flags;
	assert_string_equal(object, "image./removal");
	played->locked = !played->lock;
	return played->lock;
}

int rados_unlock(rados_ioctx_t io, const char *object, const char *name, const char *cookie)
{
	(void)object;
	(void)name;
	(void)cookie;
	((struct played *)io)->locked = false;
	return 0;
}

ssize_t rados_list_lockers(rados_ioctx_t io, const char *object, const char *name, int *exclusive,
			   char *tag, size_t *tags, char *clients, size_t *nclient, char *cookies,
			   size_t *ncookie, char *addresses, size_t *naddress)
{
	(void)io;
	(void)object;
	(void)name;
	(void)tag;
	(void)tags;
	(void)clients;
	(void)nclient;
	(void)ncookie;
	(void)addresses;
	(void)naddress;
	*exclusive = 1;
	memcpy(cookies, "pve2 8f00", sizeof("pve2 8f00"));
	return 1;
}

int rbd_open_read_only(rados_ioctx_t io, const char *name, rbd_image_t *image, const char *snapshot)
{
	(void)name;
	(void)snapshot;
	*image = io;
	return ((struct played *)io)->opens;
}

int rbd_close(rbd_image_t image)
{
	(void)image;
	return 0;
}

int rbd_get_size(rbd_image_t image, uint64_t *size)
{
	(void)image;
	*size = 1 << 20;
	return 0;
}

int rbd_list_children3(rbd_image_t image, rbd_linked_image_spec_t *v, size_t *n)
{
	(void)image;
	(void)v;
	(void)n;
	return -ENOENT;
}

/* It goes no further than that. */
int rbd_remove(rados_ioctx_t io, const char *name)
{
	struct played *played = io;

	(void)name;
	played->removed = true;
	played->while_locked = played->locked;
	return -EBUSY;
}

static const struct volume disk = {HC_STORAGE_RBD, "ceph", "ceph", "vm-100-disk-0"};

static int setup(void **state)
{
	*state = hc_arena_new();
	return 0;
}

static int teardown(void **state)
{
	*state = hc_arena_free(*state);
	return 0;
}

static int removes(void **state, struct played *played, const char **words)
{
	struct hc_call call = {.arena = *state, .node = "pve1", .diags = {.arena = *state}};
	int r = volume_remove(&call, played, &disk);

	*words = hc_said(&call, "");
	return r;
}

static void who_finds_another_at_it_waits(void **state)
{
	struct played played = {.lock = -EBUSY, .opens = -ENOENT};
	const char *words;

	assert_int_equal(removes(state, &played, &words), -EAGAIN);
	assert_string_equal(words, "pve2 is removing one");
	assert_false(played.removed);
}

static void a_volume_is_removed_under_the_lock(void **state)
{
	struct played played = {.opens = -ENOENT};
	const char *words;

	assert_int_equal(removes(state, &played, &words), -EBUSY);
	assert_true(played.while_locked);
	assert_false(played.locked); /* also when it failed */
}

static void a_child_that_is_nowhere_else_counts(void **state)
{
	struct played played = {.opens = 0};
	struct hc_strings clones = {0};

	assert_int_equal(image_clones(*state, &played, &disk, &clones), 0);
	assert_int_equal(clones.n, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(who_finds_another_at_it_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(a_volume_is_removed_under_the_lock, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_child_that_is_nowhere_else_counts, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
