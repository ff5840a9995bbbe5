/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Manifests in a file or directory that persons and programs write to as they please. An editor
 * that saves makes a handful of changes, a copied tree thousands: what is noticed is read only when
 * it has been quiet for a moment. What changes while it is read may be half of something, so that
 * reading is thrown away and waits for quiet again.
 *
 * inotify does not see everything: mounts, other machines' writes, what is beyond its limits. So
 * now and then the tree is looked at though nothing was reported.
 */

#include "source_path.h"

#include "watch.h"

#include <string.h>
#include <sys/epoll.h>

enum { EXACT = 1000 }; /* us; the loop would take the liberty of 250 ms */

static const struct path_pace usual = {
	.settle = 200 * 1000ul,
	.most = 2 * 1000ul * 1000,
	.look = 60 * 1000ul * 1000,
	.blind = 10 * 1000ul * 1000,
};

struct path {
	struct source *source;
	const struct path_pace *pace;
	struct watch *watch;
	struct watch_sight sight; /* the last one */
	sd_event_source *io, *quiet, *look;
	uint64_t since; /* of the loop's clock: something was noticed and is not read yet; 0: no */
	bool again;     /* it does not count as quiet yet */
	char *warning;
};

static uint64_t now(const struct path *path)
{
	uint64_t us = 1;

	(void)sd_event_now(path->source->event, CLOCK_MONOTONIC, &us); /* it knows this clock */
	return us;
}

/* What fails here has failed at the beginning, and that is said. */
static void set(sd_event_source *timer, uint64_t at)
{
	(void)sd_event_source_set_time(timer, at);
	(void)sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

static void warn(struct path *path, const char *why)
{
	char *text = NULL;

	if (why && asprintf(&text, "changes may be noticed late, after %d s: %s",
			    (int)(path->pace->blind / 1000000), why) < 0)
		abort();
	free(path->warning);
	path->warning = text;
	path->source->state.warning = text;
}

/* Whether there is something new to see. */
static bool look(struct path *path)
{
	uint64_t print = path->sight.print;
	bool blind;

	path->sight = watch_look(path->watch);
	blind = path->sight.blind;
	warn(path, path->sight.blind);
	path->sight.blind = NULL; /* it does not last */
	set(path->look, now(path) + (blind ? path->pace->blind : path->pace->look));
	return path->sight.print != print;
}

static void noticed(struct path *path)
{
	uint64_t at = now(path), last;

	if (!path->since)
		path->since = at;
	last = path->since + path->pace->most;
	at += path->pace->settle;
	set(path->quiet, at < last ? at : last);
}

static void changed(struct path *path)
{
	path->since = 0;
	path->again = false;
	(void)sd_event_source_set_enabled(path->quiet, SD_EVENT_OFF); /* as set() */
	path->source->changed(path->source->arg);
}

static int on_event(sd_event_source *io, int fd, uint32_t what, void *arg)
{
	struct path *path = arg;

	(void)io;
	(void)fd;
	(void)what;
	if (watch_take(path->watch))
		noticed(path);
	return 0;
}

/* What is written in a directory that was not watched until now is not noticed yet, and on other
 * machines' file systems it never is. */
static int on_quiet(sd_event_source *timer, uint64_t at, void *arg)
{
	struct path *path = arg;
	bool moved, blind;

	(void)timer;
	moved = look(path);
	blind = path->warning;
	if ((path->again || path->sight.grew || (blind && moved)) &&
	    at < path->since + path->pace->most) {
		path->again = false;
		noticed(path);
	} else {
		changed(path);
	}
	return 0;
}

static int on_look(sd_event_source *timer, uint64_t at, void *arg)
{
	(void)timer;
	(void)at;
	if (look(arg))
		noticed(arg);
	return 0;
}

static void begin_timers(struct path *path)
{
	sd_event *event = path->source->event;
	int fd = watch_fd(path->watch), r = 0;

	if (fd >= 0)
		r = sd_event_add_io(event, &path->io, fd, EPOLLIN, on_event, path);
	if (r >= 0)
		r = sd_event_add_time(event, &path->quiet, CLOCK_MONOTONIC, 0, EXACT, on_quiet,
				      path);
	if (r >= 0)
		r = sd_event_source_set_enabled(path->quiet, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_time(event, &path->look, CLOCK_MONOTONIC, 0, 0, on_look, path);
	if (r < 0)
		abort(); /* out of memory: see base.h */
}

void *path_begin(struct source *source, const struct path_pace *pace)
{
	struct path *path = calloc(1, sizeof(*path));

	if (!path)
		abort();
	path->source = source;
	path->pace = pace;
	path->watch = watch_new(source->config->source);
	source->state.kind = "path";
	source->state.where = source->config->source;
	begin_timers(path);
	(void)look(path); /* the agent loads it in any case */
	return path;
}

static void *begin(struct source *source)
{
	return path_begin(source, &usual);
}

static void end(void *self)
{
	struct path *path = self;

	sd_event_source_disable_unref(path->io);
	sd_event_source_disable_unref(path->quiet);
	sd_event_source_disable_unref(path->look);
	(void)watch_free(path->watch);
	free(path->warning);
	free(path);
}

/* None, as somebody is at work on it. It is read when that has come to an end. */
static struct hc_generation *none(struct path *path)
{
	path->source->state.error = "the manifests are being edited";
	return NULL;
}

static struct hc_generation *load(void *self, const struct hc_registry *registry)
{
	struct path *path = self;
	const char *const paths[] = {path->source->config->source, NULL};
	struct hc_generation *generation;
	bool torn;

	if (path->since)
		return none(path);
	(void)look(path);
	generation = hc_load(registry, paths);
	torn = watch_take(path->watch);
	if (!look(path) && !torn) {
		path->source->state.error = NULL;
		return generation;
	}
	(void)hc_generation_free(generation);
	path->again = true; /* the loop's clock stood still while it was read */
	noticed(path);
	return none(path);
}

/* Who asks for it has finished editing. */
static void hurry(void *self)
{
	struct path *path = self;

	(void)watch_take(path->watch); /* whatever it is: */
	changed(path);
}

const struct source_kind source_path = {begin, end, load, hurry};
