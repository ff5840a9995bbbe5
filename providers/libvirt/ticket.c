/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM that is started by hand while its claim is `starting` would run with clients that nobody
 * recorded; so the hook wants to see more than the claim. Only root can make these files.
 *
 * A start and the arrival of a migration look the same to the hook when QEMU begins. What tells
 * them apart is that libvirt asked before, of the migration.
 */

#include "ticket.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <hcstate/base.h>

#include "uuid.h"

#define DIRECTORY "/run/hcstate"
#define STARTING DIRECTORY "/starting"
#define EXPECTED DIRECTORY "/expected"

/* -EINVAL: it is no uuid, and would be a path. */
static int path_of(char path[PATH_MAX], const char *directory, const char *uuid)
{
	if (!uuid_is(uuid))
		return -EINVAL;
	(void)snprintf(path, PATH_MAX, "%s/%s", directory, uuid);
	return 0;
}

static int make_directory(const char *path)
{
	return !mkdir(path, 0700) || errno == EEXIST ? 0 : -errno;
}

static int open_made(const char *directory, const char *uuid)
{
	char path[PATH_MAX];
	int r = path_of(path, directory, uuid), fd;

	if (!r && mkdir(DIRECTORY, 0755) && errno != EEXIST)
		r = -errno;
	if (!r)
		r = make_directory(directory);
	if (r)
		return r;
	fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : fd;
}

int ticket_take(const char *uuid)
{
	int fd = open_made(STARTING, uuid);

	if (fd < 0 || !flock(fd, LOCK_EX | LOCK_NB))
		return fd;
	(void)close(fd);
	return -EBUSY;
}

bool ticket_taken(const char *uuid)
{
	char path[PATH_MAX];
	_cleanup_(hc_closep) int fd = -1;

	if (path_of(path, STARTING, uuid))
		return false;
	fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK;
}

int ticket_expect(const char *uuid)
{
	int fd = open_made(EXPECTED, uuid);

	return fd < 0 ? fd : close(fd);
}

bool ticket_expected(const char *uuid)
{
	char path[PATH_MAX];

	return !path_of(path, EXPECTED, uuid) && !unlink(path);
}
