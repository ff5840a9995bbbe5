/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Manifests in a file or directory that persons and programs write to as they please. An editor
 * that saves makes a handful of changes, a copied tree thousands: what is noticed is read only when
 * it has been quiet for a moment. What changes while it is read may be half of something, so that
 * reading is thrown away and waits for quiet again.
 *
 * inotify does not see everything: mounts, other machines' writes, what is beyond its limits. So
 * now and then the tree is looked at though nothing was reported.
 *
 * A file system that hangs holds up a thread of its own (reader.c) and not the loop. Until it
 * answers nothing else is tried; what is there then is looked at as if somebody had edited it.
 */

#include "source_path.h"

#include "reader.h"

#include <string.h>
#include <sys/epoll.h>

enum { EXACT = 1000 }; /* us; the loop would take the liberty of 250 ms */

static const struct path_pace usual = {
	.settle = 200 * 1000ul,
	.most = 2 * 1000ul * 1000,
	.look = 60 * 1000ul * 1000,
	.blind = 10 * 1000ul * 1000,
	.patience = 2 * 1000ul * 1000,
};

struct path {
	struct source *source;
	const struct path_pace *pace;
	struct reader *reader;
	struct watch_sight sight; /* the last one */
	sd_event_source *io, *quiet, *look, *back;
	uint64_t since; /* of the loop's clock: something was noticed and is not read yet; 0: no */
	bool again;     /* it does not count as quiet yet */
	char *warning;
	char *hanging; /* what is said of it; NULL: it does not hang */
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

/* What came of a read. Whether there is something new to see. */
static bool see(struct path *path, const struct reading *reading)
{
	uint64_t print = path->sight.print;
	bool blind = reading->sight.blind;

	path->sight = reading->sight;
	warn(path, path->sight.blind);
	path->sight.blind = NULL; /* it does not last */
	set(path->look, now(path) + (blind ? path->pace->blind : path->pace->look));
	return path->sight.print != print;
}

static void say_hangs(struct path *path)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct source_state *state = &path->source->state;

	if (asprintf(&path->hanging, "the manifests cannot be read: %s hangs since %s",
		     state->where, source_time(arena, hc_wall_us() / 1000000)) < 0)
		abort();
	state->error = path->hanging;
	state->hangs = true;
	path->source->changed(path->source->arg);
}

static void listen_to_changes(struct path *path, bool on)
{
	if (path->io) /* it exists */
		(void)sd_event_source_set_enabled(path->io, on ? SD_EVENT_ON : SD_EVENT_OFF);
}

/* False: it hangs. */
static bool read_tree(struct path *path, const struct hc_registry *registry,
		      struct reading *reading)
{
	if (path->hanging)
		return false;
	listen_to_changes(path, false); /* the watch is the reader's until then */
	if (!reader_read(path->reader, registry, path->pace->patience, reading)) {
		say_hangs(path);
		return false;
	}
	listen_to_changes(path, true);
	return true;
}

/* Whether there is something new to see. */
static bool look(struct path *path)
{
	struct reading reading;

	return read_tree(path, NULL, &reading) && see(path, &reading);
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
	if (watch_take(reader_watch(path->reader)))
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
	if (path->hanging)
		return 0;
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

/* It answers again, whatever it has now. */
static int on_back(sd_event_source *io, int fd, uint32_t what, void *arg)
{
	struct path *path = arg;
	struct reading reading;

	(void)io, (void)fd, (void)what;
	if (!reader_take(path->reader, &reading))
		return 0;
	(void)hc_generation_free(reading.generation); /* it is too old to be believed */
	free(path->hanging);
	path->hanging = NULL;
	path->source->state.error = NULL;
	path->source->state.hangs = false;
	listen_to_changes(path, true);
	(void)see(path, &reading);
	noticed(path);
	return 0;
}

static void begin_timers(struct path *path)
{
	sd_event *event = path->source->event;
	int fd = watch_fd(reader_watch(path->reader)), r = 0;

	if (fd >= 0)
		r = sd_event_add_io(event, &path->io, fd, EPOLLIN, on_event, path);
	if (r >= 0 && reader_fd(path->reader) >= 0)
		r = sd_event_add_io(event, &path->back, reader_fd(path->reader), EPOLLIN, on_back,
				    path);
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
	path->reader = reader_new(source->config->source);
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
	sd_event_source_disable_unref(path->back);
	(void)reader_free(path->reader);
	free(path->warning);
	free(path->hanging);
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
	struct reading reading;

	if (path->hanging)
		return NULL;
	if (path->since)
		return none(path);
	if (!read_tree(path, registry, &reading))
		return NULL;
	(void)see(path, &reading);
	if (!reading.torn) {
		path->source->state.error = NULL;
		return reading.generation;
	}
	(void)hc_generation_free(reading.generation);
	path->again = true; /* the loop's clock stood still while it was read */
	noticed(path);
	return none(path);
}

/* Who asks for it has finished editing. */
static void hurry(void *self)
{
	struct path *path = self;

	if (path->hanging)
		return;
	(void)watch_take(reader_watch(path->reader)); /* whatever it is: */
	changed(path);
}

const struct source_kind source_path = {begin, end, load, hurry};
