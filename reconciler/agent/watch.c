/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inotify tells of names in directories, and loses what it has to tell when there is too much of
 * it. So it is never believed to say what has changed, only that something has; which directories
 * are to be watched is found anew by each walk, and what no walk meets any more is let go.
 */

#include "watch.h"

#include "watch_walk.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>

#include <reconciler/load.h>

enum {
	ROOM = 16 * 1024, /* for events */
	READS = 64,       /* in one go: who writes without end must not hold us for ever */
};

struct watch {
	char *path;
	int fd, error;         /* -1: why */
	struct watch_walk now; /* the last walk */
};

struct watch *watch_new(const char *path)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		abort();
	watch->path = strdup(path);
	if (!watch->path)
		abort();
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	watch->error = watch->fd < 0 ? errno : 0;
	return watch;
}

struct watch *watch_free(struct watch *watch)
{
	if (!watch)
		return NULL;
	hc_closep(&watch->fd);
	(void)hc_arena_free(watch->now.arena);
	free(watch->path);
	free(watch);
	return NULL;
}

int watch_fd(const struct watch *watch)
{
	return watch->fd;
}

/* What a link leads to matters by its name; in the tree, what hc_load() would read, and whatever
 * comes or goes, as it may be a link. */
static bool matters(const struct watch *watch, const struct inotify_event *event)
{
	const struct watch_spot *spot = watch_walk_spot(&watch->now, event->wd);

	if (event->mask & IN_Q_OVERFLOW)
		return true;
	if (!spot || !event->len)
		return spot; /* the directory itself */
	for (size_t i = 0; i < spot->n; i++)
		if (!strcmp(spot->name[i], event->name))
			return true;
	if (!spot->tree || *event->name == '.' || *event->name == '#')
		return false;
	return event->mask & (IN_ISDIR | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO) ||
	       hc_is_manifest(event->name);
}

static bool any_matters(const struct watch *watch, const char *from, const char *end)
{
	bool any = false;

	while (from < end) {
		const struct inotify_event *event = (const void *)from;

		any |= matters(watch, event);
		from += sizeof(*event) + event->len;
	}
	return any;
}

bool watch_take(struct watch *watch)
{
	_Alignas(struct inotify_event) char room[ROOM];
	bool any = false;

	for (int i = 0; i < READS && watch->fd >= 0; i++) {
		ssize_t n = read(watch->fd, room, sizeof(room));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		any |= any_matters(watch, room, room + n);
	}
	return any;
}

/* What is watched no more. The kernel may have let it go by itself, with its directory. */
static void let_go(const struct watch *watch, const struct watch_walk *old)
{
	for (size_t i = 0; i < old->n; i++)
		if (!watch_walk_spot(&watch->now, old->spot[i].wd))
			(void)inotify_rm_watch(watch->fd, old->spot[i].wd);
}

static bool grew(const struct watch *watch, const struct watch_walk *old)
{
	for (size_t i = 0; i < watch->now.n; i++)
		if (!watch_walk_spot(old, watch->now.spot[i].wd))
			return true;
	return false;
}

static const char *why_blind(const struct watch *watch)
{
	int error = watch->fd < 0 ? watch->error : watch->now.error;

	if (error == EMFILE)
		return "there are too many users of inotify (fs.inotify.max_user_instances)";
	if (error == ENOSPC)
		return "there are more directories than may be watched "
		       "(fs.inotify.max_user_watches)";
	if (error)
		return hc_printf(watch->now.arena, "they cannot be watched: %s", strerror(error));
	return watch->now.remote ? "they are on a file system that others may write to" : NULL;
}

struct watch_sight watch_look(struct watch *watch)
{
	struct watch_walk old = watch->now;
	struct watch_sight sight = {0};

	watch->now = (struct watch_walk){.arena = hc_arena_new(), .fd = watch->fd};
	watch_walk(&watch->now, watch->path);
	let_go(watch, &old);
	sight.grew = grew(watch, &old);
	sight.print = watch->now.print;
	sight.blind = why_blind(watch);
	(void)hc_arena_free(old.arena);
	return sight;
}
