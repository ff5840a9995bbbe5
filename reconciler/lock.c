/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock: flock on a file in the state directory. It needs no cleaning up after a kill. The pid
 * in it is for the message only.
 */

#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

static int fail(struct hc_diags *diags, const char *path, int r)
{
	hc_say(diags, HC_ERROR, (struct hc_place){0}, "cannot lock %s: %s", path, strerror(-r));
	return r;
}

static int say_who(struct hc_diags *diags, int fd)
{
	char pid[16] = "";

	(void)!pread(fd, pid, sizeof(pid) - 1, 0); /* without it the message says less */
	pid[strcspn(pid, "\n")] = 0;
	hc_say(diags, HC_ERROR, (struct hc_place){0},
	       "another hcstate is at work on this node%s%s; try again when it is through",
	       *pid ? ": process " : "", pid);
	return -EWOULDBLOCK;
}

int hc_lock(const char *state_dir, struct hc_diags *diags, int *fd)
{
	const char *path = hc_printf(diags->arena, "%s/lock", state_dir);

	if (mkdir(state_dir, 0755) && errno != EEXIST)
		return fail(diags, state_dir, -errno);
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (*fd < 0)
		return fail(diags, path, -errno);
	if (flock(*fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? say_who(diags, *fd) : fail(diags, path, -errno);
	(void)!ftruncate(
		*fd,
		0); /* a stale or missing pid harms nobody: on a full disk the lock still holds */
	(void)!dprintf(*fd, "%d\n", (int)getpid());
	return 0;
}
