/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Sealed keys beside Ceph's. */

#include <ceph-client/sealed_key.h>

#include "ceph.h"

/* Whether Ceph's key is the one sealed as "SECRET/KEY". An error: it cannot be opened; not said. */
int key_judge(struct hc_call *call, const char *sealed, const char *key, enum hc_keyring *verdict);
/* The client's key ring with its sealed key and its caps; give it back with sodium_free(). */
int key_ring(struct hc_call *call, const struct hc_resource *want, char **ring);
