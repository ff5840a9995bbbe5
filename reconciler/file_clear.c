/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removes a tree, which may be of somebody who swaps its directories for links meanwhile: every
 * directory is opened as none but a directory, and what is in it is removed through that. It is no
 * tree of ours any more where another file system begins.
 */

#include <hcstate/file.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <hcstate/directory.h>

#include "file_spot.h"

enum {
	DEPTH_MAX = 64, /* each level keeps a directory open */
};

static void close_directory(DIR **directory)
{
	if (*directory)
		(void)closedir(*directory); /* nothing was written */
}

/* *device: of the whole tree; 0: this is its top. */
static int open_below(int above, const char *name, dev_t *device, DIR **directory)
{
	int fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -errno;
	*directory = fdopendir(fd);
	if (!*directory) {
		hc_closep(&fd);
		return -ENOMEM;
	}
	if (fstat(fd, &st))
		return -errno;
	if (*device && *device != st.st_dev)
		return -EBUSY; /* as the kernel says of a mount point */
	*device = st.st_dev;
	return 0;
}

static int clear(int above, const char *name, dev_t device, unsigned depth)
{
	_cleanup_(close_directory) DIR *directory = NULL;
	const struct dirent *entry;
	int r;

	if (!unlinkat(above, name, 0) || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return -errno;
	r = depth < DEPTH_MAX ? open_below(above, name, &device, &directory) : -ENAMETOOLONG;
	while (directory && !r && (entry = readdir(directory)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = clear(dirfd(directory), entry->d_name, device, depth + 1);
	if (!r && unlinkat(above, name, AT_REMOVEDIR) && errno != ENOENT)
		r = -errno;
	return r;
}

int hc_file_clear(const char *path)
{
	_cleanup_(hc_closep) int above = -1;
	struct hc_file_spot spot;
	int r = hc_file_spot(&spot, path);

	if (r)
		return r;
	above = hc_directory_open(spot.directory);
	if (above < 0)
		return above == -ENOENT ? 0 : above;
	r = clear(above, spot.name, 0, 0);
	return !r && fsync(above) ? -errno : r;
}
