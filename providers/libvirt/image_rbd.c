/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An Image in Ceph: the RBD image, its protected snapshot, and who was cloned from that. Ceph lets
 * a snapshot with clones go, into its trash, so its clones are looked for before.
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <ceph-client/json.h>
#include <hcstate/storage.h>

#include "fetch.h"
#include "image.h"
#include "volume_note.h"
#include "volume_open.h"

static int list_pool(rados_ioctx_t io, rbd_image_spec_t **v, size_t *n)
{
	int r = -ERANGE;

	*v = NULL;
	*n = 256;
	while (r == -ERANGE) {
		rbd_image_spec_t *more = reallocarray(*v, *n, sizeof(**v));

		if (!more)
			abort(); /* memory has run out */
		*v = more;
		r = rbd_list2(io, *v, n); /* -ERANGE: *n is how many there are */
	}
	return r;
}

int image_list(struct hc_arena *arena, rados_t rados, const char *pool, struct hc_strings *names)
{
	const size_t prefix = strlen(HC_IMAGE_PREFIX), new = strlen(VOLUME_NEW);
	rbd_image_spec_t *v;
	rados_ioctx_t io;
	size_t n;
	int r = rados_ioctx_create(rados, pool, &io);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = list_pool(io, &v, &n);
	for (size_t i = 0; r >= 0 && i < n; i++) {
		const char *name = v[i].name;
		size_t length = strlen(name);

		if (!strncmp(name, HC_IMAGE_PREFIX, prefix) && length > prefix &&
		    !(length > new && !strcmp(name + length - new, VOLUME_NEW)))
			hc_strings_add(arena, names, hc_strdup(arena, name + prefix));
	}
	if (r >= 0)
		rbd_image_spec_list_cleanup(v, n);
	free(v);
	rados_ioctx_destroy(io);
	return r < 0 ? r : 0;
}

/* One with its protected snapshot, without which it is not whole: else -ENOENT. */
static int open_whole(struct hc_arena *arena, rados_t rados, const struct volume *volume,
		      struct opened *opened)
{
	int is = 0, r = volume_open(arena, rados, volume, VOLUME_READ, opened);

	if (r < 0)
		return r;
	r = rbd_snap_is_protected(opened->image, HC_IMAGE_SNAPSHOT, &is);
	if (!r && !is)
		r = -ENOENT;
	if (r < 0)
		volume_close(opened);
	return r;
}

int image_look(struct hc_arena *arena, rados_t rados, const struct volume *volume, char **note,
	       uint64_t *size)
{
	struct opened opened;
	int r = open_whole(arena, rados, volume, &opened);

	if (r < 0)
		return r;
	*size = opened.size;
	r = volume_noted_open(arena, &opened, IMAGE_NOTE, note); /* opening it is what takes long */
	volume_close(&opened);
	return r;
}

int image_is_sealed(struct hc_arena *arena, rados_t rados, const struct volume *volume)
{
	struct opened opened;
	bool is = false;
	int r = volume_open(arena, rados, volume, VOLUME_READ, &opened);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = rbd_snap_exists(opened.image, HC_IMAGE_SNAPSHOT, &is);
	volume_close(&opened);
	return r < 0 ? r : is;
}

static int list_children(struct hc_arena *arena, rbd_image_t image, struct hc_strings *clones)
{
	rbd_linked_image_spec_t *v = NULL;
	size_t n = 16;
	int r = -ERANGE;

	while (r == -ERANGE) {
		rbd_linked_image_spec_t *more = reallocarray(v, n, sizeof(*v));

		if (!more)
			abort();
		v = more;
		r = rbd_list_children3(image, v, &n);
	}
	if (r == -ENOENT) /* volume_remove.c says how that comes */
		hc_strings_add(arena, clones,
			       "a volume that is gone, but still among its children,");
	for (size_t i = 0; r >= 0 && i < n; i++)
		if (!v[i].trash)
			hc_strings_add(arena, clones,
				       hc_printf(arena, "%s/%s", v[i].pool_name, v[i].image_name));
	if (r >= 0)
		rbd_linked_image_spec_list_cleanup(v, n);
	free(v);
	return r < 0 && r != -ENOENT ? r : 0;
}

