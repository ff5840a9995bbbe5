/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A volume that is open: an RBD image or a file. What is made in pieces is made as NAME.new and
 * renamed when it is whole, so nobody takes half of it for the thing.
 */

#include <rbd/librbd.h>

#include "volume.h"

#define VOLUME_NEW ".new"

struct opened {
	const struct volume *volume;
	rados_ioctx_t io; /* rbd */
	rbd_image_t image;
	int fd; /* a file */
	uint64_t size;
};

enum volume_mode {
	VOLUME_READ, /* makes no watcher of the image */
	VOLUME_WRITE,
};

/* `volume` is lent until it is closed. Negative errno, not said; -ENOENT: there is none (or no such
 * pool). */
int volume_open(struct hc_arena *arena, rados_t rados, const struct volume *volume,
		enum volume_mode mode, struct opened *opened);
void volume_close(struct opened *opened); /* also of one that never was open */

/* All of it or a negative errno. */
int volume_get(const struct opened *opened, uint64_t at, void *data, size_t size);
int volume_put(const struct opened *opened, uint64_t at, const void *data, size_t size);
/* Until it is on disk. */
int volume_sync(const struct opened *opened);
int volume_resize(struct opened *opened, uint64_t size);

/* An empty one of that size; what a killed run left half made goes first. -errno, not said. */
int volume_create(struct hc_arena *arena, rados_t rados, const struct volume *volume,
		  uint64_t size);
int volume_rename(struct hc_arena *arena, rados_t rados, const struct volume *volume,
		  const char *name);
/* Whatever is of that name, without a question. 0 also: none there. */
int volume_delete(struct hc_arena *arena, rados_t rados, const struct volume *volume);
struct volume volume_unfinished(struct hc_arena *arena, const struct volume *volume);

/* Says "cannot VERB POOL/NAME: why". -ETIMEDOUT and the like are of Ceph. Gives r. */
int volume_fail(struct hc_call *call, int r, const struct volume *volume, const char *verb);
