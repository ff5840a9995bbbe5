/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sizes of many volumes, for each look at the disks. librbd could tell them, but it makes a
 * copy of Ceph's whole configuration for every image that it opens: of 200 disks that were nine
 * tenths of a plan's time. So an image is asked in two questions itself: the object rbd_id.NAME has
 * its id, and the class rbd in the OSD says the size of rbd_header.ID. Both are the format 2 of
 * RBD, as all clients since 2013 use it and hcstate makes it; many are asked at once.
 */

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "volume_open.h"

enum {
	AT_ONCE = 128,
	ID = 64, /* librbd's own are of up to 32 characters */
};

/* What an OSD answers, little-endian. */
struct __attribute__((packed)) id {
	uint32_t length;
	char text[ID];
};

struct __attribute__((packed)) size {
	uint8_t order; /* of its objects */
	uint64_t bytes;
};

struct asked {
	size_t which; /* of the volumes */
	rados_ioctx_t io;
	rados_completion_t done; /* NULL: nothing is under way */
	int code;                /* bytes of the answer, or a negative errno */
	union {
		struct id id;
		struct size size;
		char bytes[sizeof(struct id)];
	} answer;
};

/* Pools that were opened; few, and NULL for one that does not exist. */
struct pools {
	size_t n;
	struct {
		const char *name;
		rados_ioctx_t io;
	} * v;
};

static int pool_of(struct pools *pools, rados_t rados, const char *name, rados_ioctx_t *io)
{
	int r;

	for (size_t i = 0; i < pools->n; i++)
		if (!strcmp(pools->v[i].name, name)) {
			*io = pools->v[i].io;
			return 0;
		}
	*io = NULL;
	r = rados_ioctx_create(rados, name, io);
	if (r < 0 && r != -ENOENT)
		return r;
	pools->v[pools->n].name = name;
	pools->v[pools->n++].io = r < 0 ? NULL : *io;
	return 0;
}

/* Whether the question can be put; with what was said of it afterwards, put() or not. */
static bool begin(struct asked *asked)
{
	asked->code = rados_aio_create_completion2(NULL, NULL, &asked->done);
	if (asked->code < 0)
		asked->done = NULL;
	return asked->done != NULL;
}

static void put(struct asked *asked, int r)
{
	if (r >= 0)
		return;
	rados_aio_release(asked->done);
	asked->done = NULL;
	asked->code = r;
}

static void ask_id(struct asked *asked, struct hc_arena *arena, const char *name)
{
	if (begin(asked))
		put(asked,
		    rados_aio_read(asked->io, hc_printf(arena, "rbd_id.%s", name), asked->done,
				   asked->answer.bytes, sizeof(asked->answer.bytes), 0));
}

/* Of the image itself, which the class calls its newest snapshot. */
static void ask_size(struct asked *asked, struct hc_arena *arena, const char *id)
{
	const uint64_t head = htole64(UINT64_MAX - 1);

	if (begin(asked))
		put(asked,
		    rados_aio_exec(asked->io, hc_printf(arena, "rbd_header.%s", id), asked->done,
				   "rbd", "get_size", (const char *)&head, sizeof(head),
				   asked->answer.bytes, sizeof(asked->answer.bytes)));
}

static void await_all(struct asked *asked, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!asked[i].done)
			continue;
		(void)rados_aio_wait_for_complete(asked[i].done); /* its result is asked for */
		asked[i].code = rados_aio_get_return_value(asked[i].done);
		rados_aio_release(asked[i].done);
		asked[i].done = NULL;
	}
}

/* NULL: it is none. */
static const char *id_of(struct hc_arena *arena, const struct asked *asked)
{
	const struct id *id = &asked->answer.id;
	size_t length = le32toh(id->length);

	if ((size_t)asked->code < sizeof(id->length) || length > ID ||
	    (size_t)asked->code != sizeof(id->length) + length)
		return NULL;
	return hc_strndup(arena, id->text, length);
}

/* An image that is not there, or that somebody is just making or removing, has no size. */
static int take_sizes(const struct asked *asked, size_t n, uint64_t *sizes)
{
	int r = 0;

	for (size_t i = 0; i < n; i++) {
		if (asked[i].code == (int)sizeof(struct size))
			sizes[asked[i].which] = le64toh(asked[i].answer.size.bytes);
		else if (asked[i].code != -ENOENT)
			r = asked[i].code < 0 ? asked[i].code : -EBADMSG;
	}
	return r;
}

static int finish(struct hc_arena *arena, struct asked *asked, size_t n, uint64_t *sizes)
{
	await_all(asked, n);
	for (size_t i = 0; i < n; i++) {
		const char *id;

		if (asked[i].code < 0)
			continue;
		id = id_of(arena, &asked[i]);
		if (id)
			ask_size(&asked[i], arena, id);
		else
			asked[i].code = -EBADMSG;
	}
	await_all(asked, n);
	return take_sizes(asked, n, sizes);
}

static int ask_images(struct hc_arena *arena, rados_t rados, struct pools *pools,
		      const struct volume *v, size_t n, uint64_t *sizes)
{
	struct asked asked[AT_ONCE];
	size_t under_way = 0;
	int r = 0, finished;

	for (size_t i = 0; !r && i < n; i++) {
		rados_ioctx_t io = NULL;

		if (v[i].type != HC_STORAGE_RBD)
			continue;
		if (under_way == AT_ONCE) {
			r = finish(arena, asked, under_way, sizes);
			under_way = 0;
		}
		if (!r)
			r = pool_of(pools, rados, v[i].pool, &io);
		if (r || !io)
			continue;
		asked[under_way] = (struct asked){.which = i, .io = io};
		ask_id(&asked[under_way++], arena, v[i].name);
	}
	finished = finish(arena, asked, under_way, sizes);
	return r ? r : finished;
}

static void ask_files(struct hc_arena *arena, const struct volume *v, size_t n, uint64_t *sizes)
{
	struct stat is;

	for (size_t i = 0; i < n; i++)
		if (v[i].type == HC_STORAGE_DIR && !lstat(volume_text(arena, &v[i]), &is) &&
		    S_ISREG(is.st_mode))
			sizes[i] = (uint64_t)is.st_size;
}

static size_t count_images(const struct volume *v, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += v[i].type == HC_STORAGE_RBD;
	return count;
}

int volume_sizes(struct hc_call *call, rados_t rados, const struct volume *v, size_t n,
		 uint64_t *sizes)
{
	size_t images = count_images(v, n);
	struct pools pools = {0};
	int r = 0;

	memset(sizes, 0, n * sizeof(*sizes));
	ask_files(call->arena, v, n, sizes);
	if (images && !rados)
		return hc_fail(call, ENOTCONN, NULL, "no connection to Ceph");
	if (images) {
		pools.v = hc_alloc(call->arena, images * sizeof(*pools.v));
		r = ask_images(call->arena, rados, &pools, v, n, sizes);
	}
	for (size_t i = 0; i < pools.n; i++)
		if (pools.v[i].io)
			rados_ioctx_destroy(pools.v[i].io);
	return r < 0 ? hc_fail(call, -r, NULL, "cannot read the sizes of RBD images: %s",
			       strerror(-r))
		     : 0;
}
