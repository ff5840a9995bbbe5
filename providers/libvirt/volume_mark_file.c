/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The marks of files: a note beside each, as a directory has no place for all of them, and goes
 * with what is in it when it is moved to another machine. The directories are those of this node's
 * storages.
 */

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "volume_mark.h"
#include "volume_note.h"

#define SUFFIX "." VOLUME_OWNER

/* ".vm-100-disk-0.owner": the mark of "vm-100-disk-0"; NULL: it is none */
static const char *marked_name(struct hc_arena *arena, const char *entry)
{
	const size_t length = strlen(entry), suffix = sizeof(SUFFIX) - 1;

	if (*entry != '.' || length <= 1 + suffix || strcmp(entry + length - suffix, SUFFIX) != 0)
		return NULL;
	return hc_strndup(arena, entry + 1, length - 1 - suffix);
}

static void take(struct hc_arena *arena, const struct volume *volume, struct hc_map *marks,
		 struct hc_strings *made)
{
	char *owner, *key = volume_text(arena, volume);
	bool whole;

	if (volume_marked(arena, NULL, volume, &owner, &whole) || !owner)
		return; /* it went meanwhile, or is no mark of ours */
	hc_map_put(arena, marks, key, owner);
	if (whole && made)
		hc_strings_add(arena, made, key);
}

static int take_all(struct hc_arena *arena, struct volume directory, struct hc_map *marks,
		    struct hc_strings *made)
{
	DIR *open = opendir(directory.pool);
	const struct dirent *entry;

	if (!open)
		return errno == ENOENT ? 0 : -errno;
	while ((entry = readdir(open))) {
		directory.name = marked_name(arena, entry->d_name);
		if (directory.name)
			take(arena, &directory, marks, made);
	}
	(void)closedir(open); /* it was only read */
	return 0;
}

int volume_marks_here(const struct hc_call *call, struct hc_map *marks, struct hc_strings *made,
		      const char **where)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(call->desired, &hc_storage, &n);
	int r = 0;

	*marks = (struct hc_map){0};
	for (size_t i = 0; !r && i < n; i++) {
		struct volume directory;

		if (!volume_of(call, v[i]->name, "", &directory) ||
		    directory.type != HC_STORAGE_DIR)
			continue;
		*where = directory.pool;
		r = take_all(call->arena, directory, marks, made);
	}
	return r;
}
