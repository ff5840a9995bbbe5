/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* libvirt's XML of storage pools, and of the secrets with which they ask Ceph. */

#include <hcstate/storage.h>

/* For virStoragePoolDefineXML. hosts, user ("client.libvirt") and secret_uuid: of type rbd. */
char *pool_write(struct hc_arena *arena, const struct hc_storage *storage, const char *name,
		 const char *uuid, const struct hc_strings *hosts, const char *user,
		 const char *secret_uuid);
/* What a pool is, what it holds, and its uuid; not active, autostart, secret. -ENOTSUP: a pool of
 * another type, -EBADMSG: no pool's XML; and *why. */
int pool_read(struct hc_arena *arena, const char *xml, struct hc_storage *storage,
	      const char **uuid, const char **why);
/* The uuid of the secret that it uses; NULL: none. */
const char *pool_read_secret(struct hc_arena *arena, const char *xml);
/* For virSecretDefineXML. */
char *secret_write(struct hc_arena *arena, const char *uuid, const char *usage,
		   const char *description);
