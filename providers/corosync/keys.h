/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* From corosync's keys (of its cmap, or of a parsed file) to resources. */

#include "parts.h"

uint64_t keys_number(const struct hc_map *keys, const char *key, uint64_t absent);

/* The number in PREFIX<number>REST of a key; false: it is no such key. */
bool keys_index(const char *key, const char *prefix, uint32_t *number, const char **rest);

/*
 * corosync 3.1.7 works out the links' ping times from the token that was in force before the
 * reload, so they lag one reload behind: knet_ping_timeout should be half the token. With a token
 * that became short and pings that stayed long, one cut link costs a node its membership.
 */
bool keys_pings_lag(const struct hc_map *keys);

/*
 * Adds the Cluster, its links and the Nodes that the keys are about. `cluster`: what the manifests
 * call the cluster, NULL: nothing; then the resources are not marked as made by hcstate.
 */
void keys_resources(const struct hc_map *keys, const char *cluster, struct hc_set *set);
