/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* /etc/corosync/authkey: the key that all nodes share. It is Secret/corosync's value authkey. */

#include <hcstate/cluster.h>
#include <hcstate/provider.h>

#define AUTHKEY_FILE "/etc/corosync/authkey"
#define AUTHKEY_SECRET "corosync"
#define AUTHKEY_VALUE "authkey"

/* What processes tell each other: the digest of the key on their node's disk. */
#define FACT_KEY "corosync.authkey"

/* Whether the cluster of these manifests uses a key. */
bool authkey_used(const struct hc_cluster *cluster);

/* Whether the manifests have it. */
bool authkey_in(const struct hc_set *desired);

/* Compares the file with the secret. 0, or negative and *why. */
int authkey_judge(struct hc_call *call, enum hc_authkey *verdict, const char **why);

int authkey_write(struct hc_call *call);

/* By which nodes see whether their files hold the same key; "none" when there is none. */
char *authkey_digest(struct hc_arena *arena);
