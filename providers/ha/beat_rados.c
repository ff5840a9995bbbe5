/* SPDX-License-Identifier: Apache-2.0 */
/* Beats and the records' epochs, each asked for in an operation of its own. */
#include "beat_rados.h"

#include <errno.h>
#include <string.h>

#include "record.h"

#define OBJECT "beats"

struct here {
	struct links *links;
	rados_t rados;
};

static void drop_io(rados_ioctx_t *io)
{
	if (*io)
		rados_ioctx_destroy(*io);
}

static int open_io(const struct here *here, rados_ioctx_t *io)
{
	int r = rados_ioctx_create(here->rados, RECORD_POOL, io);

	if (r < 0) {
		*io = NULL;
		return r;
	}
	rados_ioctx_set_namespace(*io, RECORD_NAMESPACE);
	return 0;
}

static int write_beat(void *arg, const char *node, const char *text)
{
	_cleanup_(drop_io) rados_ioctx_t io = NULL;
	const size_t size = strlen(text);
	rados_write_op_t op;
	int r = open_io(arg, &io);

	if (r)
		return r;
	op = rados_create_write_op();
	rados_write_op_omap_set(op, &node, &text, &size, 1);
	r = rados_write_op_operate(op, io, OBJECT, NULL, 0);
	rados_release_write_op(op);
	return r;
}

/* What is too long or has a NUL in it is no beat. */
static void take(struct hc_arena *arena, rados_omap_iter_t iter, struct hc_map *texts)
{
	char *key, *value;
	size_t size;

	while (!rados_omap_get_next(iter, &key, &value, &size) && key)
		if (strlen(key) < BEAT_NAME && size <= BEAT_MAX && texts->n < BEATS_MAX)
			hc_map_put(arena, texts, hc_strdup(arena, key),
				   hc_strndup(arena, value, size));
}

static int read_beats(void *arg, struct hc_arena *arena, struct hc_map *texts)
{
	_cleanup_(drop_io) rados_ioctx_t io = NULL;
	rados_omap_iter_t iter = NULL;
	unsigned char more = 0;
	rados_read_op_t op;
	int told = 0, r = open_io(arg, &io);

	if (r)
		return r;
	op = rados_create_read_op();
	rados_read_op_omap_get_vals2(op, "", "", BEATS_MAX, &iter, &more, &told);
	r = rados_read_op_operate(op, io, OBJECT, 0);
	if (!r)
		r = told;
	if (!r)
		take(arena, iter, texts);
	if (iter)
		rados_omap_get_end(iter);
	rados_release_read_op(op);
	return r;
}

/* Both epochs in one number: either rises only. No record yet: 0. */
static int news(void *arg, uint64_t *number)
{
	static const char *const names[] = {RECORD_STATE, RECORD_WORDS};
	_cleanup_(drop_io) rados_ioctx_t io = NULL;
	int r = open_io(arg, &io);

	*number = 0;
	for (size_t i = 0; !r && i < HC_COUNT(names); i++) {
		char text[24] = "";

		r = rados_getxattr(io, names[i], "epoch", text, sizeof(text) - 1);
		if (r > 0)
			*number += strtoull(text, NULL, 10);
		r = r == -ENOENT || r == -ENODATA || r == -ERANGE || r > 0 ? 0 : r;
	}
	return r;
}

static void give(void *arg, bool failed)
{
	struct here *here = arg;

	links_give(here->links, here->rados, failed);
	free(here);
}

struct beat_store beat_rados(struct links *links, rados_t rados)
{
	struct here *here = malloc(sizeof(*here));

	if (!here)
		abort(); /* memory has run out */
	*here = (struct here){.links = links, .rados = rados};
	return (struct beat_store){
		.write = write_beat,
		.read = read_beats,
		.news = news,
		.give = give,
		.arg = here,
	};
}
