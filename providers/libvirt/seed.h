/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The seed of a VM: what cloud-init finds in a small medium called cidata (its NoCloud source). Its
 * text is a pure function of the manifests; the medium is one of the text, byte for byte, so what
 * is there is right when it is the same bytes.
 */

#include "volume.h"

#define SEED_CHILD "cloud-init" /* VmCloudInit/VM/cloud-init */
#define SEED_DISK "cloudinit"   /* the domain_disk that it is, of a cdrom */

enum {
	SEED_TEXT_MAX = 1 << 20, /* bytes */
};

/* The three files, one behind the other. NULL: the VM has no uuid yet. */
char *seed_text(struct hc_arena *arena, const struct hc_set *desired,
		const struct hc_resource *cloud_init, const struct hc_resource *vm);
/* The medium of such a text: an ISO 9660 file system. NULL: it is no such text. */
uint8_t *seed_image(struct hc_arena *arena, const char *text, size_t *size);

/* Where the seed of that VM is, by the desired resources. false: it has none, or there is no such
 * storage. */
bool seed_volume(const struct hc_call *call, const char *vm, struct volume *volume);
/* Writes it unless it is there already. A VM without one: nothing is done. */
int seed_store(struct hc_call *call, rados_t rados, const char *vm);
/* cloud_init.c: likewise, with the connection to Ceph that it needs. */
int seed_give(struct hc_call *call, struct libvirt *self, const char *vm);
/* Whether the volume holds just that. 0, 1: yes; a negative errno, not said: it could not be read.
 */
int seed_same(struct hc_arena *arena, rados_t rados, const struct volume *volume, const char *text);
