/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole files. Reading has a bound and takes regular files only, so that a pipe or a device in a
 * manifest directory can neither hang nor fill us.
 *
 * Writing goes through a file beside the real one, which takes its place only when all of it is on
 * the disk: whoever looks, and whenever power fails, sees the old content or the new. The file
 * beside it always has the same name, so a killed writer's remains (which may hold a secret) are
 * gone with the next write; the lock on the directory keeps two writers from sharing it.
 */

#include <hcstate/file.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include <hcstate/directory.h>

#include "file_spot.h"

enum {
	LOCK_TRIES = 100, /* of 50 ms */
};

/* What a file is to be. */
struct content {
	const void *data;
	size_t size;
	mode_t mode;
	bool soon;  /* nobody waits until it is on the disk */
	bool given; /* to those: */
	uid_t user;
	gid_t group;
};

static int open_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Makes the directory and those above it. */
static int make_directory(const char *path)
{
	struct hc_file_spot up;
	int r;

	if (!mkdir(path, 0755) || errno == EEXIST)
		return 0;
	if (errno != ENOENT)
		return -errno;
	r = hc_file_spot(&up, path);
	if (!r)
		r = make_directory(up.directory);
	if (!r && mkdir(path, 0755) && errno != EEXIST)
		r = -errno;
	return r;
}

static int write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			data += n;
			size -= (size_t)n;
		}
	}
	return 0;
}

static int write_beside(int directory, const char *name, const struct content *content)
{
	_cleanup_(hc_closep) int fd = -1;
	int r;

	if (unlinkat(directory, name, 0) && errno != ENOENT)
		return -errno;
	fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (content->given && fchown(fd, content->user, content->group))
		return -errno;
	if (fchmod(fd, content->mode))
		return -errno;
	r = write_all(fd, content->data, content->size);
	if (!r && !content->soon && fsync(fd))
		r = -errno;
	return r;
}

/* The file beside it becomes the file. */
static int publish(int directory, const struct hc_file_spot *spot, bool may_replace)
{
	int r = may_replace ? renameat(directory, spot->beside, directory, spot->name)
			    : linkat(directory, spot->beside, directory, spot->name, 0);

	return r ? -errno : 0;
}

/* Waits for another writer, but not for somebody who holds the directory for reasons of their own.
 * A file system without locks still has the one lock of the running hcstate. */
static int lock(int directory)
{
	const struct timespec pause = {.tv_nsec = 50 * 1000L * 1000};

	for (int i = 0; flock(directory, LOCK_EX | LOCK_NB); i++) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return 0;
		if (i == LOCK_TRIES)
			return -EBUSY;
		(void)nanosleep(&pause, NULL); /* woken early, it only tries sooner */
	}
	return 0;
}

/* A file of another owner may be in a directory of theirs too. */
static int open_locked(const char *path, bool given)
{
	int fd = given ? hc_directory_open(path) : open_directory(path);
	int r = fd < 0 ? fd : lock(fd);

	if (!r)
		return fd;
	hc_closep(&fd);
	return r;
}

static int put(const char *path, const struct content *content, bool may_replace)
{
	_cleanup_(hc_closep) int directory = -1;
	struct hc_file_spot spot;
	int r;

	r = hc_file_spot(&spot, path);
	if (!r && !content->given)
		r = make_directory(spot.directory);
	if (r)
		return r;
	directory = open_locked(spot.directory, content->given);
	if (directory < 0)
		return directory;
	r = write_beside(directory, spot.beside, content);
	if (!r)
		r = publish(directory, &spot, may_replace);
	if (r || !may_replace)
		(void)unlinkat(directory, spot.beside, 0); /* the next write tries it again */
	if (!r && !content->soon && fsync(directory))
		r = -errno;
	return r;
}

int hc_file_write(const char *path, mode_t mode, const void *data, size_t size)
{
	const struct content content = {.data = data, .size = size, .mode = mode};

	return put(path, &content, true);
}

int hc_file_note(const char *path, mode_t mode, const void *data, size_t size)
{
	const struct content content = {.data = data, .size = size, .mode = mode, .soon = true};

	return put(path, &content, true);
}

int hc_file_create(const char *path, mode_t mode, const void *data, size_t size)
{
	const struct content content = {.data = data, .size = size, .mode = mode};

	return put(path, &content, false);
}

int hc_file_give(const char *path, mode_t mode, uid_t user, gid_t group, const void *data,
		 size_t size)
{
	const struct content content = {
		.data = data,
		.size = size,
		.mode = mode,
		.given = true,
		.user = user,
		.group = group,
	};

	return put(path, &content, true);
}

int hc_file_link(const char *path, const char *target)
{
	_cleanup_(hc_closep) int directory = -1;
	struct hc_file_spot spot;
	int r = hc_file_spot(&spot, path);

	if (r)
		return r;
	directory = open_locked(spot.directory, true);
	if (directory < 0)
		return directory;
	if ((unlinkat(directory, spot.beside, 0) && errno != ENOENT) ||
	    symlinkat(target, directory, spot.beside))
		return -errno;
	r = publish(directory, &spot, true);
	if (r)
		(void)unlinkat(directory, spot.beside, 0); /* the next one tries it again */
	return !r && fsync(directory) ? -errno : r;
}

int hc_file_remove(const char *path)
{
	_cleanup_(hc_closep) int directory = -1;
	struct hc_file_spot spot;
	int r;

	r = hc_file_spot(&spot, path);
	if (r)
		return r;
	directory = open_directory(spot.directory);
	if (directory < 0)
		return directory == -ENOENT ? 0 : directory;
	if (unlinkat(directory, spot.name, 0))
		return errno == ENOENT ? 0 : -errno;
	return fsync(directory) ? -errno : 0;
}

/* Reads on to the end: files of /proc and /sys do not know their size. */
static int read_all(struct hc_arena *arena, int fd, size_t room, size_t max, char **text,
		    size_t *size)
{
	char *data = hc_alloc(arena, room + 1);
	size_t used = 0;

	for (;;) {
		ssize_t n = read(fd, data + used, room - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		used += (size_t)n;
		if (used > max)
			return -EFBIG;
		if (used == room) {
			char *larger;

			room = room > max / 2 ? max + 1 : 2 * room;
			larger = hc_alloc(arena, room + 1);
			memcpy(larger, data, used);
			data = larger;
		}
	}
	*text = data;
	if (size)
		*size = used;
	return 0;
}

int hc_file_read(struct hc_arena *arena, const char *path, size_t max, char **text, size_t *size)
{
	/* Opening a pipe without O_NONBLOCK would wait for its writer. */
	_cleanup_(hc_closep) int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if ((uintmax_t)st.st_size > max)
		return -EFBIG;
	/* One byte more than it has: the read that finds the end needs a place to go. */
	return read_all(arena, fd, (size_t)st.st_size + 1, max, text, size);
}
