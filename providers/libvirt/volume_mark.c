/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The marks in Ceph are one object's omap, so that all are read with one question and each is
 * changed alone. A file has its own beside it: volume_mark_file.c.
 */

#include "volume_mark.h"

#include <errno.h>
#include <string.h>

#include <hcstate/storage.h>

#include "volume_note.h"

#define POOL "hcstate"
#define NAMESPACE "volume"
#define OBJECT "volumes"
#define MADE " made" /* no name has a space */

enum {
	AT_ONCE = 1000,
	LONGEST = 1024, /* a key or value that is longer is none of ours */
};

static int open_pool(rados_t rados, rados_ioctx_t *io)
{
	int r = rados ? rados_ioctx_create(rados, POOL, io) : -ENOTCONN;

	if (r < 0)
		return r;
	rados_ioctx_set_namespace(*io, NAMESPACE);
	return 0;
}

/* In a directory that is there: it is not to be made for a note. */
static int change_file(struct hc_arena *arena, const struct volume *volume, const char *owner)
{
	if (access(volume->pool, F_OK))
		return owner ? -errno : 0;
	return volume_note(arena, NULL, volume, VOLUME_OWNER, owner);
}

static int change_image(struct hc_arena *arena, rados_t rados, const struct volume *volume,
			const char *owner)
{
	const char *key = volume_text(arena, volume);
	const size_t key_size = strlen(key), owner_size = owner ? strlen(owner) : 0;
	rados_write_op_t op;
	rados_ioctx_t io;
	int r = open_pool(rados, &io);

	if (r < 0)
		return r;
	op = rados_create_write_op();
	if (owner)
		rados_write_op_omap_set2(op, &key, &owner, &key_size, &owner_size, 1);
	else
		rados_write_op_omap_rm_keys2(op, &key, &key_size, 1);
	r = rados_write_op_operate(op, io, OBJECT, NULL, 0);
	rados_release_write_op(op);
	rados_ioctx_destroy(io);
	return r;
}

static int change(struct hc_arena *arena, rados_t rados, const struct volume *volume,
		  const char *owner)
{
	return volume->type == HC_STORAGE_DIR ? change_file(arena, volume, owner)
					      : change_image(arena, rados, volume, owner);
}

int volume_mark(struct hc_arena *arena, rados_t rados, const struct volume *volume,
		const char *owner)
{
	return change(arena, rados, volume, owner);
}

int volume_mark_made(struct hc_arena *arena, rados_t rados, const struct volume *volume,
		     const char *owner)
{
	return volume_mark(arena, rados, volume, hc_printf(arena, "%s" MADE, owner));
}

int volume_unmark(struct hc_arena *arena, rados_t rados, const struct volume *volume)
{
	int r = change(arena, rados, volume, NULL);

	return r == -ENOENT ? 0 : r;
}

char *volume_mark_read(struct hc_arena *arena, const char *value, bool *made)
{
	size_t size = strcspn(value, " ");

	*made = !strcmp(value + size, MADE);
	return hc_strndup(arena, value, size);
}

/* Gives the last key, to go on behind it. */
static char *take(struct hc_arena *arena, rados_omap_iter_t iter, struct hc_map *marks)
{
	char *key, *value, *last = NULL;
	size_t key_size, value_size;

	while (!rados_omap_get_next2(iter, &key, &value, &key_size, &value_size) && key) {
		last = hc_strndup(arena, key, key_size);
		if (key_size <= LONGEST && value_size <= LONGEST)
			hc_map_put(arena, marks, last, hc_strndup(arena, value, value_size));
	}
	return last;
}

/* -ENOENT: there is no such object. */
static int read_some(struct hc_arena *arena, rados_ioctx_t io, char **last, struct hc_map *marks,
		     bool *more)
{
	rados_read_op_t op = rados_create_read_op();
	rados_omap_iter_t iter = NULL;
	unsigned char rest = 0;
	int r, result = 0;

	rados_read_op_omap_get_vals2(op, *last, "", AT_ONCE, &iter, &rest, &result);
	r = rados_read_op_operate(op, io, OBJECT, 0);
	if (r >= 0)
		r = result;
	if (r >= 0)
		*last = take(arena, iter, marks);
	*more = r >= 0 && rest && *last;
	if (iter)
		rados_omap_get_end(iter);
	rados_release_read_op(op);
	return r;
}

/* One value: NULL is none. */
static int read_one(struct hc_arena *arena, rados_ioctx_t io, const char *key, char **value)
{
	const size_t key_size = strlen(key);
	rados_read_op_t op = rados_create_read_op();
	rados_omap_iter_t iter = NULL;
	struct hc_map marks = {0};
	int r, result = 0;

	rados_read_op_omap_get_vals_by_keys2(op, &key, 1, &key_size, &iter, &result);
	r = rados_read_op_operate(op, io, OBJECT, 0);
	if (r >= 0)
		r = result;
	if (r >= 0)
		(void)take(arena, iter, &marks); /* one is all there is */
	*value = marks.n ? hc_strdup(arena, marks.v[0].value) : NULL;
	if (iter)
		rados_omap_get_end(iter);
	rados_release_read_op(op);
	return r == -ENOENT || r > 0 ? 0 : r;
}

static int read_image(struct hc_arena *arena, rados_t rados, const struct volume *volume,
		      char **value)
{
	rados_ioctx_t io;
	int r = open_pool(rados, &io);

	*value = NULL;
	if (r < 0)
		return r == -ENOENT ? 0 : r; /* no pool: nothing was made */
	r = read_one(arena, io, volume_text(arena, volume), value);
	rados_ioctx_destroy(io);
	return r;
}

int volume_marked(struct hc_arena *arena, rados_t rados, const struct volume *volume, char **owner,
		  bool *made)
{
	char *value;
	int r;

	*owner = NULL;
	*made = false;
	if (volume->type == HC_STORAGE_DIR)
		r = volume_noted(arena, NULL, volume, VOLUME_OWNER, &value);
	else
		r = read_image(arena, rados, volume, &value);
	if (!r && value)
		*owner = volume_mark_read(arena, value, made);
	return r;
}

static void tell_apart(struct hc_arena *arena, const struct hc_map *found, struct hc_map *marks,
		       struct hc_strings *made)
{
	for (size_t i = 0; i < found->n; i++) {
		const struct hc_pair *mark = &found->v[i];
		bool whole;

		hc_map_put(arena, marks, mark->key, volume_mark_read(arena, mark->value, &whole));
		if (whole && made)
			hc_strings_add(arena, made, mark->key);
	}
}

int volume_marks(struct hc_arena *arena, rados_t rados, struct hc_map *marks,
		 struct hc_strings *made)
{
	char *last = hc_strdup(arena, "");
	struct hc_map found = {0};
	rados_ioctx_t io;
	bool more = true;
	int r = open_pool(rados, &io);

	*marks = (struct hc_map){0};
	if (r < 0)
		return r == -ENOENT ? 0 : r; /* no pool: nothing was made */
	while (r >= 0 && more)
		r = read_some(arena, io, &last, &found, &more);
	rados_ioctx_destroy(io);
	tell_apart(arena, &found, marks, made);
	return r == -ENOENT || r > 0 ? 0 : r;
}
