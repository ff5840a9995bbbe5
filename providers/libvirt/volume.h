/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What holds a disk's data: an RBD image, or a raw file in a directory. What hcstate made is marked
 * before it is made: in Ceph in the object `volumes` of pool hcstate, namespace volume (an omap:
 * "POOL/IMAGE" -> "VM/DISK", and "VM/DISK made" when it is whole: if it is missing then, its data
 * are lost); a file by a note beside it that says the same.
 */

#include "cluster.h"

struct volume {
	enum hc_storage_kind type;
	const char *storage; /* the Storage's name */
	const char *pool;    /* rbd: Ceph's pool. dir: the directory */
	const char *name;    /* "vm-100-disk-0" */
};

/* Of the storage of that name on this node, from the desired resources (storage_derive() was
 * there). false: there is none. */
bool volume_of(const struct hc_call *call, const char *storage, const char *name,
	       struct volume *volume);
/* "stockage_ceph/vm-100-disk-0", "/var/lib/vms/vm-100-disk-0" */
char *volume_text(struct hc_arena *arena, const struct volume *volume);
/* What such a text says: type, pool and name. false: nothing. */
bool volume_read(struct hc_arena *arena, const char *text, struct volume *volume);
/* ... in whichever storage of this node's it is. false: in none; the rest is as it says then. */
bool volume_at(const struct hc_call *call, const char *text, struct volume *volume);

/* The sizes of n volumes at once (bytes; 0: there is none). rados may be NULL when none is of Ceph.
 */
int volume_sizes(struct hc_call *call, rados_t rados, const struct volume *v, size_t n,
		 uint64_t *sizes);
/* Makes it, marked, empty or as a clone of the Image (NULL: empty), which may be in another pool of
 * Ceph; grown to `size`. One that is there is left as it is. One that was whole once and is gone is
 * made anew only when the operator approves VmDisk/OWNER. `owner`: "VM/DISK". */
int volume_make(struct hc_call *call, rados_t rados, const struct volume *volume, uint64_t size,
		const struct volume *image, const char *owner);
/* Why one that was whole once and is gone is not made anew; disk: "VmDisk/VM/DISK". */
char *volume_lost(struct hc_arena *arena, const char *volume, const char *disk);
int volume_grow(struct hc_call *call, rados_t rados, const struct volume *volume, uint64_t size);
/* With all that is in it. One that somebody has open is refused, and by whom. 0 also: none there.
 */
int volume_remove(struct hc_call *call, rados_t rados, const struct volume *volume);
/* Overwrites or makes a small one with these bytes (a cloud-init seed). */
int volume_write(struct hc_call *call, rados_t rados, const struct volume *volume, const void *data,
		 size_t size, const char *owner);

/* What hcstate made in Ceph: "POOL/IMAGE" -> "VM/DISK". *made, which may be NULL: which of them
 * were whole once. */
int volume_marks(struct hc_arena *arena, rados_t rados, struct hc_map *marks,
		 struct hc_strings *made);
/* Likewise in the directories of this node's storages: "DIRECTORY/FILE" -> "VM/DISK". With an error
 * that is not said: *where it was. */
int volume_marks_here(const struct hc_call *call, struct hc_map *marks, struct hc_strings *made,
		      const char **where);
