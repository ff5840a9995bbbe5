/* SPDX-License-Identifier: Apache-2.0 */
/* Claims as files. A lock beside them makes comparing and writing one step. */

#include "claim_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <hcstate/directory.h>
#include <hcstate/file.h>

#include "uuid.h"

static const char *directory_of(struct hc_arena *arena)
{
	return hc_printf(arena, "%s/claims", hc_state_directory());
}

static int read_one(struct hc_arena *arena, const char *uuid, struct claim *claim)
{
	const char *path = hc_printf(arena, "%s/%s", directory_of(arena), uuid);
	size_t size;
	char *text;
	int r = hc_file_read(arena, path, CLAIM_MAX, &text, &size);

	if (!r)
		claim_take(arena, uuid, text, size, claim);
	else
		*claim = (struct claim){.uuid = hc_strdup(arena, uuid)};
	return r;
}

int claim_file_get(struct hc_arena *arena, const char *uuid, struct claim *claim)
{
	int r = uuid_is(uuid) ? read_one(arena, uuid, claim) : -EINVAL;

	return r == -ENOENT ? 0 : r;
}

static void close_directory(DIR **directory)
{
	if (*directory)
		(void)closedir(*directory);
}

int claim_file_list(struct hc_arena *arena, struct claim **v, size_t *n)
{
	_cleanup_(close_directory) DIR *directory = opendir(directory_of(arena));
	const struct dirent *entry;
	size_t room = 0;

	*n = 0;
	if (!directory)
		return errno == ENOENT ? 0 : -errno;
	while ((errno = 0, entry = readdir(directory))) {
		struct claim claim;
		int r = uuid_is(entry->d_name) ? read_one(arena, entry->d_name, &claim) : -ENOENT;

		if (r == -ENOENT)
			continue;
		if (r)
			return r;
		*v = hc_grow(arena, *n ? *v : NULL, *n, &room, sizeof(**v));
		(*v)[(*n)++] = claim;
	}
	return -errno;
}

/* Held until it is closed. */
static int lock_all(struct hc_arena *arena)
{
	const char *directory = directory_of(arena);
	int fd;

	if (mkdir(directory, 0700) && errno != EEXIST)
		return -errno;
	/* not the directory's own: hc_file_write() takes that */
	fd = open(hc_printf(arena, "%s/lock", directory), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
		  0600);
	if (fd >= 0 && flock(fd, LOCK_EX)) {
		int r = -errno;

		(void)close(fd);
		return r;
	}
	return fd < 0 ? -errno : fd;
}

int claim_file_put(struct hc_arena *arena, const struct claim *was, const char *text)
{
	const char *path = hc_printf(arena, "%s/%s", directory_of(arena), was->uuid);
	_cleanup_(hc_closep) int lock = uuid_is(was->uuid) ? lock_all(arena) : -EINVAL;
	struct claim now;
	int r;

	if (lock < 0)
		return lock;
	r = claim_file_get(arena, was->uuid, &now);
	if (r)
		return r;
	if (now.epoch != was->epoch || strcmp(now.nonce, was->nonce) != 0)
		return -ECANCELED;
	return text ? hc_file_write(path, 0600, text, strlen(text)) : hc_file_remove(path);
}
