/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Ceph cluster's fsid. It has to be the same on every node before any of them runs a monitor, so
 * it is made once, with the keys, and lies in the manifests. A second one for a cluster that has
 * one would be another cluster's, so none is made beside a CephFsid of whatever name.
 */

#include "secrets.h"

#include <sodium.h>
#include <string.h>

#include <hcstate/ceph_cluster.h>

/* A random UUID, RFC 4122 version 4, in lower case. */
static const char *new_uuid(struct hc_arena *arena)
{
	uint8_t bytes[16];
	char hex[2 * sizeof(bytes) + 1];

	randombytes_buf(bytes, sizeof(bytes));
	bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40);               /* the version */
	bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);               /* the variant */
	(void)sodium_bin2hex(hex, sizeof(hex), bytes, sizeof(bytes)); /* ends on misuse */
	return hc_printf(arena, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
			 hex + 20);
}

int secrets_make_fsid(struct secrets *s, bool *made)
{
	const struct hc_set *desired = &s->generation->desired;
	size_t n, nfsid;
	struct hc_resource *const *clusters = hc_of_type(desired, &hc_ceph_cluster, &n);
	struct hc_resource *const *fsids = hc_of_type(desired, &hc_ceph_fsid, &nfsid);

	/* There is at most one CephCluster; its check says so. */
	if (!n || ((const struct hc_ceph_cluster *)clusters[0]->spec)->fsid)
		return EXIT_DONE;
	if (hc_find(desired, &hc_ceph_fsid, NULL, clusters[0]->name))
		return EXIT_DONE;
	if (nfsid)
		return secrets_fail(s, EXIT_FAILED, fsids[0]->place,
				    "this fsid is of no CephCluster: call it %s if it is that "
				    "cluster's, or delete it",
				    clusters[0]->name);
	secrets_add_fsid(s, clusters[0]->name, new_uuid(s->arena));
	*made = true;
	return EXIT_DONE;
}
