/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The history file. A line is appended per cycle that changed something, without a sync: what a
 * crash may cost is the last line, and half a line is recognized by its missing end and dropped by
 * the next start. When the file has twice the lines it may keep, the newer half of it takes its
 * place, so a line is copied once and not at every change.
 *
 * It is read again when somebody asks, and not kept in memory: that happens rarely, and years of
 * changes are no reason for a daemon to grow.
 */

#include "history.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <hcstate/file.h>

enum {
	LARGEST = 32 * 1024 * 1024, /* bytes of the file */
};

struct history {
	struct hc_arena *arena;
	const char *path;
	uint32_t limit;
	size_t lines, bytes; /* in the file */
	bool failed;         /* it could not be written, and that was said */
	history_complain_fn *complain;
	void *arg;
};

/* A file's lines, each ended by a NUL in the place of its newline. */
struct lines {
	char **v;
	size_t n, room;
	size_t broken;
};

static void complain(const struct history *history, const char *what, const char *why)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();

	history->complain(history->arg, hc_printf(arena, "%s %s: %s", history->path, what, why));
}

static void could_write(struct history *history, int r)
{
	if (r && !history->failed)
		complain(history, "cannot be written", strerror(-r));
	history->failed = r != 0;
}

/* All of the text is one object, or NULL. */
static struct json_object *parse(const char *text, size_t size)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *one = NULL;

	if (tokener && size <= LARGEST)
		one = json_tokener_parse_ex(tokener, text, (int)size);
	if (!json_object_is_type(one, json_type_object) ||
	    json_tokener_get_parse_end(tokener) != size) {
		json_object_put(one);
		one = NULL;
	}
	if (tokener)
		json_tokener_free(tokener);
	return one;
}

static bool is_whole(const char *line, const char *end)
{
	struct json_object *one = parse(line, (size_t)(end - line));

	json_object_put(one);
	return one;
}

static void split(struct hc_arena *arena, char *text, size_t size, struct lines *lines)
{
	char *end;

	for (char *at = text; at < text + size; at = end + 1) {
		end = memchr(at, '\n', size - (size_t)(at - text));
		if (!end) {
			lines->broken++;
			break;
		}
		*end = '\0';
		if (!is_whole(at, end)) {
			lines->broken++;
			continue;
		}
		lines->v = hc_grow(arena, lines->v, lines->n, &lines->room, sizeof(*lines->v));
		lines->v[lines->n++] = at;
	}
}

static int read_lines(const struct history *history, struct hc_arena *arena, struct lines *lines)
{
	char *text;
	size_t size;
	int r = hc_file_read(arena, history->path, LARGEST, &text, &size);

	if (!r)
		split(arena, text, size, lines);
	return r == -ENOENT ? 0 : r;
}

/* The newest lines that there is place for become the file. */
static int rewrite(struct history *history, struct hc_arena *arena, const struct lines *lines)
{
	size_t from = lines->n, bytes = 0;
	char *text, *to;
	int r;

	while (from > 0 && lines->n - from < history->limit &&
	       bytes + strlen(lines->v[from - 1]) + 1 <= LARGEST / 4)
		bytes += strlen(lines->v[--from]) + 1;
	to = text = hc_alloc(arena, bytes + 1);
	for (size_t i = from; i < lines->n; i++) {
		to = stpcpy(to, lines->v[i]);
		*to++ = '\n';
	}
	r = hc_file_write(history->path, 0600, text, bytes);
	if (!r) {
		history->lines = lines->n - from;
		history->bytes = bytes;
	}
	return r;
}

/* It is no use: it goes aside, for who wants to know what it was. */
static void put_aside(struct history *history, struct hc_arena *arena, int why)
{
	const char *aside = hc_printf(arena, "%s.broken", history->path);

	complain(history, "cannot be read and is begun anew", strerror(-why));
	if (rename(history->path, aside))
		could_write(history, -errno);
}

static void begin(struct history *history)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct lines lines = {0};
	int r = read_lines(history, arena, &lines);

	if (r) {
		put_aside(history, arena, r);
		return;
	}
	history->lines = lines.n;
	for (size_t i = 0; i < lines.n; i++)
		history->bytes += strlen(lines.v[i]) + 1;
	if (!lines.broken)
		return;
	complain(history, "has lines that are broken and are dropped",
		 hc_printf(arena, "%zu", lines.broken));
	could_write(history, rewrite(history, arena, &lines));
}

struct history *history_new(const char *state_dir, uint32_t limit, history_complain_fn *complain_fn,
			    void *arg)
{
	struct hc_arena *arena = hc_arena_new();
	struct history *history = hc_new(arena, struct history);

	*history = (struct history){
		.arena = arena,
		.path = hc_printf(arena, "%s/history.jsonl", state_dir),
		.limit = limit,
		.complain = complain_fn,
		.arg = arg,
	};
	begin(history);
	return history;
}

struct history *history_free(struct history *history)
{
	if (history)
		hc_arena_free(history->arena);
	return NULL;
}

void history_limit(struct history *history, uint32_t limit)
{
	history->limit = limit;
}

/* All of it or nothing: half a line would spoil the next one too. */
static int append(struct history *history, const char *text, size_t size)
{
	_cleanup_(hc_closep) int fd =
		open(history->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct stat is;
	ssize_t n;

	if (fd < 0 || fstat(fd, &is))
		return -errno;
	n = write(fd, text, size);
	if (n == (ssize_t)size)
		return 0;
	n = n < 0 ? -errno : -ENOSPC;
	if (ftruncate(fd, is.st_size))
		return -errno;
	return (int)n;
}

static int shrink(struct history *history, struct hc_arena *arena)
{
	struct lines lines = {0};
	int r = read_lines(history, arena, &lines);

	return r ? r : rewrite(history, arena, &lines);
}

void history_add(struct history *history, struct json_object *entry)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	const char *line =
		json_object_to_json_string_ext(entry, JSON_C_TO_STRING_PLAIN |
							      JSON_C_TO_STRING_NOSLASHESCAPE);
	const char *text = hc_printf(arena, "%s\n", line);
	int r = append(history, text, strlen(text));

	if (!r) {
		history->lines++;
		history->bytes += strlen(text);
		if (history->lines >= 2 * (size_t)history->limit || history->bytes > LARGEST / 2)
			r = shrink(history, arena);
	}
	could_write(history, r);
}

struct json_object *history_last(const struct history *history, size_t n)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct json_object *all = json_object_new_array();
	struct lines lines = {0};

	if (read_lines(history, arena, &lines))
		return all; /* that it cannot be had is said by who writes it */
	if (n > history->limit)
		n = history->limit;
	for (size_t i = lines.n > n ? lines.n - n : 0; i < lines.n; i++)
		json_object_array_add(all, parse(lines.v[i], strlen(lines.v[i])));
	return all;
}
