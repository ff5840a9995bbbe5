/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Key ring files. Neither a key nor anything that tells about it leaves this file but into one of
 * them: who asks gets a verdict.
 */

#include <sys/types.h>

#include <hcstate/ceph_cluster.h>
#include <hcstate/provider.h>

/* What client.admin may do. */
#define KEYRING_ADMIN_CAPS                                                                         \
	"\tcaps mds = \"allow *\"\n\tcaps mgr = \"allow *\"\n\tcaps mon = \"allow *\"\n"           \
	"\tcaps osd = \"allow *\"\n"

struct keyring {
	const char *entity; /* "mgr.pve1" */
	const void *key;    /* base64, without an end */
	size_t size;
	const char *caps; /* further lines of its section: "\tcaps mon = \"allow *\"\n"; "" */
};

/* What the file is beside the one that is wanted, `owner`'s alone. 0 or why it cannot be told,
 * unsaid. */
int keyring_judge(const char *path, const struct keyring *want, uid_t owner,
		  enum hc_keyring *verdict);
/* Writes it, 0600, for that owner alone. */
int keyring_write(struct hc_call *call, const char *path, const struct keyring *keys, size_t n,
		  uid_t owner, gid_t group);
