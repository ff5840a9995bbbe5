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

/* image_rbd.c. Each gives a negative errno, not said. */
/* The names of a Ceph pool's RBD images that begin as Images' do, without that beginning. */
int image_list(struct hc_arena *arena, rados_t rados, const char *pool, struct hc_strings *names);
/* -ENOENT: it has no snapshot, or is gone. */
int image_look(struct hc_arena *arena, rados_t rados, const struct volume *volume, char **note,
	       uint64_t *size);
/* "stockage_ceph/vm-100-disk-0" */
int image_clones(struct hc_arena *arena, rados_t rados, const struct volume *volume,
		 struct hc_strings *clones);
int image_protect(struct hc_arena *arena, rados_t rados, const struct volume *volume);
/* With its snapshot. */
int image_remove(struct hc_arena *arena, rados_t rados, const struct volume *volume);
/* Whether the pool takes so many bytes more; -ENOSPC, -EDQUOT: not, and why. */
int image_room(struct hc_arena *arena, rados_t rados, const char *pool, uint64_t size,
	       const char **why);

/* image_job.c. Begins to fetch and store it; the job is called by `object`, "Image/debian". */
int image_begin(struct hc_call *call, struct libvirt *self, const char *object,
		const struct hc_image *image, const char *name);
