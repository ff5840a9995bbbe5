/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Volumes: made, grown, written. An empty one is made in one go; a clone, a copy and what
 * is written at once are made under another name first and renamed when they are whole. So a run
 * that was killed leaves either the thing or something that nobody takes for it.
 */

#include "volume.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "volume_copy.h"
#include "volume_mark.h"
#include "volume_note.h"

enum {
	MARGIN_US = 3000000, /* of the deadline, for what follows a copy */
};

bool volume_of(const struct hc_call *call, const char *storage, const char *name,
	       struct volume *volume)
{
	const struct hc_resource *r = hc_find(call->desired, &hc_storage, call->node, storage);
	const struct hc_storage *spec = r ? r->spec : NULL;

	if (!spec)
		return false;
	*volume = (struct volume){
		.type = (enum hc_storage_kind)spec->type,
		.storage = r->name,
		.pool = spec->type == HC_STORAGE_DIR ? spec->path
			: spec->pool                 ? spec->pool
						     : r->name,
		.name = name,
	};
	return volume->pool;
}

bool volume_read(struct hc_arena *arena, const char *text, struct volume *volume)
{
	const char *slash = strrchr(text, '/');

	*volume = (struct volume){.type = *text == '/' ? HC_STORAGE_DIR : HC_STORAGE_RBD};
	if (!slash)
		return false;
	volume->pool = hc_strndup(arena, text, (size_t)(slash - text));
	volume->name = slash + 1;
	return true;
}

bool volume_at(const struct hc_call *call, const char *text, struct volume *volume)
{
	struct volume said;
	bool is = volume_read(call->arena, text, &said);
	size_t n;
	struct hc_resource *const *v = hc_of_type(call->desired, &hc_storage, &n);

	for (size_t i = 0; is && i < n; i++)
		if (volume_of(call, v[i]->name, said.name, volume) &&
		    !strcmp(volume->pool, said.pool))
			return true;
	*volume = said;
	return false;
}

char *volume_text(struct hc_arena *arena, const struct volume *volume)
{
	return hc_printf(arena, "%s/%s", volume->pool, volume->name);
}

/* 0 or 1: whether there is one; -errno, said. */
static int exists(struct hc_call *call, rados_t rados, const struct volume *volume, uint64_t *size)
{
	struct opened opened;
	int r = volume_open(call->arena, rados, volume, VOLUME_READ, &opened);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return volume_fail(call, r, volume, "look at");
	*size = opened.size;
	volume_close(&opened);
	return 1;
}

/* What is needed is made by others: a pool by Ceph's provider. */
static int need_pool(struct hc_call *call, rados_t rados, const struct volume *volume)
{
	int64_t id;

	if (volume->type == HC_STORAGE_DIR)
		return 0;
	if (!rados)
		return hc_fail(call, ENOTCONN, NULL, "%s needs Ceph, and there is none",
			       volume_text(call->arena, volume));
	id = rados_pool_lookup(rados, volume->pool);
	if (id == -ENOENT)
		return hc_wait(call, "Ceph has no pool %s yet", volume->pool);
	return id < 0 ? volume_fail(call, (int)id, volume, "make") : 0;
}

/* Of the same Ceph, so nothing is copied. */
static int clone_image(struct hc_arena *arena, rados_t rados, const struct volume *image,
		       const struct volume *to)
{
	rbd_image_options_t options;
	rados_ioctx_t from = NULL, io = NULL;
	int r = volume_delete(arena, rados, to);

	if (!r)
		r = rados_ioctx_create(rados, image->pool, &from);
	if (r < 0)
		return r;
	r = rados_ioctx_create(rados, to->pool, &io);
	if (r < 0) {
		rados_ioctx_destroy(from);
		return r;
	}
	rbd_image_options_create(&options);
	r = rbd_clone3(from, image->name, HC_IMAGE_SNAPSHOT, io, to->name, options);
	rbd_image_options_destroy(options);
	rados_ioctx_destroy(io);
	rados_ioctx_destroy(from);
	return r;
}

struct until {
	uint64_t deadline;
	uint64_t done, size;
};

static bool before_deadline(void *arg, uint64_t done, uint64_t size)
{
	struct until *until = arg;

	until->done = done;
	until->size = size;
	return hc_now() + MARGIN_US < until->deadline;
}

/* The next call goes on with it. */
static int copy_image(struct hc_call *call, rados_t rados, const struct volume *image,
		      const struct volume *to)
{
	struct until until = {.deadline = call->deadline};
	struct opened from;
	const char *what;
	char *sha256;
	int r = volume_noted(call->arena, rados, image, "sha256", &sha256);

	if (!r)
		r = volume_open(call->arena, rados, image, VOLUME_READ, &from);
	if (r < 0)
		return volume_fail(call, r, image, "read");
	what = hc_printf(call->arena, "%s %s", volume_text(call->arena, image),
			 sha256 ? sha256 : "");
	r = volume_copy(call, rados, &from, what, to, before_deadline, &until);
	volume_close(&from);
	if (r == -EINTR)
		return hc_wait(call, "copied %" PRIu64 " of %" PRIu64 " MiB of %s",
			       until.done >> 20, until.size >> 20, image->name);
	return r;
}

