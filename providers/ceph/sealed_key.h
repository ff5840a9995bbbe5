/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Sealed keys beside Ceph's. */

#include "ceph.h"

enum {
	SEALED_KEY_MAX = 256, /* characters; a cephx key has 40 */
};

/* Opens a sealed key without the line's end that it may have been sealed with; it is one, of at
 * most SEALED_KEY_MAX characters. For hc_secret_close(). Errors are said, of `about` (or NULL). */
int sealed_key_open(struct hc_call *call, const char *secret, const char *name,
		    const struct hc_resource *about, uint8_t **data, size_t *size);
/* Whether Ceph's key is the one sealed as "SECRET/KEY". An error: it cannot be opened; not said. */
int key_judge(struct hc_call *call, const char *sealed, const char *key, enum hc_keyring *verdict);
/* The client's key ring with its sealed key and its caps; give it back with sodium_free(). */
int key_ring(struct hc_call *call, const struct hc_resource *want, char **ring);
