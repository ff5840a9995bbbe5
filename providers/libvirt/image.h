/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Images: how the nouns Image and ImageFile are cut into files. What is stored has a note that says
 * of what file it was made: "SHA256 FORMAT SIZE".
 */

#include "volume_open.h"

#define IMAGE_NOTE "sha256"

struct image_note {
	const char *sha256;
	enum hc_image_format format;
	uint64_t size; /* bytes, as stored */
};

char *image_note_write(struct hc_arena *arena, const struct image_note *note);
/* false: it is none. `text` may be NULL. */
bool image_note_read(struct hc_arena *arena, const char *text, struct image_note *note);

/* Where the Image of that name is, in a storage of this node's. false: there is no such storage. */
bool image_volume(const struct hc_call *call, const char *storage, const char *name,
		  struct volume *volume);

/* image_unfinished.c. Each gives a negative errno, not said. With rados: in Ceph, whatever the
 * pool; without: in the directories of this node's storages. */
struct unfinished {
	struct unfinished_image {
		const char *name; /* the Image's */
		struct volume made;
	} * v;
	size_t n, room;
};
/* Before NAME.new is made. It is unmarked, and what is left of it removed, by image_sweep(). */
int image_mark(struct hc_arena *arena, rados_t rados, const struct volume *made);
/* 1: an earlier run was killed after it had stored all of it: only its name is missing. What is
 * sealed and something else goes, as it would be in the way. */
int image_is_stored(struct hc_arena *arena, rados_t rados, const struct volume *made,
		    const char *sha256, enum hc_image_format format);
/* `name` NULL: of all Images. */
int image_unfinished(const struct hc_call *call, rados_t rados, const char *name,
		     struct unfinished *found);
int image_sweep(const struct hc_call *call, rados_t rados, const char *name);

/* image_rbd.c. Each gives a negative errno, not said. */
/* The names of a Ceph pool's RBD images that begin as Images' do, without that beginning. */
int image_list(struct hc_arena *arena, rados_t rados, const char *pool, struct hc_strings *names);
/* -ENOENT: it has no snapshot, or is gone. */
int image_look(struct hc_arena *arena, rados_t rados, const struct volume *volume, char **note,
	       uint64_t *size);
/* Whether it has the snapshot, protected or not, and so all that is to be in it. */
int image_is_sealed(struct hc_arena *arena, rados_t rados, const struct volume *volume);
/* "stockage_ceph/vm-100-disk-0" */
int image_clones(struct hc_arena *arena, rados_t rados, const struct volume *volume,
		 struct hc_strings *clones);
int image_protect(struct hc_arena *arena, rados_t rados, const struct volume *volume);
/* With its snapshot. */
int image_remove(struct hc_arena *arena, rados_t rados, const struct volume *volume);
/* Whether the pool takes so many bytes more; -ENOSPC, -EDQUOT: not, and why. */
int image_room(struct hc_arena *arena, rados_t rados, const char *pool, uint64_t size,
	       const char **why);

/* image_cache.c: removes what was fetched, and half fetched, and no Image waits for: one that no
 * document asks for, and what a run that was killed left of one that is there. Images and
 * ImageFiles have been read. */
void image_cache_sweep(const struct look *look);
/* What this look has told of it so far; NULL: nothing. */
const struct hc_resource *image_told(const struct look *look, const struct hc_type *type,
				     const char *name);

/* image_job.c. Begins to fetch and store it; the job is called by `object`, "Image/debian". */
int image_begin(struct hc_call *call, struct libvirt *self, const char *object,
		const struct hc_image *image, const char *name);
/* As job_settled(). What will be so whenever it is tried is futile. */
int image_settled(struct hc_call *call, struct libvirt *self, const char *object);
