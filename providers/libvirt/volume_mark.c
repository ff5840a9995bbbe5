/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The marks: one object's omap, so that all are read with one question and each is changed alone.
 */

#include "volume_mark.h"

#include <errno.h>
#include <string.h>

#include <hcstate/storage.h>

#define POOL "hcstate"
#define NAMESPACE "volume"
#define OBJECT "volumes"

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

static int change(struct hc_arena *arena, rados_t rados, const struct volume *volume,
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

int volume_mark(struct hc_arena *arena, rados_t rados, const struct volume *volume,
		const char *owner)
{
	return volume->type == HC_STORAGE_DIR ? 0 : change(arena, rados, volume, owner);
}

int volume_unmark(struct hc_arena *arena, rados_t rados, const struct volume *volume)
{
	int r = volume->type == HC_STORAGE_DIR ? 0 : change(arena, rados, volume, NULL);

	return r == -ENOENT ? 0 : r;
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

int volume_marks(struct hc_arena *arena, rados_t rados, struct hc_map *marks)
{
	char *last = hc_strdup(arena, "");
	rados_ioctx_t io;
	bool more = true;
	int r = open_pool(rados, &io);

	*marks = (struct hc_map){0};
	if (r < 0)
		return r == -ENOENT ? 0 : r; /* no pool: nothing was made */
	while (r >= 0 && more)
		r = read_some(arena, io, &last, marks, &more);
	rados_ioctx_destroy(io);
	return r == -ENOENT || r > 0 ? 0 : r;
}
