/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our files in systemd-networkd's directory. Which resource a file belongs to is in its name alone,
 * so a file whose resource is gone from the manifests still tells whose it was, and nothing of
 * ours is ever left behind.
 */

#include "boot.h"

#include <dirent.h>
#include <string.h>

#include <hcstate/file.h>

#define PREFIX "10-hcstate-"

enum {
	LARGEST = 1024 * 1024 /* bytes of a file; with many routes it is long */
};

static int by_name(const void *a, const void *b)
{
	const struct boot_file *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int add(struct hc_call *call, const char *directory, const char *name,
	       struct boot_files *files)
{
	const char *path = hc_printf(call->arena, "%s/%s", directory, name);
	char *text;
	size_t size;
	int r = hc_file_read(call->arena, path, LARGEST, &text, &size);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return hc_fail(call, -r, NULL, "cannot read %s: %s", path, strerror(-r));
	files->v = hc_grow(call->arena, files->v, files->n, &files->room, sizeof(*files->v));
	files->v[files->n++] =
		(struct boot_file){.name = hc_strdup(call->arena, name), .text = text};
	return 0;
}

int boot_read(struct hc_call *call, const char *directory, struct boot_files *files)
{
	DIR *dir = opendir(directory);
	const struct dirent *entry;
	int r = 0;

	if (!dir)
		return errno == ENOENT ? 0
				       : hc_fail(call, errno, NULL, "cannot read %s: %s", directory,
						 strerror(errno));
	while (r >= 0 && (entry = readdir(dir)))
		if (!strncmp(entry->d_name, PREFIX, strlen(PREFIX)) &&
		    (boot_resource(call->arena, entry->d_name, "network") ||
		     boot_resource(call->arena, entry->d_name, "netdev")))
			r = add(call, directory, entry->d_name, files);
	(void)closedir(dir); /* it was only read */
	if (files->n)
		qsort(files->v, files->n, sizeof(*files->v), by_name);
	return r;
}

const char *boot_text(const struct boot_files *files, const char *name)
{
	const struct boot_file key = {.name = name}, *found = NULL;

	if (files->n)
		found = bsearch(&key, files->v, files->n, sizeof(*files->v), by_name);
	return found ? found->text : "";
}

const char *boot_name(struct hc_arena *arena, const char *resource, const char *suffix)
{
	char *name = hc_printf(arena, PREFIX "%s.%s", resource, suffix);

	for (char *slash = strchr(name, '/'); slash; slash = strchr(slash, '/'))
		*slash = ':';
	return name;
}

const char *boot_resource(struct hc_arena *arena, const char *file, const char *suffix)
{
	size_t size = strlen(file), end = strlen(suffix) + 1, begin = strlen(PREFIX);
	char *name, *colon;

	if (size <= begin + end || strncmp(file, PREFIX, begin) != 0 || file[size - end] != '.' ||
	    strcmp(file + size - end + 1, suffix) != 0)
		return NULL;
	name = hc_strndup(arena, file + begin, size - begin - end);
	colon = strchr(name, ':');
	if (colon)
		*colon = '/';
	return name;
}

int boot_write(struct hc_call *call, const struct hc_resource *about, const char *name,
	       const char *text)
{
	const char *path = hc_printf(call->arena, BOOT_DIRECTORY "/%s", name);
	char *before = NULL;
	size_t size;
	int r = hc_file_read(call->arena, path, LARGEST, &before, &size);

	if ((!r && !strcmp(before, text)) || (r == -ENOENT && !*text))
		return 0; /* what does not change is nothing that networkd has to learn */
	r = *text ? hc_file_write(path, 0644, text, strlen(text)) : hc_file_remove(path);
	boot_stamp();
	return r < 0 ? hc_fail(call, -r, about, "cannot write %s: %s", path, strerror(-r)) : 0;
}
