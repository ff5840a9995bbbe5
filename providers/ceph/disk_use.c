/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who uses a block device, in words, as the kernel tells: /proc/self/mountinfo, /proc/swaps and
 * sysfs (see proc(5)). Whoever is about to write to it also opens it with O_EXCL, which the kernel
 * refuses for users of any kind.
 */

#include "disk.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <hcstate/file.h>

enum {
	TABLE_MAX = 4 << 20,
};

static char *table(struct hc_arena *arena, const char *path)
{
	char *text = NULL;

	return hc_file_read(arena, path, TABLE_MAX, &text, NULL) ? NULL : text;
}

/* ID PARENT MAJOR:MINOR ROOT WHERE ... */
static const char *mounted(struct hc_arena *arena, const char *number)
{
	char *text = table(arena, "/proc/self/mountinfo"), *rest = NULL;

	for (char *line = text ? strtok_r(text, "\n", &rest) : NULL; line;
	     line = strtok_r(NULL, "\n", &rest)) {
		char device[32], where[512];

		if (sscanf(line, "%*s %*s %31s %*s %511s", device, where) == 2 &&
		    !strcmp(device, number))
			return hc_printf(arena, "mounted at %s", where);
	}
	return NULL;
}

static bool is_swap(struct hc_arena *arena, dev_t number)
{
	char *text = table(arena, "/proc/swaps"), *rest = NULL;

	for (char *line = text ? strtok_r(text, "\n", &rest) : NULL; line;
	     line = strtok_r(NULL, "\n", &rest)) {
		char path[512];
		struct stat st;

		if (sscanf(line, "%511s", path) == 1 && *path == '/' && !stat(path, &st) &&
		    S_ISBLK(st.st_mode) && st.st_rdev == number)
			return true;
	}
	return false;
}

static DIR *kernel_folder(struct hc_arena *arena, const char *number, const char *under)
{
	return opendir(hc_printf(arena, "/sys/dev/block/%s%s", number, under));
}

/* What is built on it: device-mapper, RAID. */
static const char *holder(struct hc_arena *arena, const char *number)
{
	DIR *folder = kernel_folder(arena, number, "/holders");
	const char *name = NULL;

	for (struct dirent *e = folder ? readdir(folder) : NULL; e && !name; e = readdir(folder))
		if (*e->d_name != '.')
			name = hc_printf(arena, "part of %s", e->d_name);
	if (folder)
		(void)closedir(folder); /* nothing was written */
	return name;
}

static bool has_partitions(struct hc_arena *arena, const char *number)
{
	DIR *folder = kernel_folder(arena, number, "");
	bool any = false;

	for (struct dirent *e = folder ? readdir(folder) : NULL; e && !any; e = readdir(folder))
		any = *e->d_name != '.' &&
		      !access(hc_printf(arena, "/sys/dev/block/%s/%s/partition", number, e->d_name),
			      F_OK);
	if (folder)
		(void)closedir(folder); /* nothing was written */
	return any;
}

const char *disk_user(struct hc_arena *arena, dev_t number)
{
	const char *text = disk_number(arena, number);
	const char *why = mounted(arena, text);

	if (!why && is_swap(arena, number))
		why = "swap";
	if (!why)
		why = holder(arena, text);
	if (!why && has_partitions(arena, text))
		why = "divided into partitions";
	return why ? why : "";
}
