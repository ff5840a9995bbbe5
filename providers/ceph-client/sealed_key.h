/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Ceph's keys as they are sealed in the manifests. */

#include <hcstate/provider.h>

enum {
	SEALED_KEY_MAX = 256, /* characters; a cephx key has 40 */
};

/* Opens a sealed key without the line's end that it may have been sealed with; it is one, of at
 * most SEALED_KEY_MAX characters. For hc_secret_close(). Errors are said, of `about` (or NULL). */
int sealed_key_open(struct hc_call *call, const char *secret, const char *name,
		    const struct hc_resource *about, uint8_t **data, size_t *size);

/* Whether it is a key as Ceph has them, which breaks no line that it is put into. */
bool sealed_key_is(const void *data, size_t size);

/* Cuts "ceph/client.libvirt": the secret, and the value in it. */
const char *sealed_key_secret(struct hc_arena *arena, const char *sealed, const char **name);
