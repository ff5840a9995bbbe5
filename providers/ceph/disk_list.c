/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which block devices there are, by their nodes below /dev. The node decides, not sysfs: in a
 * container that shows every disk of the machine. Each device counts once, under the first of its
 * names that is not a loop device's.
 */

#include "disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum {
	DEPTH = 4,
};

struct found {
	const char *path;
	dev_t number;
};

struct list {
	struct hc_arena *arena;
	struct found *v;
	size_t n, room;
};

static bool starts(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* Those that no OSD is on, and that can hang or make a noise when they are read. */
static bool is_skipped(const char *path)
{
	static const char *const not_these[] = {"/dev/fd", "/dev/nbd", "/dev/rbd", "/dev/sr",
						"/dev/ram"};

	for (size_t i = 0; i < HC_COUNT(not_these); i++)
		if (starts(path, not_these[i]))
			return true;
	return false;
}

static bool is_better(const char *path, const char *than)
{
	bool loop = starts(path, "/dev/loop");

	if (loop != starts(than, "/dev/loop"))
		return !loop;
	return strcmp(path, than) < 0;
}

static void add(struct list *list, const char *path, dev_t number)
{
	for (size_t i = 0; i < list->n; i++) {
		if (list->v[i].number != number)
			continue;
		if (is_better(path, list->v[i].path))
			list->v[i].path = path;
		return;
	}
	list->v = hc_grow(list->arena, list->v, list->n, &list->room, sizeof(*list->v));
	list->v[list->n++] = (struct found){path, number};
}

/* It goes DEPTH folders deep. NOLINTNEXTLINE(misc-no-recursion) */
static void walk(struct list *list, const char *path, unsigned depth)
{
	DIR *folder = opendir(path);
	struct stat st;

	for (struct dirent *e = folder ? readdir(folder) : NULL; e; e = readdir(folder)) {
		const char *one;

		if (*e->d_name == '.' ||
		    fstatat(dirfd(folder), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		one = hc_printf(list->arena, "%s/%s", path, e->d_name);
		if (S_ISDIR(st.st_mode) && depth)
			walk(list, one, depth - 1);
		else if (S_ISBLK(st.st_mode) && !is_skipped(one))
			add(list, one, st.st_rdev);
	}
	if (folder)
		(void)closedir(folder); /* nothing was written */
}

void disk_list(struct hc_arena *arena, struct hc_strings *paths)
{
	struct list list = {.arena = arena};

	walk(&list, "/dev", DEPTH);
	for (size_t i = 0; i < list.n; i++)
		hc_strings_add(arena, paths, list.v[i].path);
}

static const char *alias(struct hc_arena *arena, const char *path, dev_t number)
{
	DIR *folder = opendir(path);
	const char *best = NULL;
	struct stat st;

	for (struct dirent *e = folder ? readdir(folder) : NULL; e; e = readdir(folder)) {
		if (*e->d_name == '.' || fstatat(dirfd(folder), e->d_name, &st, 0) < 0 ||
		    !S_ISBLK(st.st_mode) || st.st_rdev != number)
			continue;
		if (!best || strcmp(e->d_name, best) < 0)
			best = hc_strdup(arena, e->d_name);
	}
	if (folder)
		(void)closedir(folder); /* nothing was written */
	return best ? hc_printf(arena, "%s/%s", path, best) : NULL;
}

const char *disk_stable_path(struct hc_arena *arena, dev_t number)
{
	const char *path = alias(arena, "/dev/disk/by-id", number);

	return path ? path : alias(arena, "/dev/disk/by-path", number);
}
