/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* From corosync's keys (of its cmap, or of a parsed file) to resources. */

#include "parts.h"

uint64_t keys_number(const struct hc_map *keys, const char *key, uint64_t absent);

/* The number in PREFIX<number>REST of a key; false: it is no such key. */
bool keys_index(const char *key, const char *prefix, uint32_t *number, const char **rest);

/*
 * Adds the Cluster, its links and the Nodes that the keys are about. `cluster`: what the manifests
 * call the cluster, NULL: nothing; then the resources are not marked as made by hcstate.
 */
void keys_resources(const struct hc_map *keys, const char *cluster, struct hc_set *set);
