/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One volume, of either kind. Files are opened by no link: the directory is root's, what is in it
 * may be its user's.
 *
 * Librbd makes an image in several operations. Killed in between it leaves a name that can neither
 * be opened nor made again; removing it first ends that.
 *
 * No image is ever opened at a snapshot: with Ceph 16.2 what librbd leaves behind after such a one
 * was closed makes rados_shutdown() crash now and then.
 */

#include "volume_open.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <hcstate/file.h>

struct volume volume_unfinished(struct hc_arena *arena, const struct volume *volume)
{
	struct volume made = *volume;

	made.name = hc_printf(arena, "%s" VOLUME_NEW, volume->name);
	return made;
}

static const char *words_of(int r)
{
	switch (-r) {
	case EDQUOT:
		return "the pool's quota is reached";
	case ENOSPC:
		return "no space is left";
	case ETIMEDOUT:
	case ENOTCONN:
		return "Ceph does not answer";
	case ESHUTDOWN:
		return "this client was shut out of Ceph";
	}
	return strerror(-r);
}

int volume_fail(struct hc_call *call, int r, const struct volume *volume, const char *verb)
{
	return hc_fail(call, -r, NULL, "cannot %s %s: %s", verb, volume_text(call->arena, volume),
		       words_of(r));
}

static int open_image(rados_t rados, const struct volume *volume, enum volume_mode mode,
		      struct opened *opened)
{
	int r = rados_ioctx_create(rados, volume->pool, &opened->io);

	if (r < 0) {
		opened->io = NULL;
		return r;
	}
	if (mode == VOLUME_WRITE)
		r = rbd_open(opened->io, volume->name, &opened->image, NULL);
	else
		r = rbd_open_read_only(opened->io, volume->name, &opened->image, NULL);
	if (r < 0) {
		opened->image = NULL;
		return r;
	}
	return rbd_get_size(opened->image, &opened->size);
}

static int open_file(const char *path, enum volume_mode mode, struct opened *opened)
{
	struct stat is;

	opened->fd = open(path, O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK |
					(mode == VOLUME_WRITE ? O_RDWR : O_RDONLY));
	if (opened->fd < 0 || fstat(opened->fd, &is))
		return -errno;
	if (!S_ISREG(is.st_mode))
		return -EINVAL;
	opened->size = (uint64_t)is.st_size;
	return 0;
}

int volume_open(struct hc_arena *arena, rados_t rados, const struct volume *volume,
		enum volume_mode mode, struct opened *opened)
{
	int r;

	*opened = (struct opened){.volume = volume, .fd = -1};
	if (volume->type == HC_STORAGE_DIR)
		r = open_file(volume_text(arena, volume), mode, opened);
	else
		r = rados ? open_image(rados, volume, mode, opened) : -ENOTCONN;
	if (r < 0)
		volume_close(opened);
	return r;
}

void volume_close(struct opened *opened)
{
	if (opened->image)
		(void)rbd_close(opened->image); /* what had to be kept was flushed */
	if (opened->io)
		rados_ioctx_destroy(opened->io);
	if (opened->volume && opened->fd >= 0)
		(void)close(opened->fd); /* likewise */
	*opened = (struct opened){.fd = -1};
}

static int move_file(const struct opened *opened, uint64_t at, char *to, const char *from,
		     size_t size)
{
	while (size) {
		ssize_t n = to ? pread(opened->fd, to, size, (off_t)at)
			       : pwrite(opened->fd, from, size, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -ENODATA; /* it became shorter meanwhile */
		to = to ? to + n : NULL;
		from = from ? from + n : NULL;
		at += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

int volume_get(const struct opened *opened, uint64_t at, void *data, size_t size)
{
	ssize_t n;

	if (!opened->image)
		return move_file(opened, at, data, NULL, size);
	n = rbd_read(opened->image, at, size, data);
	if (n >= 0 && (size_t)n != size)
		return -ENODATA;
	return n < 0 ? (int)n : 0;
}

int volume_put(const struct opened *opened, uint64_t at, const void *data, size_t size)
{
	ssize_t n;

	if (!opened->image)
		return move_file(opened, at, NULL, data, size);
	n = rbd_write(opened->image, at, size, data);
	if (n >= 0 && (size_t)n != size)
		return -EIO;
	return n < 0 ? (int)n : 0;
}

int volume_sync(const struct opened *opened)
{
	if (opened->image)
		return rbd_flush(opened->image);
	return fsync(opened->fd) ? -errno : 0;
}

int volume_resize(struct opened *opened, uint64_t size)
{
	int r = 0;

	if (size == opened->size)
		return 0;
	if (opened->image)
		r = rbd_resize(opened->image, size);
	else if (ftruncate(opened->fd, (off_t)size))
		r = -errno;
	if (!r)
		opened->size = size;
	return r;
}

static int create_image(rados_t rados, const struct volume *volume, uint64_t size)
{
	rbd_image_options_t options;
	rados_ioctx_t io;
	int r = rados_ioctx_create(rados, volume->pool, &io);

	if (r < 0)
		return r;
	rbd_image_options_create(&options);
	r = rbd_create4(io, volume->name, size, options);
	if (r == -EEXIST) {
		r = rbd_remove(io, volume->name);
		if (!r)
			r = rbd_create4(io, volume->name, size, options);
	}
	rbd_image_options_destroy(options);
	rados_ioctx_destroy(io);
	return r;
}

/* Sparse: what is never written takes no room. */
static int create_file(const char *path, uint64_t size)
{
	_cleanup_(hc_closep) int fd = -1;
	int r = hc_file_remove(path);

	if (r)
		return r;
	fd = open(path, O_CLOEXEC | O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR, 0600);
	if (fd < 0 || ftruncate(fd, (off_t)size) || fsync(fd))
		return -errno;
	return 0;
}

int volume_create(struct hc_arena *arena, rados_t rados, const struct volume *volume, uint64_t size)
{
	if (volume->type == HC_STORAGE_DIR)
		return create_file(volume_text(arena, volume), size);
	return rados ? create_image(rados, volume, size) : -ENOTCONN;
}

static int rename_file(struct hc_arena *arena, const struct volume *volume, const char *name)
{
	_cleanup_(hc_closep) int directory = open(volume->pool, O_CLOEXEC | O_DIRECTORY | O_RDONLY);

	(void)arena;
	if (directory < 0 || renameat2(directory, volume->name, directory, name, RENAME_NOREPLACE))
		return -errno;
	return fsync(directory) ? -errno : 0;
}

int volume_rename(struct hc_arena *arena, rados_t rados, const struct volume *volume,
		  const char *name)
{
	rados_ioctx_t io;
	int r;

	if (volume->type == HC_STORAGE_DIR)
		return rename_file(arena, volume, name);
	r = rados_ioctx_create(rados, volume->pool, &io);
	if (r < 0)
		return r;
	r = rbd_rename(io, volume->name, name);
	rados_ioctx_destroy(io);
	return r;
}

int volume_delete(struct hc_arena *arena, rados_t rados, const struct volume *volume)
{
	rados_ioctx_t io;
	int r;

	if (volume->type == HC_STORAGE_DIR)
		return hc_file_remove(volume_text(arena, volume));
	if (!rados)
		return -ENOTCONN;
	r = rados_ioctx_create(rados, volume->pool, &io);
	if (r < 0)
		return r == -ENOENT ? 0 : r; /* it went with its pool */
	r = rbd_remove(io, volume->name);
	rados_ioctx_destroy(io);
	return r == -ENOENT ? 0 : r;
}