int image_clones(struct hc_arena *arena, rados_t rados, const struct volume *volume,
		 struct hc_strings *clones)
{
	struct opened opened;
	int r = volume_open(arena, rados, volume, VOLUME_READ, &opened);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = list_children(arena, opened.image, clones); /* of all its snapshots */
	volume_close(&opened);
	return r;
}

int image_protect(struct hc_arena *arena, rados_t rados, const struct volume *volume)
{
	struct opened opened;
	int r = volume_open(arena, rados, volume, VOLUME_WRITE, &opened);

	if (r < 0)
		return r;
	r = rbd_snap_create(opened.image, HC_IMAGE_SNAPSHOT);
	if (!r || r == -EEXIST)
		r = rbd_snap_protect(opened.image, HC_IMAGE_SNAPSHOT);
	volume_close(&opened);
	return r == -EBUSY || r > 0 ? 0 : r; /* it is protected */
}

int image_remove(struct hc_arena *arena, rados_t rados, const struct volume *volume)
{
	struct opened opened;
	int r = volume_open(arena, rados, volume, VOLUME_WRITE, &opened);

	if (!r) {
		r = rbd_snap_unprotect(opened.image, HC_IMAGE_SNAPSHOT);
		if (!r || r == -EINVAL || r == -ENOENT) /* it was not protected, or not there */
			r = rbd_snap_remove(opened.image, HC_IMAGE_SNAPSHOT);
		volume_close(&opened);
	}
	return r && r != -ENOENT ? r : volume_delete(arena, rados, volume);
}

/* What the monitors say of the pool. */
static int ask_room(rados_t rados, char **answer, size_t *size)
{
	const char *command = "{\"prefix\": \"df\", \"detail\": \"detail\", \"format\": \"json\"}";
	char *words = NULL;
	size_t nwords = 0;
	int r = rados_mon_command(rados, &command, 1, "", 0, answer, size, &words, &nwords);

	rados_buffer_free(words);
	return r;
}

static int judge_room(struct hc_arena *arena, struct json_object *df, const char *pool,
		      uint64_t size, const char **why)
{
	size_t n;
	struct json_object *pools = json_list(df, "pools", &n);

	for (size_t i = 0; i < n; i++) {
		struct json_object *one = json_object_array_get_idx(pools, i);
		uint64_t quota, used, free;

		if (strcmp(json_text(arena, one, "name", ""), pool) != 0)
			continue;
		free = json_number(one, "stats.max_avail", UINT64_MAX);
		quota = json_number(one, "stats.quota_bytes", 0);
		used = json_number(one, "stats.stored", 0);
		if (size > free) {
			*why = hc_printf(arena, "%s is needed in Ceph's pool %s, and %s is free",
					 fetch_size(arena, size), pool, fetch_size(arena, free));
			return -ENOSPC;
		}
		if (quota && (used >= quota || size > quota - used)) {
			*why = hc_printf(arena,
					 "%s is needed in Ceph's pool %s, whose quota is %s, with "
					 "%s in it",
					 fetch_size(arena, size), pool, fetch_size(arena, quota),
					 fetch_size(arena, used));
			return -EDQUOT;
		}
	}
	return 0;
}

int image_room(struct hc_arena *arena, rados_t rados, const char *pool, uint64_t size,
	       const char **why)
{
	struct json_object *df;
	char *answer = NULL, *text;
	size_t n = 0;
	int r = ask_room(rados, &answer, &n);

	if (r < 0) {
		*why = hc_printf(arena, "the monitors do not say how full pool %s is: %s", pool,
				 strerror(-r));
		return r;
	}
	text = hc_strndup(arena, answer, n);
	rados_buffer_free(answer);
	df = json_tokener_parse(text);
	r = df ? judge_room(arena, df, pool, size, why)
	       : 0; /* no answer to speak of: writing tells */
	json_object_put(df);
	return r;
}
