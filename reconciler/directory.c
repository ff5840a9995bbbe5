/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Directories, opened without being led astray. The path is walked a name at a time with the
 * directory before it in hand, so nothing that is looked at can be swapped before it is used.
 * openat2() with RESOLVE_NO_SYMLINKS would do the same, but for a /var that root made a link.
 *
 * Out of a directory that others can write to neither a link is followed nor "..": either may be
 * theirs, also when its owner is root, as it may have been moved to there.
 */

#include <hcstate/directory.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <hcstate/base.h>

#include "file_spot.h"

enum {
	LINKS_MAX = 40, /* as the kernel has it */
};

/* Where the walk is, and what is left of the path. */
struct walk {
	int at;
	unsigned links;
	char left[PATH_MAX];
};

static void end_walk(const struct walk *walk)
{
	hc_closep(&walk->at);
}

static int move_to(struct walk *walk, int fd)
{
	if (fd < 0)
		return -errno;
	hc_closep(&walk->at);
	walk->at = fd;
	return 0;
}

static bool is_ours_alone(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && (!st.st_uid || st.st_uid == geteuid()) && !(st.st_mode & 022);
}

/* The link's text comes before what is left. */
static int unfold(struct walk *walk, int link)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(link, "", target, sizeof(target));
	size_t size = strlen(walk->left) + 1;

	if (n < 0)
		return -errno;
	if (++walk->links > LINKS_MAX)
		return -ELOOP;
	if ((size_t)n + 1 + size > sizeof(walk->left))
		return -ENAMETOOLONG;
	memmove(walk->left + n + 1, walk->left, size);
	walk->left[n] = '/';
	memcpy(walk->left, target, (size_t)n);
	return *target == '/' ? move_to(walk, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) : 0;
}

/* Takes the first name off; "": only slashes were left. */
static int cut(struct walk *walk, char name[NAME_MAX + 1])
{
	const char *from = walk->left + strspn(walk->left, "/");
	size_t size = strcspn(from, "/");

	if (size > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(name, from, size);
	name[size] = '\0';
	memmove(walk->left, from + size, strlen(from + size) + 1);
	return 0;
}

static int advance(struct walk *walk)
{
	_cleanup_(hc_closep) int next = -1;
	char name[NAME_MAX + 1];
	struct stat st;
	int r = cut(walk, name);

	if (r || !*name)
		return r;
	next = openat(walk->at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (next < 0 || fstat(next, &st))
		return -errno;
	if (!S_ISDIR(st.st_mode) && !S_ISLNK(st.st_mode))
		return -ENOTDIR;
	if ((S_ISLNK(st.st_mode) || !strcmp(name, "..")) && !is_ours_alone(walk->at))
		return -ELOOP;
	if (S_ISLNK(st.st_mode))
		return unfold(walk, next);
	return move_to(walk, fcntl(next, F_DUPFD_CLOEXEC, 0));
}

int hc_directory_open(const char *path)
{
	_cleanup_(end_walk) struct walk walk = {.at = -1};
	int fd, r;

	if (strlen(path) >= sizeof(walk.left))
		return -ENAMETOOLONG;
	memcpy(walk.left, path, strlen(path) + 1);
	r = move_to(&walk, open(*path == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
	while (!r && *walk.left)
		r = advance(&walk);
	if (r)
		return r;
	fd = openat(walk.at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

const char *hc_directory_error(int r)
{
	return r == -ELOOP ? "a symbolic link on the way there lies where others than root can put "
			     "links: it is not followed"
			   : strerror(-r);
}

int hc_directory_give(const char *path, mode_t mode, uid_t user, gid_t group)
{
	_cleanup_(hc_closep) int above = -1;
	_cleanup_(hc_closep) int fd = -1;
	struct hc_file_spot spot;
	int r = hc_file_spot(&spot, path);

	if (r)
		return r;
	above = hc_directory_open(spot.directory);
	if (above < 0)
		return above;
	if (mkdirat(above, spot.name, 0700) && errno != EEXIST)
		return -errno;
	fd = openat(above, spot.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchown(fd, user, group) || fchmod(fd, mode))
		return -errno;
	return 0;
}

const char *hc_state_directory(void)
{
	const char *path = secure_getenv("HCSTATE_STATE");

	return path ? path : "/var/lib/hcstate";
}
