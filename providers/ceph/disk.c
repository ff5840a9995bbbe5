/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening, reading and emptying a block device. Nothing here decides whether that is right; who
 * empties one looks at what it holds just before, on the same descriptor.
 */

#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define END (UINT64_C(1) << 20)

int disk_open(const char *path, int flags, dev_t *number)
{
	struct stat st;
	int fd;

	if (stat(path, &st) < 0)
		return -errno;
	if (!S_ISBLK(st.st_mode)) /* before opening it, which may do something */
		return -ENOTBLK;
	fd = open(path, flags | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISBLK(st.st_mode)) {
		(void)close(fd); /* nothing was written */
		return -ENOTBLK;
	}
	if (number)
		*number = st.st_rdev;
	return fd;
}

uint64_t disk_size(int fd)
{
	uint64_t size = 0;

	return ioctl(fd, BLKGETSIZE64, &size) < 0 ? 0 : size;
}

/* Past the page cache, where that is possible: the flag is refused or fails with EINVAL else. */
static void go_direct(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0)
		(void)fcntl(fd, F_SETFL, on ? flags | O_DIRECT : flags & ~O_DIRECT);
}

static int read_at(int fd, void *buffer, size_t size, uint64_t at)
{
	ssize_t n;

	go_direct(fd, true);
	n = pread(fd, buffer, size, (off_t)at);
	if (n < 0 && errno == EINVAL) {
		go_direct(fd, false);
		n = pread(fd, buffer, size, (off_t)at);
	}
	if (n < 0)
		return -errno;
	go_direct(fd, false);
	if ((size_t)n < size)
		memset((char *)buffer + n, 0, size - (size_t)n);
	return 0;
}

int disk_first_page(int fd, void *page)
{
	return read_at(fd, page, DISK_PAGE, 0);
}

static bool all_zero(const unsigned char *v, size_t size)
{
	return !size || (!v[0] && !memcmp(v, v + 1, size - 1));
}

/* Where the last MiB begins; where there is less than one, that is the first too. */
static uint64_t tail(uint64_t size)
{
	return size > END ? size - END : 0;
}

int disk_is_zero(int fd)
{
	_cleanup_(hc_freep) void *buffer = NULL;
	const uint64_t places[] = {0, tail(disk_size(fd))};

	if (posix_memalign(&buffer, DISK_PAGE, END))
		abort(); /* memory has run out */
	for (size_t i = 0; i < HC_COUNT(places); i++) {
		int r = read_at(fd, buffer, END, places[i]);

		if (r)
			return r;
		if (!all_zero(buffer, END))
			return 0;
	}
	return 1;
}

static int write_all(int fd, const char *from, size_t size, uint64_t at)
{
	while (size) {
		ssize_t n = pwrite(fd, from, size, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		from += n;
		size -= (size_t)n;
		at += (uint64_t)n;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

int disk_zero_ends(int fd)
{
	uint64_t size = disk_size(fd), end = size < END ? size : END;
	char *zeroes = size ? calloc(1, END) : NULL;
	int r;

	if (!size)
		return -ENOMEDIUM;
	if (!zeroes)
		abort(); /* memory has run out */
	r = write_all(fd, zeroes, end, tail(size));
	if (!r)
		r = write_all(fd, zeroes, end, 0);
	free(zeroes);
	return r;
}

int disk_lock(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
}

char *disk_number(struct hc_arena *arena, dev_t number)
{
	return hc_printf(arena, "%u:%u", major(number), minor(number));
}
