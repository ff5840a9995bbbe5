/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A cephx key as text: what stands behind `key = ` in a Ceph keyring. */

#include <hcstate/base.h>

enum {
	HC_CEPHX_SIZE = 40, /* bytes of a new key's text */
};

/* A new key, at random. `now`: seconds since 1970, which is in the key. */
void hc_cephx_make(uint8_t text[HC_CEPHX_SIZE], uint64_t now);

/* NULL: Ceph can read it; else what is wrong with it, to follow the value's name. */
const char *hc_cephx_check(const uint8_t *text, size_t size);
