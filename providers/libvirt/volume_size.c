/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sizes of many volumes. Opening an RBD image is a handful of questions one after the other, so
 * a number of images is asked about at once.
 */

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "volume_open.h"

enum {
	AT_ONCE = 32,
};

struct asked {
	size_t which; /* of the volumes */
	rbd_image_t image;
	rbd_completion_t done;
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

static int begin(struct asked *asked, rados_ioctx_t io, const struct volume *volume)
{
	int r = rbd_aio_create_completion(NULL, NULL, &asked->done);

	if (r < 0)
		return r;
	r = rbd_aio_open_read_only(io, volume->name, &asked->image, NULL, asked->done);
	if (r < 0)
		rbd_aio_release(asked->done);
	return r;
}

/* Begins to close it, where there is something to close. */
static int end(struct asked *asked, uint64_t *size)
{
	int r;

	(void)rbd_aio_wait_for_complete(asked->done); /* its result is asked for */
	r = (int)rbd_aio_get_return_value(asked->done);
	rbd_aio_release(asked->done);
	asked->done = NULL;
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = rbd_get_size(asked->image, size);
	if (rbd_aio_create_completion(NULL, NULL, &asked->done) < 0) {
		asked->done = NULL;
		(void)rbd_close(asked->image); /* nothing was written */
	} else if (rbd_aio_close(asked->image, asked->done) < 0) {
		rbd_aio_release(asked->done);
		asked->done = NULL;
	}
	return r;
}

static int end_all(struct asked *asked, size_t n, uint64_t *sizes)
{
	int first = 0;

	for (size_t i = 0; i < n; i++) {
		int r = end(&asked[i], &sizes[asked[i].which]);

		first = first ? first : r;
	}
	for (size_t i = 0; i < n; i++)
		if (asked[i].done) {
			(void)rbd_aio_wait_for_complete(asked[i].done);
			rbd_aio_release(asked[i].done);
		}
	return first;
}

static int ask_images(rados_t rados, struct pools *pools, const struct volume *v, size_t n,
		      uint64_t *sizes)
{
	struct asked asked[AT_ONCE];
	size_t under_way = 0;
	int r = 0, ended;

	for (size_t i = 0; !r && i < n; i++) {
		rados_ioctx_t io = NULL;

		if (v[i].type != HC_STORAGE_RBD)
			continue;
		if (under_way == AT_ONCE) {
			r = end_all(asked, under_way, sizes);
			under_way = 0;
		}
		if (!r)
			r = pool_of(pools, rados, v[i].pool, &io);
		if (r || !io)
			continue;
		asked[under_way] = (struct asked){.which = i};
		r = begin(&asked[under_way], io, &v[i]);
		under_way += !r;
	}
	ended = end_all(asked, under_way, sizes);
	return r ? r : ended;
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
		r = ask_images(rados, &pools, v, n, sizes);
	}
	for (size_t i = 0; i < pools.n; i++)
		if (pools.v[i].io)
			rados_ioctx_destroy(pools.v[i].io);
	return r < 0 ? hc_fail(call, -r, NULL, "cannot read the sizes of RBD images: %s",
			       strerror(-r))
		     : 0;
}
