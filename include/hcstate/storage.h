/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Where virtual machines' disks and media are: libvirt's storage pools, and images in them. */

#include <hcstate/type.h>

enum hc_storage_kind {
	HC_STORAGE_RBD, /* a pool of Ceph */
	HC_STORAGE_DIR, /* a directory of the node */
};

/* A libvirt storage pool of that name on a node. */
struct hc_storage {
	unsigned type;    /* an enum hc_storage_kind */
	const char *pool; /* rbd: Ceph's pool; NULL: of the storage's name */
	const char *user; /* rbd: the CephKey that libvirt asks with: client.libvirt */
	const char *path; /* dir: where */
	const char *comment;

	/* derived */
	struct hc_strings hosts; /* rbd: the monitors, as libvirt has them: 10.0.0.1 */
	unsigned secret; /* rbd: an enum hc_keyring: libvirt's secret beside the sealed key */
	bool active, autostart;

	/* observed */
	uint64_t capacity, used, available; /* bytes */
};

enum hc_image_format {
	HC_IMAGE_RAW, /* an ISO is raw too */
	HC_IMAGE_QCOW2,
};

/*
 * A file that came from elsewhere, unchanged since. In a storage of Ceph an RBD image
 * `image-NAME` with the protected snapshot `hcstate` to clone from, once for the cluster.
 */
struct hc_image {
	const char *source; /* https://..., or an absolute path */
	const char *sha256; /* of the file at `source`, as it is fetched */
	unsigned format;    /* of the file at `source`; what is stored is raw */
	const char *storage;
	const char *comment;

	/* observed */
	uint64_t size;            /* bytes, as stored */
	struct hc_strings clones; /* what was cloned from it: looked for where it is to go */
	bool unfinished;          /* only half of it was made, and nobody asks for it any more */
};

/* An Image in a storage of type dir, on a node that has it: PATH/NAME. Follows from the others. */
struct hc_image_file {
	const char *sha256; /* as noted beside it when it was fetched */

	/* observed */
	uint64_t size;
	bool unfinished; /* only half of it was made, and nobody asks for it any more */
};

extern const char *const hc_storage_words[], *const hc_image_format_words[];

extern const struct hc_type hc_storage, hc_image, hc_image_file;

/* The snapshot of an Image that is in Ceph; an Image's RBD image is this and its name. */
#define HC_IMAGE_SNAPSHOT "hcstate"
#define HC_IMAGE_PREFIX "image-"

struct hc_diags;
/* Says of `r`'s field that there is no storage of that name (NULL: nothing). */
void hc_check_storage(const struct hc_set *desired, const struct hc_resource *r, const char *field,
		      const char *name, struct hc_diags *diags);
