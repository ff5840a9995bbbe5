/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* NodeKey, Secret and CephFsid documents as manifest text. */

#include <stdio.h>

#include <hcstate/resource.h>

#include "key.h"

void hc_node_key_print(FILE *out, const char *name, const uint8_t public_key[HC_KEY_SIZE]);

/* Every Secret of a sorted set with its values, and every CephFsid, a document each. */
void hc_secrets_print(FILE *out, const struct hc_set *set);