static int make_of_image(struct hc_call *call, rados_t rados, const struct volume *volume,
			 uint64_t size, const struct volume *image)
{
	const struct volume made = volume_unfinished(call->arena, volume);
	uint64_t source = 0;
	int r = exists(call, rados, image, &source);

	if (r < 0)
		return r;
	if (!r)
		return hc_wait(call, "the image %s is not there yet",
			       volume_text(call->arena, image));
	if (size < source)
		return hc_fail(call, EINVAL, NULL,
			       "%s of %" PRIu64 " bytes would be smaller than its image, %" PRIu64,
			       volume_text(call->arena, volume), size, source);
	if (image->type == HC_STORAGE_RBD && volume->type == HC_STORAGE_RBD) {
		r = clone_image(call->arena, rados, image, &made);
		if (r < 0)
			return volume_fail(call, r, &made, "clone");
	} else {
		r = copy_image(call, rados, image, &made);
	}
	if (!r)
		r = volume_grow(call, rados, &made, size);
	if (r)
		return r;
	r = volume_rename(call->arena, rados, &made, volume->name);
	return r ? volume_fail(call, r, &made, "rename") : 0;
}

char *volume_lost(struct hc_arena *arena, const char *volume, const char *disk)
{
	return hc_printf(arena,
			 "its image %s is gone, and its data with it: restore it, or --approve %s "
			 "to begin with a new one",
			 volume, disk);
}

/* An empty disk in the place of one that had data is nothing to be made in silence. */
static int check_lost(struct hc_call *call, rados_t rados, const struct volume *volume,
		      const char *owner)
{
	const char *disk = hc_printf(call->arena, "VmDisk/%s", owner);
	char *marked;
	bool made;
	int r = volume_marked(call->arena, rados, volume, &marked, &made);

	if (r)
		return volume_fail(call, r, volume, "ask about");
	if (!made || hc_approved(call, disk))
		return 0;
	return hc_fail(call, ENODATA, NULL, "%s",
		       volume_lost(call->arena, volume_text(call->arena, volume), disk));
}

static int make_new(struct hc_call *call, rados_t rados, const struct volume *volume, uint64_t size,
		    const struct volume *image)
{
	int r;

	if (image)
		return make_of_image(call, rados, volume, size, image);
	r = volume_create(call->arena, rados, volume, size);
	return r ? volume_fail(call, r, volume, "make") : 0;
}

/* Also of one that is there: a run that was killed may not have come to it. What has no mark is
 * somebody else's. */
static int note_whole(struct hc_call *call, rados_t rados, const struct volume *volume)
{
	char *owner;
	bool made;
	int r = volume_marked(call->arena, rados, volume, &owner, &made);

	if (!r && owner && !made)
		r = volume_mark_made(call->arena, rados, volume, owner);
	return r ? volume_fail(call, r, volume, "note") : 0;
}

int volume_make(struct hc_call *call, rados_t rados, const struct volume *volume, uint64_t size,
		const struct volume *image, const char *owner)
{
	uint64_t have;
	int r = need_pool(call, rados, volume);

	if (!r)
		r = exists(call, rados, volume, &have);
	if (r < 0)
		return r;
	if (r)
		return note_whole(call, rados, volume);
	r = check_lost(call, rados, volume, owner);
	if (r)
		return r;
	r = volume_mark(call->arena, rados, volume, owner);
	if (r)
		return volume_fail(call, r, volume, "note");
	r = make_new(call, rados, volume, size, image);
	return r ? r : note_whole(call, rados, volume);
}

int volume_grow(struct hc_call *call, rados_t rados, const struct volume *volume, uint64_t size)
{
	struct opened opened;
	int r = volume_open(call->arena, rados, volume, VOLUME_WRITE, &opened);

	if (r < 0)
		return volume_fail(call, r, volume, "open");
	if (opened.size < size)
		r = volume_resize(&opened, size);
	volume_close(&opened);
	return r ? volume_fail(call, r, volume, "grow") : 0;
}

static int write_into(struct hc_call *call, rados_t rados, const struct volume *volume,
		      const void *data, size_t size)
{
	struct opened opened;
	int r = volume_open(call->arena, rados, volume, VOLUME_WRITE, &opened);

	if (r < 0)
		return volume_fail(call, r, volume, "open");
	r = volume_resize(&opened, size);
	if (!r)
		r = volume_put(&opened, 0, data, size);
	if (!r)
		r = volume_sync(&opened);
	volume_close(&opened);
	return r ? volume_fail(call, r, volume, "write") : 0;
}

int volume_write(struct hc_call *call, rados_t rados, const struct volume *volume, const void *data,
		 size_t size, const char *owner)
{
	const struct volume made = volume_unfinished(call->arena, volume);
	uint64_t have;
	int r = need_pool(call, rados, volume);

	if (!r)
		r = exists(call, rados, volume, &have);
	if (r < 0)
		return r;
	if (r)
		return write_into(call, rados, volume, data, size);
	r = volume_mark(call->arena, rados, volume, owner);
	if (!r)
		r = volume_create(call->arena, rados, &made, size);
	if (r)
		return volume_fail(call, r, volume, "make");
	r = write_into(call, rados, &made, data, size);
	if (r)
		return r;
	r = volume_rename(call->arena, rados, &made, volume->name);
	return r ? volume_fail(call, r, &made, "rename") : 0;
}
