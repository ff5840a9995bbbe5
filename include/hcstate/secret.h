/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The kinds that keep secrets in git: who can open them, and the sealed values. */

#include <hcstate/type.h>

/* The name that stands for the recovery key where else a node's name stands. */
#define HC_RECOVERY "recovery"

/* What the names of secrets and of their values are made of. */
#define HC_SECRET_NAME "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

/* Of the node of the same name. */
struct hc_node_key {
	const char *public_key; /* base64 of 32 bytes, X25519 */
};

/* Several values that belong together: Secret/corosync. */
struct hc_secret {
	const char *cluster; /* the cluster's name; sealed with each value */
};

/* One value, SECRET/KEY: SecretValue/corosync/authkey. */
struct hc_secret_value {
	struct hc_map sealed; /* who can open it (a node's name or "recovery") -> its box, base64 */
};

extern const struct hc_type hc_node_key, hc_secret, hc_secret_value;
