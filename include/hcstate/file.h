/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Whole files, read with a bound and written so that a crash leaves the old or the new one. */

#include <sys/types.h>

#include <hcstate/base.h>

/* Reads a regular file of at most `max` bytes; a NUL follows *text; size may be NULL. -ENOENT,
 * -EFBIG, -EISDIR, ...
 */
int hc_file_read(struct hc_arena *arena, const char *path, size_t max, char **text, size_t *size);

/* Writes beside it, syncs, renames over it, syncs the directory. Missing directories are made
 * (0755). */
int hc_file_write(const char *path, mode_t mode, const void *data, size_t size);

/* As hc_file_write(), but waits for no disk: after a power loss there may be the old content, the
 * new one, or none. */
int hc_file_note(const char *path, mode_t mode, const void *data, size_t size);

/* As hc_file_write(), but -EEXIST when there is one already. */
int hc_file_create(const char *path, mode_t mode, const void *data, size_t size);

/* Removes it and syncs the directory; 0 also when there was none. */
int hc_file_remove(const char *path);

/*
 * What follows is for directories of other users too: no link of others is followed on the way, see
 * directory.h. -ENOENT when the directory is missing.
 */

/* As hc_file_write(), for that owner from the start. */
int hc_file_give(const char *path, mode_t mode, uid_t user, gid_t group, const void *data,
		 size_t size);

/* A symbolic link to `target`, in the place of the file or link that is there. */
int hc_file_link(const char *path, const char *target);

/* Removes it, and a directory with all in it; never through a link, nor from another file system
 * (-EBUSY). 0 also when there was none. */
int hc_file_clear(const char *path);
